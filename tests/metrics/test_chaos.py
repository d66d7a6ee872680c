"""Spectra add up to variances; Lyapunov exponents of known and of chaotic systems."""

import numpy as np
import pytest

import msbook as ms
from msbook.metrics import lyapunov_exponents, power_spectrum, spatial_spectrum

CHAOS = ms.systems.KuramotoSivashinsky()


def test_power_is_the_variance():
    noise = np.random.default_rng(0).normal(size=(20, 4000, 3)) * [1.0, 2.0, 3.0]
    frequencies, power = power_spectrum(noise + 5.0, dt=0.25)
    assert frequencies[0] == 0
    assert frequencies[-1] == 2
    assert power.sum() * frequencies[1] == pytest.approx(14 / 3, rel=0.02)
    flat = power[2:-2]  # the mean is taken out
    assert flat.std() < 0.1 * flat.mean()


def test_power_of_a_linear_process_is_the_known_one():
    # du = -u dt + sqrt(2) dW has S(f) = 4 / (1 + (2 pi f)^2).
    step, n_time = 0.05, 20_000
    decay = np.exp(-step)
    noise = np.random.default_rng(1).normal(size=(n_time, 10)) * np.sqrt(1 - decay**2)
    paths = np.zeros((n_time, 10))
    for n in range(1, n_time):
        paths[n] = decay * paths[n - 1] + noise[n]
    frequencies, power = power_spectrum(paths.T, dt=step, n_window=1000)
    slow = (frequencies > 0.05) & (frequencies < 1)
    expected = 4 / (1 + (2 * np.pi * frequencies) ** 2)
    assert np.allclose(power[slow], expected[slow], rtol=0.25)


@pytest.mark.parametrize("n_points", [16, 17])
def test_spatial_energy_is_the_mean_square(n_points):
    u = np.random.default_rng(2).normal(size=(5, 7, n_points))
    wavenumbers, energy = spatial_spectrum(u, length=3.0)
    assert energy.sum() == pytest.approx(np.mean(u**2))
    assert wavenumbers[1] == pytest.approx(2 * np.pi / 3)
    assert wavenumbers.shape == energy.shape == (n_points // 2 + 1,)


def test_exponents_of_a_saddle():
    class Saddle:
        """Steps y' = A y exactly; the directions of A are not orthogonal."""

        dt = 0.1

        def advance(self, y, t, n_steps):
            basis = np.array([[1.0, 0.4, 0.0], [0.0, 1.0, 0.3], [0.0, 0.0, 1.0]])
            growth = np.diag(np.exp(self.dt * n_steps * np.array([0.5, 0.0, -2.0])))
            return y @ (basis @ growth @ np.linalg.inv(basis)).T

    rates = lyapunov_exponents(
        Saddle(), np.zeros(3), n_exponents=3, interval=0.5, n_intervals=60, rng=0
    )
    assert np.allclose(rates.value, [0.5, 0.0, -2.0], atol=5e-3)


def test_exponents_of_chaos():
    starts = CHAOS.random_starts(16, rng=3)
    solver = ms.Solver(CHAOS, dt=0.1)
    starts = solver.advance(starts, n_steps=5000)
    rates = lyapunov_exponents(
        solver, starts, n_exponents=2, interval=2.0, n_intervals=500, rng=4
    )
    value, error = rates
    assert error[0] < 0.003
    assert abs(value[0] - 0.048) < 4 * error[0]
    assert abs(value[1]) < 0.01  # along the motion nothing parts


def test_divergence_is_the_sum_of_all_exponents():
    # The trace of the linear part: that of the nonlinear one is zero.
    small = ms.systems.KuramotoSivashinsky(n_points=16, length=12.0, compiled=False)
    solver = ms.Solver(small, dt=0.005)
    rates = lyapunov_exponents(
        solver, small.y0, n_exponents=16, interval=0.05, n_intervals=20, rng=0
    )
    trace = 2 * small.symbol.sum() - small.symbol[-1]
    assert rates.value.sum() == pytest.approx(trace, rel=1e-3)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: power_spectrum(np.zeros(5), 0.1), "n_traj"),
        (
            lambda: power_spectrum(np.zeros((1, 50)), 0.0),
            "dt must be a number strictly between 0",
        ),
        (lambda: power_spectrum(np.zeros((1, 50)), 0.1, n_window=51), "n_window"),
        (lambda: spatial_spectrum([np.nan], 1.0), "finite"),
        (lambda: spatial_spectrum(np.ones(8), 0.0), "length must be a positive"),
    ],
)
def test_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"interval": 0.25, "n_intervals": 20}, "multiple of the solver's dt"),
        ({"interval": 0.2, "n_intervals": 5}, "at least 10"),
        ({"interval": 0.2, "n_intervals": 20, "n_exponents": 65}, "between 1 and 64"),
    ],
)
def test_says_what_is_wrong_with_intervals(options, message):
    with pytest.raises(ValueError, match=message):
        lyapunov_exponents(ms.Solver(CHAOS, dt=0.1), CHAOS.y0, **options)


def lorenz_in_units(t, y, p):
    (unit,) = p
    x, v, z = y[0] / unit, y[1] / unit, y[2] / unit
    rates = 10 * (v - x), x * (28 - z) - v, x * v - 8 / 3 * z
    return unit * rates[0], unit * rates[1], unit * rates[2]


@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e8, 1e12])
def test_lyapunov_exponent_does_not_depend_on_units(unit):
    """0.906 (Sprott 2003) for Lorenz's system, whatever a coordinate is measured in."""
    start = np.array([unit, unit, 20 * unit])
    system = ms.ODE(lorenz_in_units, y0=tuple(start), parameters=(unit,))
    solver = ms.Solver(system, dt=0.01)
    on_attractor = solver.advance(start[None], 0.0, 3000)
    rate = ms.metrics.lyapunov_exponents(
        solver, on_attractor, interval=0.5, n_intervals=600, rng=0
    )
    assert abs(rate.value[0] - 0.906) < 4 * rate.standard_error[0] < 0.16


def test_a_rate_of_parting_that_is_not_finite_is_refused():
    class Solver:
        dt = 0.1

        def __init__(self, factor):
            self.factor = factor

        def advance(self, y, t, n_steps):
            with np.errstate(over="ignore", invalid="ignore"):
                return y * self.factor**n_steps

    for factor, word in ((0.0, "no longer part"), (1e30, "finite numbers")):
        with pytest.raises(ValueError, match=word):
            ms.metrics.lyapunov_exponents(
                Solver(factor), [1.0, 2.0], interval=0.1, n_intervals=20, rng=0
            )
    with pytest.raises(ValueError, match="y0 must be finite"):
        ms.metrics.lyapunov_exponents(
            Solver(1.0), [1.0, np.nan], interval=0.1, n_intervals=20, rng=0
        )
