"""Integrators: orders, exact laws, compiled against plain, and bad input."""

import dataclasses

import numpy as np
import pytest
from scipy.special import j0

import msbook as ms
from msbook.systems import HalfMoons, PeriodicSlowFast, QuadraticSlowFast

BROWNIAN = ms.SDE(lambda t, y, p: (p[0] * y[0],), lambda t, y, p: (p[1] * y[0],),
                  y0=(1.0,), parameters=(0.5, 0.8))  # fmt: skip
DECAY = ms.SDE(lambda t, y, p: (-y[0],), lambda t, y, p: (np.sqrt(2.0),), y0=(2.0,))


def sum_increments(increments, factor):
    n, steps, dim = increments.shape
    return increments.reshape(n, steps // factor, factor, dim).sum(axis=2)


def test_strong_order_on_geometric_brownian_motion():
    finest = 2**10
    fine = np.random.default_rng(0).normal(0, finest**-0.5, (2000, finest, 1))
    (mu, sigma), w = BROWNIAN.parameters, fine.sum(axis=(1, 2))
    exact = np.exp(mu - sigma**2 / 2 + sigma * w)
    y0 = np.ones((2000, 1))
    steps, errors = [], []
    for factor in (4, 8, 16, 32, 64):
        dt = factor / finest
        path = ms.solve(
            BROWNIAN, y0, t_span=(0, 1), dt=dt, increments=sum_increments(fine, factor)
        )
        steps.append(dt)
        errors.append(np.abs(path.y[:, -1, 0] - exact).mean())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(order - ms.EulerMaruyama.strong_order) < 0.15


def test_weak_order_on_ornstein_uhlenbeck_moments():
    n = 200_000
    mean, variance = 2 * np.exp(-1.0), 1 - np.exp(-2.0)
    for dt in (0.2, 0.1, 0.05):
        y = ms.solve(
            DECAY, np.full((n, 1), 2.0), t_span=(0, 1), dt=dt, rng=1,
            method=ms.EulerMaruyama(),
        ).y[:, -1, 0]  # fmt: skip
        assert abs(y.mean() - mean) < 1.0 * dt + 4 * y.std() / np.sqrt(n)
        assert abs(y.var() - variance) < 1.0 * dt + 4 * y.var() * np.sqrt(2 / n)
        exact_mean = 2 * (1 - dt) ** round(1 / dt)  # what the scheme itself gives
        assert abs(y.mean() - exact_mean) < 4 * y.std() / np.sqrt(n)


@pytest.mark.parametrize("dt", [0.01, 0.25, 1.0])
def test_exponential_euler_has_the_exact_law_at_any_step(dt):
    n = 100_000
    system = dataclasses.replace(DECAY, rates=(1.0,))
    y = ms.solve(system, np.full((n, 1), 2.0), t_span=(0, 1), dt=dt, rng=2).y[:, -1, 0]
    mean, variance = 2 * np.exp(-1.0), 1 - np.exp(-2.0)
    assert abs(y.mean() - mean) < 4 * np.sqrt(variance / n)
    assert abs(y.var() - variance) < 4 * variance * np.sqrt(2 / n)


@pytest.mark.parametrize("method", [ms.EulerMaruyama(), ms.ExponentialEuler()], ids=str)
@pytest.mark.parametrize("kind", ["hidden", "observed"])
@pytest.mark.parametrize(
    "system", [PeriodicSlowFast(), HalfMoons(), QuadraticSlowFast(2, 3)], ids=repr
)
def test_compiled_equals_plain_on_the_same_increments(system, kind, method):
    equations = getattr(system, kind)
    dt = 1e-2 * system.relaxation_time
    y0 = np.tile(equations.y0, (37, 1))  # one full block of lanes and a part
    increments = np.random.default_rng(3).normal(
        0, np.sqrt(dt), (37, 60, equations.noise_dim)
    )
    options = {"t_span": (0, 60 * dt), "dt": dt, "increments": increments}
    options |= {"method": method, "save_every": 4}
    compiled = ms.solve(equations, y0, **options).y
    plain = dataclasses.replace(equations, compiled=False)
    assert np.allclose(compiled, ms.solve(plain, y0, **options).y, rtol=1e-12)


def test_time_is_passed_to_the_equations():
    forced = ms.SDE(lambda t, y, p: (np.cos(t),), lambda t, y, p: (0.0,), y0=(0.0,))
    plain = dataclasses.replace(forced, compiled=False)
    for system in (forced, plain):
        solution = ms.solve(system, t_span=(1.0, 3.0), dt=1e-4, save_every=100)
        expected = np.sin(solution.t) - np.sin(1.0)
        assert np.abs(solution.y[0, :, 0] - expected).max() < 2e-4


def test_what_has_no_noise_is_stepped_without_any():
    def springs(compiled):
        potential = ms.systems.Potential(lambda q, p: (q[0],), compiled=compiled)
        return ms.systems.Langevin(potential, friction=0.5)

    y0 = np.full((70, 2), 0.3)  # more than one block of lanes
    options = {"t_span": (0.0, 2.0), "dt": 0.01, "rng": 0}
    plain = ms.solve(springs(False), y0, **options).y
    assert plain.shape == (70, 201, 2)
    np.testing.assert_allclose(plain, ms.solve(springs(True), y0, **options).y, 1e-12)


def test_same_seed_same_numbers_and_paths_are_independent():
    system = PeriodicSlowFast().hidden
    y0 = np.zeros((100, 2))
    options = {"t_span": (0, 0.01), "dt": 1e-4}
    first = ms.solve(system, y0, rng=5, **options).y
    assert np.array_equal(first, ms.solve(system, y0, rng=5, **options).y)
    assert not np.array_equal(first, ms.solve(system, y0, rng=6, **options).y)
    assert len(np.unique(first[:, -1], axis=0)) == 100


def test_save_every_only_thins_the_output():
    system = PeriodicSlowFast()
    every = ms.solve(system, t_span=(0, 0.1), dt=1e-4, rng=7)
    tenth = ms.solve(system, t_span=(0, 0.1), dt=1e-4, rng=7, save_every=10)
    assert np.array_equal(every.y[:, ::10], tenth.y)
    assert np.allclose(every.t[::10], tenth.t)


def test_slow_fast_systems_are_stepped_hidden_and_start_where_told():
    system = QuadraticSlowFast(eps=1e-3)
    x0 = np.tile([1.5, 0.5], (20_000, 1))
    paths = ms.solve(system, x0, t_span=(0, 0.1), dt=0.1, rng=8)  # one exact step
    assert np.allclose(paths.y[:, 0], x0)
    y = system.slow_map(paths.y[:, -1])[:, 0]
    assert abs(y.mean() - (1.25 + 0.1)) < 4 * np.sqrt(0.1 / 20_000)
    assert abs(y.var() - 0.1) < 4 * 0.1 * np.sqrt(2 / 20_000)


def test_functions_that_do_not_compile_run_in_numpy_with_a_warning():
    def drift(t, y, p):
        return (-j0(y[0]),)

    system = ms.SDE(drift, lambda t, y, p: (0.1,), y0=(1.0,))
    with pytest.warns(RuntimeWarning, match="compiled=False"):
        y = ms.solve(system, t_span=(0, 1), dt=0.01, rng=0).y
    quiet = dataclasses.replace(system, compiled=False)
    assert np.array_equal(ms.solve(quiet, t_span=(0, 1), dt=0.01, rng=0).y, y)


@pytest.mark.parametrize("compiled", [True, False])
def test_blow_up_names_step_and_time(compiled):
    explosive = ms.SDE(
        lambda t, y, p: (y[0] ** 3,), lambda t, y, p: (0.0,), (10.0,), compiled=compiled
    )
    with pytest.raises(ms.IntegrationError, match=r"step \d+ \(t = .*dt = "):
        ms.solve(explosive, t_span=(0, 10), dt=0.1)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"dt": -0.1}, "dt must be a positive number"),
        ({"dt": 0.3}, "nearest"),
        ({"dt": 0.1, "save_every": 3}, "save_every"),
        ({"dt": 0.1, "t_span": (1, 0)}, "increase"),
        ({"dt": 0.1, "y0": [[1.0, 2.0]]}, r"\(n_traj, 1\)"),
        ({"dt": 0.1, "y0": [np.nan]}, "finite"),
        ({"dt": 0.1, "increments": np.zeros((1, 3, 1))}, "increments"),
    ],
)
def test_bad_input_is_named(options, word):
    with pytest.raises(ValueError, match=word):
        ms.solve(DECAY, **({"t_span": (0, 1)} | options))


def test_a_solver_says_what_it_is():
    solver = ms.Solver(DECAY, ms.Milstein(), dt=0.1)
    assert repr(solver) == "Solver(<SDE of dim 1>, Milstein(derivative=None), dt=0.1)"
