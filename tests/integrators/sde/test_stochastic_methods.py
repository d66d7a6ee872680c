"""Euler–Maruyama, Milstein and Heun: strong and weak orders, Itô and Stratonovich."""

import dataclasses
import warnings

import numpy as np
import pytest
from scipy.special import j0

import msbook as ms

EULER, MILSTEIN, HEUN = ms.EulerMaruyama(), ms.Milstein(), ms.StratonovichHeun()
STEPS = 2 ** np.arange(4, 9)

# Kloeden & Platen (1992), (4.4.46): exact in terms of the Brownian motion.
A, B, START = 0.6, 0.8, 0.2


def saturating(t, y, p):
    return -(A + B * B * y[0]) * (1 - y[0] ** 2)


def saturating_noise(t, y, p):
    return B * (1 - y[0] ** 2)


def saturated(w, t=1.0):
    growth = (1 + START) * np.exp(-2 * A * t + 2 * B * w)
    return (growth + START - 1) / (growth + 1 - START)


ITO = ms.SDE(saturating, saturating_noise, y0=START)
STRATONOVICH = ms.SDE(lambda t, y, p: -A * (1 - y[0] ** 2), saturating_noise, y0=START)
GROWTH = ms.SDE(lambda t, y, p: 0.3 * y[0], lambda t, y, p: 0.8 * y[0], y0=1.0)
GROWTH_STRATONOVICH = ms.SDE(
    lambda t, y, p: (0.3 - 0.32) * y[0], lambda t, y, p: 0.8 * y[0], y0=1.0
)


def grown(w):
    return np.exp((0.3 - 0.32) + 0.8 * w)


def end(system, method, dw):
    """States at time 1, driven by sums of fine increments."""
    start = np.tile(system.y0, (len(dw), 1))
    options = {"t_span": (0, 1), "dt": 1 / dw.shape[1], "save_every": dw.shape[1]}
    return ms.solve(system, start, increments=dw, method=method, **options).y[:, -1, 0]


def strong_order(system, method, exact, n_paths=4000):
    rng = np.random.default_rng(5)
    fine = rng.normal(0, np.sqrt(1 / STEPS[-1]), (n_paths, STEPS[-1], 1))
    truth = exact(fine.sum(axis=1)[:, 0])
    errors = [
        np.abs(
            end(system, method, fine.reshape(n_paths, n, -1, 1).sum(axis=2)) - truth
        ).mean()
        for n in STEPS
    ]
    return -np.polyfit(np.log(STEPS), np.log(errors), 1)[0]


@pytest.mark.parametrize(
    ("system", "method", "exact", "order"),
    [
        (ITO, EULER, saturated, 0.5),
        (ITO, MILSTEIN, saturated, 1.0),
        (STRATONOVICH, HEUN, saturated, 1.0),
        (GROWTH, EULER, grown, 0.5),
        (GROWTH, MILSTEIN, grown, 1.0),
        (GROWTH_STRATONOVICH, HEUN, grown, 1.0),
    ],
)
def test_strong_orders(system, method, exact, order):
    assert abs(strong_order(system, method, exact) - order) < 0.15


@pytest.mark.parametrize(
    ("system", "method"),
    [(GROWTH, EULER), (GROWTH, MILSTEIN), (GROWTH_STRATONOVICH, HEUN)],
)
def test_weak_orders(system, method):
    """Both moments of geometric Brownian motion, within C h and four errors."""
    n_paths = 200_000
    for n in (4, 8, 16):
        y0 = np.ones((n_paths, 1))
        y = ms.solve(
            system, y0, t_span=(0, 1), dt=1 / n, save_every=n, method=method, rng=n
        ).y[:, -1, 0]
        for power, exact in ((1, np.exp(0.3)), (2, np.exp(0.6 + 0.64))):
            value = y**power
            assert abs(value.mean() - exact) < 4 / n + 4 * value.std() / n_paths**0.5


def test_means_of_a_square_root_process():
    """Cox, Ingersoll and Ross: dX = k (m - X) dt + s sqrt(X) dW, far from 0."""
    k, m, s = 2.0, 1.0, 0.3
    process = ms.SDE(
        lambda t, y, p: k * (m - y[0]),
        lambda t, y, p: s * np.sqrt(np.maximum(y[0], 0.0)),
        y0=0.5,
    )
    start = np.full((100_000, 1), 0.5)
    mean = m + (0.5 - m) * np.exp(-k)
    variance = 0.5 * s**2 / k * (np.exp(-k) - np.exp(-2 * k))
    variance += 0.5 * m * s**2 / k * (1 - np.exp(-k)) ** 2
    for method in (EULER, MILSTEIN):
        y = ms.solve(
            process, start, t_span=(0, 1), dt=1 / 200, save_every=200, rng=1,
            method=method,
        ).y[:, -1, 0]  # fmt: skip
        assert abs(y.mean() - mean) < 0.002
        assert abs(y.var() - variance) < 0.001


@pytest.mark.parametrize("method", [EULER, MILSTEIN, HEUN])
@pytest.mark.parametrize("system", [ITO, GROWTH])
def test_compiled_and_numpy_draw_the_same_noise(method, system):
    start = np.tile(system.y0, (70, 1))
    options = {"t_span": (0, 1), "dt": 1 / 200, "save_every": 50, "rng": 3}
    plain = dataclasses.replace(system, compiled=False)
    compiled = ms.solve(system, start, method=method, **options).y
    in_numpy = ms.solve(plain, start, method=method, **options).y
    assert np.allclose(compiled, in_numpy, rtol=1e-11)


def test_general_noise_in_stratonovichs_sense():
    """Rotation by noise keeps the radius in Stratonovich's sense, not in Itô's."""
    turning = ms.SDE(
        lambda t, y, p: (0.0, 0.0),
        lambda t, y, p: ((-y[1],), (y[0],)),
        y0=(1.0, 0.0),
        noise="general",
    )
    options = {"t_span": (0, 1), "dt": 1e-3, "rng": 0}
    for system in (turning, dataclasses.replace(turning, compiled=False)):
        circle = ms.solve(system, method=HEUN, **options).y[0, -1]
        spiral = ms.solve(system, method=EULER, **options).y[0, -1]
        assert abs(np.hypot(*circle) - 1.0) < 2e-3
        assert abs(np.hypot(*spiral) - np.exp(0.5)) < 0.1


def test_derivative_of_the_noise_may_be_given():
    given = ms.Milstein(derivative=lambda t, y, p: -2 * B * y[0])
    options = {"t_span": (0, 1), "dt": 1 / 64, "rng": 4}
    for compiled in (True, False):
        system = dataclasses.replace(ITO, compiled=compiled)
        own = ms.solve(system, method=MILSTEIN, **options).y
        assert np.allclose(ms.solve(system, method=given, **options).y, own, rtol=1e-12)


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(
    ("diffusion", "half_slope_of_square"),
    [
        (lambda t, y, p: 0.8 * np.sqrt(np.maximum(y[0], 0.0)), 0.16),
        (lambda t, y, p: -p[0] * np.sqrt(np.maximum(y[0], 0.0)) / 2.0, 0.16),
        (lambda t, y, p: 0.8 * np.maximum(y[0], 0.0) ** 0.75, 0.0),
        (lambda t, y, p: -np.sqrt(0.64 * np.maximum(y[0], 0.0)), 0.16),
        (lambda t, y, p: np.where(y[0] >= 0, 0.8 * np.sqrt(y[0]), 0.0), 0.16),
    ],
)
def test_a_root_that_meets_zero_has_milsteins_term(
    diffusion, half_slope_of_square, compiled
):
    """The term is a quarter of the slope of the noise's square, one at zero too."""
    system = ms.SDE(
        lambda t, y, p: 1.0 - y[0], diffusion, 0.0, parameters=(1.6,), compiled=compiled
    )
    dt, noise = 0.01, np.full((1, 1, 1), 0.3)
    options = {"t_span": (0, dt), "dt": dt, "increments": noise, "method": MILSTEIN}
    moved = ms.solve(system, np.zeros((1, 1)), **options).y[0, -1, 0]
    assert moved == pytest.approx(dt + half_slope_of_square * (0.3**2 - dt), rel=1e-12)


@pytest.mark.parametrize("compiled", [True, False])
def test_a_root_beside_another_term_that_meets_zero_is_told(compiled):
    system = ms.SDE(
        lambda t, y, p: -y[0],
        lambda t, y, p: 0.1 + 0.5 * np.sqrt(y[0]),
        y0=0.0,
        compiled=compiled,
    )
    options = {"t_span": (0, 0.1), "dt": 0.1, "increments": np.ones((1, 1, 1))}
    with pytest.raises(ms.IntegrationError) as caught:
        ms.solve(system, method=MILSTEIN, **options)
    (note,) = caught.value.__notes__
    assert "Milstein" in note
    assert "infinite where a square root" in note
    assert ms.solve(system, method=EULER, **options).y[0, -1, 0] == pytest.approx(0.1)


@pytest.mark.parametrize("compiled", [True, False])
def test_what_stands_still_has_no_slope_however_steep_the_root(compiled):
    """Below zero the root of max(y, 0) is constant: the method is Euler's there."""
    system = ms.SDE(
        lambda t, y, p: 0.0,
        lambda t, y, p: 0.1 + 0.5 * np.sqrt(np.maximum(y[0], 0.0)),
        y0=-1.0,
        compiled=compiled,
    )
    options = {"t_span": (0, 0.1), "dt": 0.01, "rng": 0}
    found = [ms.solve(system, method=m, **options).y for m in (MILSTEIN, EULER)]
    assert np.array_equal(*found)


@pytest.mark.parametrize(
    ("system", "words"),
    [
        (
            ms.SDE(
                lambda t, y, p: (0.0, 0.0),
                lambda t, y, p: (y[1], 1.0),
                y0=(1.0, 1.0),
            ),
            r"entry 0 of the diffusion depends on y\[1\]",
        ),
        (
            ms.SDE(
                lambda t, y, p: (0.0,),
                lambda t, y, p: ((y[0], 1.0),),
                y0=1.0,
                noise="general",
            ),
            "for diagonal noise",
        ),
        (
            ms.SDE(lambda t, y, p: 0.0, lambda t, y, p: np.logaddexp(y[0], 0), y0=1.0),
            r"logaddexp has no derivative here.*Milstein\(derivative=",
        ),
    ],
)
def test_noise_that_milsteins_method_cannot_take_is_named(system, words):
    for compiled in (True, False):
        with pytest.raises(ValueError, match=words):
            ms.solve(
                dataclasses.replace(system, compiled=compiled),
                t_span=(0, 1), dt=0.1, method=MILSTEIN,
            )  # fmt: skip


def test_noise_that_numpy_alone_knows_needs_its_derivative():
    system = ms.SDE(lambda t, y, p: 0.0, lambda t, y, p: 1 + j0(y[0]), y0=1.0)
    options = {"t_span": (0, 1), "dt": 0.1, "rng": 0}
    with (
        pytest.warns(RuntimeWarning, match="j0 is not among"),
        pytest.raises(ValueError, match=r"Milstein\(derivative="),
    ):
        ms.solve(system, method=MILSTEIN, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        given = ms.Milstein(derivative=lambda t, y, p: 0.0)
        same = ms.solve(system, method=given, **options).y
        assert np.allclose(same, ms.solve(system, method=EULER, **options).y)


def test_negative_rates_are_linear_growth_and_exact_too():
    growth = ms.SDE(lambda t, y, p: (y[0],), lambda t, y, p: (1.0,), 1.0, rates=(-1.0,))
    n = 40_000
    y = ms.solve(growth, np.ones((n, 1)), t_span=(0, 1), dt=0.25, rng=0).y[:, -1, 0]
    variance = (np.exp(2.0) - 1.0) / 2.0
    assert abs(y.mean() - np.e) < 4.0 * np.sqrt(variance / n)
    assert abs(y.var() - variance) < 4.0 * variance * np.sqrt(2.0 / n)
