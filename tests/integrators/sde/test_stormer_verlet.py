"""Störmer–Verlet: the printed step, its orders, and its equilibrium."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.linalg import expm, solve_discrete_lyapunov

import msbook as ms
from msbook.integrators.sde.stormer_verlet import exact_decay

HESSIAN = np.array([[2.0, 1.0], [1.0, 3.0]])
FRICTION = np.array([[1.0, 0.5], [0.5, 2.0]])
MASS = np.array([[2.0, 0.3], [0.3, 1.0]])
SPRING = ms.systems.quadratic_well(HESSIAN)
WELLS = ms.systems.double_well_ripples(())


def test_step_is_the_printed_one():
    system = ms.systems.Langevin(SPRING, FRICTION, mass=MASS)
    dt, inverse = 0.3, np.linalg.inv(MASS)
    q, p = np.array([1.0, -2.0]), np.array([0.5, 0.7])
    half = q + inverse @ (dt / 2 * p)
    p_next = expm(-FRICTION @ inverse * dt) @ p - dt * SPRING.gradient(half)
    expected = [*(half + inverse @ (dt / 2 * p_next)), *p_next]
    y = ms.solve(system, [*q, *p], t_span=(0, dt), dt=dt).y[0, -1]
    assert np.allclose(y, expected, rtol=1e-13)


def test_order_without_friction():
    system = ms.systems.Langevin(WELLS)
    start = np.array([0.2, 0.9])
    exact = solve_ivp(
        lambda t, y: [y[1], y[0] - y[0] ** 3], (0, 2), start, rtol=1e-12, atol=1e-12
    ).y[:, -1]
    steps = 2.0 ** -np.arange(4, 9)
    errors = [
        np.abs(ms.solve(system, start, t_span=(0, 2), dt=dt).y[0, -1] - exact).max()
        for dt in steps
    ]
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(order - ms.StormerVerlet.order) < 0.1


def test_energy_stays_and_motion_is_reversible():
    system = ms.systems.Langevin(WELLS)
    there = ms.solve(system, [0.2, 0.9], t_span=(0, 500), dt=0.05).y[0]
    energy = system.energy(there)
    assert np.ptp(energy) < 2e-3
    assert abs(energy[5000:].mean() - energy[:5000].mean()) < 1e-5
    back = ms.solve(system, there[100] * [1, -1], t_span=(0, 5), dt=0.05).y[0, -1]
    assert np.allclose(back * [1, -1], there[0], atol=1e-12)


def test_strong_order_with_noise():
    system = ms.systems.Langevin(WELLS, friction=1.0, temperature=0.5)
    finest = 2**10
    fine = np.random.default_rng(0).normal(0, finest**-0.5, (500, finest, 1))
    y0 = np.tile([0.5, 0.0], (500, 1))

    def ends(factor):
        dt = factor / finest
        summed = fine.reshape(500, finest // factor, factor, 1).sum(axis=2)
        return ms.solve(system, y0, t_span=(0, 1), dt=dt, increments=summed).y[:, -1]

    factors = np.array([16, 32, 64, 128])
    errors = [np.abs(ends(factor) - ends(1)).mean() for factor in factors]
    order = np.polyfit(np.log(factors), np.log(errors), 1)[0]
    assert abs(order - ms.StormerVerlet.strong_order) < 0.15


def test_decay_has_the_moments_of_an_ornstein_uhlenbeck_process():
    noise = np.array([[1.0, 0.2], [0.2, 0.5]])
    decay, covariance = exact_decay(FRICTION, noise, 0.7)
    assert np.allclose(decay, expm(-0.7 * FRICTION))
    # Two halves make a whole, and a long time makes the equilibrium.
    half, built = exact_decay(FRICTION, noise, 0.35)
    assert np.allclose(covariance, half @ built @ half.T + built)
    long = exact_decay(FRICTION, noise, 30.0)[1]
    assert np.allclose(FRICTION @ long + long @ FRICTION.T, noise, atol=1e-9)


def test_without_force_the_momentum_has_its_law_at_any_step():
    free = ms.systems.Langevin(
        ms.systems.quadratic_well(np.zeros((2, 2))), FRICTION, 0.5, MASS
    )
    y0 = np.zeros((100_000, 4))
    p = ms.solve(free, y0, t_span=(0, 20), dt=10.0, rng=1).y[:, -1, 2:]
    assert np.abs(np.cov(p.T) - 0.5 * MASS).max() < 0.5 * 2.0 * 4 * (2 / 1e5) ** 0.5


def discrete_equilibrium(system, dt):
    """Covariance that linear steps of the method keep, exactly."""
    method, rest = ms.StormerVerlet(), np.zeros(2)
    step = np.array([method.step(system, 0.0, e, dt, rest) for e in np.eye(4)]).T
    kicks = np.array([method.step(system, 0.0, np.zeros(4), dt, e) for e in np.eye(2)])
    return solve_discrete_lyapunov(step, dt * kicks.T @ kicks)


def test_equilibrium_is_that_of_gibbs():
    system = ms.systems.Langevin(SPRING, FRICTION, 0.5, MASS)
    gibbs = 0.5 * np.block(
        [[np.linalg.inv(HESSIAN), np.zeros((2, 2))], [np.zeros((2, 2)), MASS]]
    )
    steps = np.array([0.1, 0.05, 0.025])
    gaps = [np.abs(discrete_equilibrium(system, dt) - gibbs).max() for dt in steps]
    assert np.polyfit(np.log(steps), np.log(gaps), 1)[0] > 0.9
    y0 = np.zeros((40_000, 4))
    y = ms.solve(system, y0, t_span=(0, 30), dt=0.1, save_every=300, rng=2).y[:, -1]
    expected = discrete_equilibrium(system, 0.1)
    size = np.sqrt(np.outer(expected.diagonal(), expected.diagonal()))
    assert np.abs((np.cov(y.T) - expected) / size).max() < 4 * (2 / 40_000) ** 0.5


@pytest.mark.parametrize("temperature", [0.0, 0.5])
def test_compiled_equals_plain_and_executors_serial(temperature):
    system = ms.systems.Langevin(SPRING, FRICTION, temperature, MASS)
    plain = replace(system, potential=replace(SPRING, compiled=False))
    y0 = np.random.default_rng(3).normal(size=(70, 4))
    increments = np.random.default_rng(4).normal(0, 0.2, (70, 40, system.noise_dim))
    options = {"t_span": (0, 2), "dt": 0.05, "save_every": 4}
    given = options | {"increments": increments}
    compiled = ms.solve(system, y0, **given).y
    assert np.allclose(compiled, ms.solve(plain, y0, **given).y, rtol=1e-11, atol=1e-13)
    serial = ms.solve(system, y0, rng=5, **options).y
    with ThreadPoolExecutor(2) as executor:
        shared = ms.solve(system, y0, rng=5, executor=executor, **options).y
    assert np.array_equal(serial, shared)


def test_methods_keep_to_their_systems():
    for system, method in (
        (ms.systems.Langevin(SPRING), ms.EulerMaruyama()),
        (ms.systems.PeriodicSlowFast().hidden, ms.StormerVerlet()),
    ):
        with pytest.raises(ValueError, match="method must be one for systems"):
            ms.Solver(system, method, dt=0.1)


def test_too_large_a_step_is_named():
    system = ms.systems.Langevin(WELLS)
    with pytest.raises(ms.IntegrationError, match="not finite at step"):
        ms.solve(system, [3.0, 0.0], t_span=(0, 100), dt=1.0)
