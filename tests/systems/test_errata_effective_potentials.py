"""The misprints and faults of Li & Tao (2024), each proved. See the errata page."""

import numpy as np
import pytest
from scipy.linalg import solve_continuous_lyapunov, solve_discrete_lyapunov

import msbook as ms
from msbook.sampling import large_steps
from msbook.systems import (
    double_well_ripples,
    mixed_scales,
    mueller_brown,
    quadratic_ripples,
)


def step_of_quadratic(step_size, friction):
    """One step (3.2) for V = q²/2 as a matrix, and what the noise of the force adds."""
    half = np.array([[1.0, step_size / 2], [0.0, 1.0]])
    kick = np.array([[1.0, 0.0], [-step_size, np.exp(-friction * step_size)]])
    noise = half @ np.array([0.0, step_size])
    return half, half @ kick @ half, noise


def test_sign_of_equation_3_9():
    """The logarithm of a Gibbs density falls where the potential rises."""
    rng = np.random.default_rng(0)
    beta = 2.0
    q = rng.normal(scale=beta**-0.5, size=1_000_000)
    counts, edges = np.histogram(q, bins=40, range=(-1, 1), density=True)
    middles = (edges[1:] + edges[:-1]) / 2
    slope = np.polyfit(middles**2 / 2, np.log(counts), 1)[0]
    assert slope == pytest.approx(-beta, rel=0.02)


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_factor_of_theorem_3_1(dim):
    """(1/2) Tr(S M^-1) = gamma E[p' M^-2 p], by the exact stationary covariance."""
    rng = np.random.default_rng(dim)
    noise, hessian, mass = (
        a @ a.T + np.eye(dim) for a in rng.normal(size=(3, dim, dim))
    )
    gamma, inverse = 0.3, np.linalg.inv(mass)
    zero = np.zeros((dim, dim))
    drift = np.block([[zero, inverse], [-hessian, -gamma * inverse]])
    source = np.block([[zero, zero], [zero, noise]])
    momenta = solve_continuous_lyapunov(drift, -source)[dim:, dim:]
    right = gamma * np.trace(inverse @ inverse @ momenta)
    assert 0.5 * np.trace(noise @ inverse) == pytest.approx(right, rel=1e-10)
    assert np.trace(noise @ inverse) > 1.9 * right


@pytest.mark.parametrize(("step_size", "friction"), [(0.5, 0.1), (0.5, 0.02), (0.3, 1)])
def test_bias_of_equations_3_5_and_3_6(step_size, friction):
    """Whole steps are too narrow for the temperature var p; midpoints are not."""
    a = np.exp(-friction * step_size)
    half, step, noise = step_of_quadratic(step_size, friction)
    whole = solve_discrete_lyapunov(step, np.outer(noise, noise))
    middle = half @ whole @ half.T
    var_p = whole[1, 1]
    assert whole[0, 0] / var_p == pytest.approx((1 + a) / 2 - step_size**2 / 4)
    assert middle[0, 0] / var_p == pytest.approx((1 + a) / 2)
    # The temperature itself is known in advance.
    predicted = step_size**2 / ((1 - a) * (1 + a - step_size**2 / 2))
    assert var_p == pytest.approx(predicted)


def test_single_chains_lock():
    """At delta = 0.065 long chains end on periodic orbits; short ones do not."""
    landscape = quadratic_ripples()
    starts = landscape.starts(12, np.random.default_rng(0))
    options = {"friction": 0.1, "n_chains": 12, "burn_in": 0, "rng": 0}
    with pytest.raises(ms.IntegrationError, match="periodic orbit"):
        large_steps(
            landscape,
            starts,
            0.065,
            n_steps=12_000_000,
            chain_length=500_000,
            **options,
        )


def test_temperature_at_small_steps_leaves_the_window():
    """At delta = 0.065 and gamma = 0.1 the inverse temperature is about 6."""
    a = np.exp(-0.1 * 0.065)
    var_p = 0.5 * 0.065**2 / ((1 - a) * (1 + a - 0.065**2 / 2))
    assert 1 / var_p > 5
    landscape = quadratic_ripples()
    starts = landscape.starts(1000, np.random.default_rng(0))
    with pytest.warns(RuntimeWarning, match="periodic orbit"):
        run = large_steps(landscape, starts, 0.065, n_steps=8_000_000, rng=0)
    assert not 0.2 < 1 / run.momentum_covariance[0, 0] < 1.25


def test_double_well_needs_a_smaller_step():
    """The step 0.5 of the quadratic test sends every chain of the double well off."""
    landscape = double_well_ripples()
    starts = landscape.starts(256, np.random.default_rng(0))
    with pytest.raises(ms.IntegrationError, match="went to infinity"):
        large_steps(landscape, starts, 0.5, n_steps=2_000_000, rng=0)
    assert large_steps(landscape, starts, 0.2, n_steps=2_000_000, rng=0).n_used > 0


def test_truncations_of_figure_7():
    """At delta = 0.1309 the learned potential is not nearest the truncation N = 2."""
    landscape = mixed_scales()
    potential = ms.EffectivePotential(
        0.1309, friction=0.5, n_steps=2_000_000, random_state=0
    ).fit(landscape)
    q = np.linspace(-1.5, 4.5, 601)[:, None]
    learned = potential.predict(q)
    errors = [
        ms.metrics.potential_error(learned, landscape.truncated(n).potential(q))
        for n in range(7)
    ]
    assert np.argmin(errors) in (3, 4)


def test_first_stage_of_mueller_brown_may_diverge():
    """With M^-1 = diag(1, 2) the step 0.05163 is beyond what the landscape allows."""
    landscape = mueller_brown()
    starts = landscape.starts(1000, np.random.default_rng(0))
    options = {"n_steps": 10_000_000, "friction": 0.014, "rng": 0}
    mass = np.diag([1.0, 0.5])
    with pytest.warns(RuntimeWarning, match="went to infinity"):
        large_steps(landscape, starts, 0.05163, mass=mass, **options)
    halved = large_steps(landscape, starts, 0.05163, mass=2 * mass, **options)
    assert halved.diverged_share == 0
