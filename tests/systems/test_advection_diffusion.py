"""Driven particles between walls: their moments, and their law by Fokker and Planck."""

import dataclasses
import pickle

import numpy as np
import pytest

import msbook as ms
from msbook.systems import AdvectionDiffusion

SWINGING = AdvectionDiffusion(amplitude=(1.0,), frequency=(1.0,))


def distribution(system, t_span, x, n_modes=64, n_steps=1000):
    r"""Distribution function of a particle that starts at 0, in one dimension.

    .. math:: \partial_t p = -A \cos(\omega t)\, \partial_x p
              + \tfrac{D}{2}\, \partial_x^2 p, \qquad \text{no flux at } \pm L/2,

    tested with the cosines :math:`\cos k_i s`, :math:`k_i = \pi i / L`, of the distance
    ``s`` to the left wall, and stepped by the implicit midpoint rule.
    """
    (a,), (omega,), length = system.amplitude, system.frequency, system.length
    i = np.arange(n_modes)
    k = np.pi * i / length
    weight = np.where(i == 0, length, length / 2)  # integral of the cosine squared
    j = i[:, None]
    odd = (i + j) % 2 == 1
    overlap = np.where(odd, 2 * j / np.where(odd, j**2 - i**2, 1), 0.0) * length / np.pi
    advection = -k[:, None] * overlap / weight[:, None]
    diffusion = -0.5 * system.diffusivity * np.diag(k**2)
    h = (t_span[1] - t_span[0]) / n_steps
    one = np.eye(n_modes)
    c = np.cos(k * length / 2) / weight
    for step in range(n_steps):
        drift = a * np.cos(omega * (t_span[0] + (step + 0.5) * h))
        half = 0.5 * h * (drift * advection + diffusion)
        c = np.linalg.solve(one - half, c + half @ c)
    s = x[:, None] + length / 2
    return c[0] * s[:, 0] + (np.sin(s * k[1:]) / k[1:]) @ c[1:]


def greatest_distance(y, distribution_at):
    """Kolmogorov's and Smirnov's distance of a sample to a law on ``(-1/2, 1/2)``."""
    x = np.linspace(-0.5, 0.5, 201)
    seen = np.searchsorted(np.sort(y), x, side="right") / len(y)
    return np.abs(seen - distribution_at(x)).max()


def run(system, n, t_span, dt, rng=0):
    n_steps = round((t_span[1] - t_span[0]) / dt)
    start = np.zeros((1, n, system.dim))
    options = {"t_span": t_span, "dt": dt, "save_every": n_steps, "rng": rng}
    return ms.solve(system, start, **options).y[0, -1]


def test_drift_and_diffusion_are_the_printed_ones():
    system = AdvectionDiffusion()
    y = np.random.default_rng(0).uniform(-0.5, 0.5, (7, 3))
    expected = [np.cos(0.2 * 4.0), 1.5 * np.cos(4.0), 0.0]
    assert np.allclose(system.drift(4.0, y), expected)
    assert np.allclose(system.covariance(y), 0.2 * np.eye(3))
    assert system.walls == ((-0.5, 0.5),) * 3
    assert system.peclet == pytest.approx(np.hypot(1.0, 1.5) / 0.2)  # 9 in the paper


def test_mean_and_variance_before_the_walls_are_met():
    n, t_span = 40_000, (1.0, 3.0)
    system = AdvectionDiffusion((0.1, 0.2, 0.05), (3.0, 0.7, 0.1), diffusivity=0.003)
    y = run(system, n, t_span, dt=1e-3)
    a, omega = np.array(system.amplitude), np.array(system.frequency)
    mean = a / omega * (np.sin(3 * omega) - np.sin(omega))
    variance = system.diffusivity * 2.0
    slack = 4e-4  # first order in the step: A |cos(3 omega) - cos(omega)| dt / 2
    assert (np.abs(y.mean(axis=0) - mean) < slack + 4 * np.sqrt(variance / n)).all()
    assert (np.abs(y.var(axis=0) - variance) < 4 * variance * np.sqrt(2 / n)).all()


@pytest.mark.parametrize("end", [3.0, 5.0])
@pytest.mark.parametrize("dt", [5e-3, 1e-3])
def test_law_at_a_phase_is_that_of_fokker_and_planck(end, dt):
    n = 20_000
    y = run(SWINGING, n, (2.0, end), dt)[:, 0]
    distance = greatest_distance(y, lambda x: distribution(SWINGING, (2.0, end), x))
    assert distance < 4 * dt + 2 / np.sqrt(n)  # weak order one, and chance
    # The time is the absolute one: from time 0 the same stretch ends elsewhere.
    y = run(SWINGING, n, (0.0, end - 2.0), dt)[:, 0]
    elsewhere = greatest_distance(y, lambda x: distribution(SWINGING, (2.0, end), x))
    assert elsewhere > 0.1


def test_law_under_a_constant_drift_is_exponential():
    n, dt = 20_000, 2e-3
    steady = AdvectionDiffusion((0.3,), (0.0,), diffusivity=0.2)
    rate = 2 * 0.3 / 0.2
    y = run(steady, n, (0.0, 8.0), dt)[:, 0]
    distance = greatest_distance(
        y, lambda x: np.expm1(rate * (x + 0.5)) / np.expm1(rate)
    )
    assert distance < 4 * dt + 2 / np.sqrt(n)


@pytest.mark.parametrize("dt", [0.1, 50.0])
def test_large_steps_stay_inside(dt):
    y = run(AdvectionDiffusion(diffusivity=5.0), 1000, (0.0, 20 * dt), dt)
    assert 0.45 < np.abs(y).max() <= 0.5


def test_compiled_equals_plain_on_the_same_increments():
    system = AdvectionDiffusion()
    plain = dataclasses.replace(system, compiled=False)
    increments = np.random.default_rng(1).normal(0, 0.1, (40, 200, 3))
    options = {"t_span": (5, 7), "dt": 0.01, "increments": increments}
    y0 = np.zeros((40, 3))
    compiled = ms.solve(system, y0, **options).y
    assert np.allclose(compiled, ms.solve(plain, y0, **options).y, atol=1e-11)


def test_each_random_cloud_starts_at_one_point_of_the_box():
    system = AdvectionDiffusion(length=3.0)
    starts = system.random_starts(500, 4, rng=2)
    assert starts.shape == (500, 4, 3)
    assert (starts == starts[:, :1]).all()
    points = starts[:, 0]
    assert 1.45 < np.abs(points).max() <= 1.5
    assert (np.abs(points.mean(axis=0)) < 4 * 3.0 / np.sqrt(12 * 500)).all()
    assert np.array_equal(starts, system.random_starts(500, 4, rng=2))


def test_systems_are_equal_and_survive_pickling():
    system = AdvectionDiffusion([1, 2], [3, 4], 0.5, 2.0, compiled=False)
    again = pickle.loads(pickle.dumps(system))
    assert again == system == AdvectionDiffusion((1.0, 2.0), (3.0, 4.0), 0.5, 2.0,
                                                 compiled=False)  # fmt: skip
    assert hash(again) == hash(system)
    assert dataclasses.replace(system, length=1.0).walls == ((-0.5, 0.5),) * 2
    assert isinstance(system, ms.SDE)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"diffusivity": 0.0}, "diffusivity"),
        ({"length": -1.0}, "length"),
        ({"amplitude": 1.0}, "amplitude and frequency"),
        ({"amplitude": (1.0,)}, "amplitude and frequency"),
        ({"amplitude": (), "frequency": ()}, "amplitude and frequency"),
        ({"frequency": (0.2, np.nan, 0.5)}, "frequency must be finite"),
    ],
)
def test_bad_input_is_named(options, word):
    with pytest.raises(ValueError, match=word):
        AdvectionDiffusion(**options)
