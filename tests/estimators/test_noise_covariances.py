"""The energy balance behind the noise covariance, exactly and by simulation."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.linalg import expm, solve_continuous_lyapunov, solve_discrete_lyapunov

import msbook as ms
from msbook.estimators import (
    noise_covariance,
    noise_covariance_of_paths,
    noise_covariance_of_steps,
    trial_masses,
)


def problem(dim):
    """A random Hessian and a random covariance, both positive definite."""
    rng = np.random.default_rng(dim)
    first, second = rng.normal(size=(2, dim, dim))
    return first @ first.T / dim + np.eye(dim), second @ second.T + 0.1 * np.eye(dim)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_trial_masses_are_enough_and_no_stiffer_than_unit_mass(dim):
    inverses = trial_masses(dim)
    values = np.linalg.eigvalsh(inverses)
    assert len(inverses) == dim * (dim + 1) // 2
    assert np.all(values > 0)
    np.testing.assert_allclose(values[:, -1], 1.0)
    assert np.linalg.matrix_rank(inverses.reshape(len(inverses), -1)) == len(inverses)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_of_paths_is_exact_in_continuous_time(dim):
    # The factor 1/2 that theorem 3.1 has lost is part of this.
    hessian, sigma = problem(dim)
    friction, momenta = 0.3, []
    for inverse in trial_masses(dim):
        rates = np.block(
            [[np.zeros((dim, dim)), inverse], [-hessian, -friction * inverse]]
        )
        noise = np.zeros((2 * dim, 2 * dim))
        noise[dim:, dim:] = sigma
        momenta.append(solve_continuous_lyapunov(rates, -noise)[dim:, dim:])
    found = noise_covariance_of_paths(trial_masses(dim), momenta, friction)
    np.testing.assert_allclose(found, sigma, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("dim", [1, 2, 3, 5])
def test_of_steps_is_exact_at_a_finite_step(dim):
    hessian, moment = problem(dim)
    step, friction, runs = 0.3, 0.4, []
    for inverse in trial_masses(dim):
        decay = expm(-friction * step * inverse)
        one = np.eye(dim)
        # (x, p) at midpoint n and just before it, under p' = A p - step (K x + noise).
        advance = np.block(
            [[one - step**2 * inverse @ hessian, step * inverse @ decay],
             [-step * hessian, decay]]
        )  # fmt: skip
        kick = np.vstack((step**2 * inverse, step * one))
        law = solve_discrete_lyapunov(advance, kick @ moment @ kick.T)
        runs.append(
            SimpleNamespace(
                step_size=step,
                decay=decay,
                mass=np.linalg.inv(inverse),
                momentum_covariance=law[dim:, dim:],
                momentum_lag_covariance=(advance @ law)[dim:, dim:],
            )
        )
    found = noise_covariance_of_steps(runs)
    np.testing.assert_allclose(found, step * moment, rtol=1e-9, atol=1e-9)


def test_of_unresolved_ripples():
    V = ms.systems.anisotropic_quadratic(2)
    found = noise_covariance(V, V.starts(512, rng=0), 0.05, friction=0.5, rng=0)
    expected = 0.05 * V.microscopic_covariance(0)
    assert np.abs(found - expected).max() < 0.03 * np.abs(expected).max()


def test_of_paths_of_a_langevin_equation_and_the_friction_that_balances_it():
    well = ms.systems.anisotropic_quadratic(2).truncated(0)
    sigma = np.array([[1.0, 0.5], [0.5, 0.5]])

    def momenta(friction, mass):
        system = ms.systems.Langevin(well, friction=friction, mass=mass, noise=sigma)
        y = ms.solve(
            system, np.zeros((1000, 4)), t_span=(0, 120), dt=0.05, rng=0, save_every=20
        ).y
        return np.cov(y[:, 20:, 2:].reshape(-1, 2).T)

    inverses = trial_masses(2)
    covariances = [momenta(0.5, np.linalg.inv(inverse)) for inverse in inverses]
    found = noise_covariance_of_paths(inverses, covariances, 0.5)
    assert np.abs(found - sigma).max() < 0.03 * np.abs(sigma).max()
    np.testing.assert_allclose(momenta(found / 2, np.eye(2)), np.eye(2), atol=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((trial_masses(2), np.zeros((3, 3, 3)), 0.1), "same shape"),
        ((trial_masses(2)[:2], trial_masses(2)[:2], 0.1), "Use trial_masses"),
        ((trial_masses(2), trial_masses(2), 0.0), "friction must be a positive"),
    ],
)
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        noise_covariance_of_paths(*arguments)


def test_runs_that_do_not_go_together_are_named():
    V = ms.systems.quadratic_ripples([1e-4])

    def run(step_size, friction=0.5):
        return ms.sampling.large_steps(
            V, [[0.0]], step_size, n_steps=4000, friction=friction, rng=0
        )

    forgetful = run(0.3, np.inf)
    for runs, message in (
        ([], "runs must be one at least.* got 0 runs"),
        ([run(0.3), run(0.4)], "runs must be .* of one step size"),
        ([forgetful], "momentum_lag_covariance of the runs must be finite"),
    ):
        with pytest.raises(ValueError, match=message):
            noise_covariance_of_steps(runs)
    with pytest.raises(ValueError, match="friction takes in the runs must not exceed"):
        noise_covariance_of_paths([[[1e100]]], [[[1e100]]], 1.0)
    with pytest.raises(ValueError, match="friction must be a positive number"):
        noise_covariance(V, [[0.0]], 0.3, friction=np.inf)
