"""Multiscale systems: their starts, their trajectories, their effective equations."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import msbook as ms
from msbook.systems import (
    Multiscale,
    delayed_ornstein_uhlenbeck,
    drifting_ornstein_uhlenbeck,
    exponential_mean,
    forced_ornstein_uhlenbeck,
    lorenz_driven,
    noise_induced_drift,
    periodic_drift,
    ring_of_wells,
    skew_product,
    slow_ornstein_uhlenbeck,
    square_forced_oscillator,
    stuart_landau,
    triad,
)

# Each with the allowance, in units of the standard deviation, for what is left of the
# scale separation and of the solver's step.
SYSTEMS = {
    "skew product": (skew_product(), 0.02),
    "exponential mean": (exponential_mean(eps=0.01), 0.02),
    "triad": (triad(eps=0.1), 0.05),
    "square-forced oscillator": (square_forced_oscillator(), 0.02),
    "Stuart-Landau": (stuart_landau(eps=0.005), 0.03),
    "periodic drift": (periodic_drift(), 0.02),
    "slow Ornstein-Uhlenbeck": (slow_ornstein_uhlenbeck(), 0.02),
    "noise-induced drift": (noise_induced_drift(), 0.03),
    "forced": (forced_ornstein_uhlenbeck(), 0.02),
    "drifting": (drifting_ornstein_uhlenbeck(), 0.02),
    "Lorenz driven": (lorenz_driven(eps=0.15), 0.06),
    "ring of wells": (ring_of_wells(n_wells=3, n_fast=2), 0.03),
}


def coordinate(name, x):
    """The mean of the skew product is ruled by rare paths, that of its log is not."""
    return np.log(x) if name == "skew product" else x


@pytest.mark.parametrize("name", SYSTEMS)
def test_effective_equation_agrees_with_direct_simulation(name):
    system, allowance = SYSTEMS[name]
    n, t_end = 4000, 1.0
    fine = system.trajectories(n, t_end, t_end, start=system.x0, rng=0)[:, -1]
    effective = replace(system.effective, compiled=False)
    starts = np.tile(system.x0, (20_000, 1))
    path = ms.solve(
        effective, starts, t_span=(0, t_end), dt=0.005, save_every=200, rng=1
    )
    fine, closed = coordinate(name, fine), coordinate(name, path.y[:, -1])
    std = closed.std(axis=0)
    error = np.sqrt(1 / n + 1 / 20_000)
    gap = np.abs(fine.mean(axis=0) - closed.mean(axis=0)) / std
    assert (gap < allowance + 4 * error).all()
    assert (np.abs(fine.std(axis=0) / std - 1) < allowance + 4 * error).all()


def test_linear_system_has_its_exact_law():
    """Variance of a relaxation driven by an Ornstein–Uhlenbeck process from rest."""
    theta, sigma, eps, t = 1.0, 1.0, 0.3, 1.5
    system = slow_ornstein_uhlenbeck(theta, sigma, eps)
    x = system.trajectories(40_000, t, t, start=[2.0], n_sub=400, rng=0)[:, -1, 0]
    a = eps**-2
    s = np.linspace(0, t, 2001)
    kernel = np.exp(-theta * (t - s)) * sigma / eps
    covariance = kernel[:, None] * kernel * np.exp(-a * np.abs(s[:, None] - s))
    variance = np.trapezoid(np.trapezoid(covariance, s), s)
    assert abs(x.mean() - 2 * np.exp(-theta * t)) < 4 * np.sqrt(variance / len(x))
    assert abs(x.var() / variance - 1) < 4 * np.sqrt(2 / len(x)) + 0.01


def test_starts_fill_the_box():
    system = triad()
    starts = system.starts(5000, rng=0)
    assert (starts >= system.low).all()
    assert (starts <= system.high).all()
    width = np.subtract(system.high, system.low)
    assert np.allclose(np.ptp(starts, axis=0), width, rtol=0.01)


def test_burn_in_brings_the_fast_part_to_equilibrium_and_leaves_the_slow_one():
    """Off equilibrium the mean of the first increment is another one."""
    fine = slow_ornstein_uhlenbeck(eps=0.1).fine
    system = Multiscale(
        fine, 1, relaxation_time=0.01, fine_dt=1e-3, low=(0, 5), high=(0, 5)
    )
    dt, n = 1e-3, 4000
    settled = system.trajectories(n, dt, dt, rng=0)
    raw = system.trajectories(n, dt, dt, rng=0, burn_in=0.0)
    assert (settled[:, 0] == 0).all()
    assert abs(settled[:, 1].mean()) < 4 * settled[:, 1].std() / np.sqrt(n) + 1e-5
    assert np.allclose(raw[:, 1], 10 * 5 * dt, rtol=0.01)


def test_same_seed_gives_the_same_numbers_whoever_computes():
    system = exponential_mean(eps=0.01)
    alone = system.trajectories(100, 0.2, 0.1, rng=3)
    with ThreadPoolExecutor(2) as executor:
        shared = system.trajectories(100, 0.2, 0.1, rng=3, executor=executor)
    assert np.array_equal(alone, shared)
    assert not np.array_equal(alone, system.trajectories(100, 0.2, 0.1, rng=4))


def test_delay_shows_in_the_mean():
    """For a time shorter than the delay the slow part moves on a straight line."""
    system = delayed_ornstein_uhlenbeck(sigma=1e-3, n_stages=32)
    x = system.trajectories(32, 1.0, 0.25, start=[2.0], rng=0).mean(axis=0)[:, 0]
    assert np.allclose(x[:3], [2.0, 1.5, 1.0], atol=0.03)


def test_lorenz_twin_is_deterministic():
    system = lorenz_driven(eps=0.3)
    one, other = (
        system.trajectories(4, 0.5, 0.5, rng=seed, start=[1.0]) for seed in (0, 0)
    )
    assert np.array_equal(one, other)
    assert not system.fine.diffusion(0.0, system.starts(3, 0)).any()


def test_a_readers_own_system_needs_two_fields():
    fine = slow_ornstein_uhlenbeck().fine
    system = Multiscale(fine, n_slow=1)
    assert system.trajectories(3, 0.1, 0.05, n_sub=20, rng=0).shape == (3, 3, 1)
    assert np.array_equal(system.starts(2), np.tile(fine.y0, (2, 1)))
    with pytest.raises(ValueError, match="n_sub"):
        system.trajectories(3, 0.1, 0.05)


FINE = slow_ornstein_uhlenbeck().fine


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Multiscale("Lorenz", 1), "fine"),
        (lambda: Multiscale(FINE, 3), "n_slow"),
        (lambda: Multiscale(FINE, 1, effective=FINE), "effective"),
        (lambda: Multiscale(FINE, 1, low=(0.0,)), "low"),
        (lambda: Multiscale(FINE, 1, low=(0, 0), high=(1, -1)), "exceed"),
        (lambda: Multiscale(FINE, 1, x0=(np.nan,)), "x0"),
        (lambda: Multiscale(FINE, 1, fine_dt=0.0), "fine_dt"),
        (lambda: skew_product(eps=-1.0), "eps"),
        (
            lambda: ring_of_wells(n_wells=2),
            "n_wells must .* at least 3",
        ),
        (lambda: ring_of_wells(n_fast=2, rates=(1.0,)), "rates"),
        (lambda: triad().starts(0), "n must"),
        (lambda: triad().trajectories(2, 1.0, 0.3), "divide"),
        (lambda: triad().trajectories(2, 1.0, -0.1), "positive"),
        (lambda: triad().trajectories(2, 1.0, 0.1, start=np.zeros(3)), "start"),
        (lambda: triad().trajectories(2, 1.0, 0.1, n_sub=0), "n_sub"),
        (lambda: triad().trajectories(2, 1.0, 0.1, burn_in=-1.0), "burn_in"),
    ],
)
def test_bad_input_is_named(make, word):
    with pytest.raises(ValueError, match=word):
        make()
