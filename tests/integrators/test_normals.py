"""The compiled random numbers and elementary functions."""

import numpy as np
import pytest
from numba import njit
from scipy import stats
from scipy.special import expit

from msbook._compile.kernels import elementary
from msbook._compile.kernels.normals import fill_normals, new_states


def draw(seed, n=2**20, scale=1.0):
    state = new_states(np.random.default_rng(seed), 1)[0]
    normals = np.empty(n)
    fill_normals(state, np.empty(n, np.uint64), normals, scale)
    return normals


def test_normals_are_normal():
    x = draw(0)
    assert stats.kstest(x, "norm").pvalue > 1e-3
    n = len(x)
    for power, variance in ((1, 1), (2, 2), (3, 15), (4, 96)):
        expected = 0 if power % 2 else {2: 1, 4: 3}[power]
        assert abs((x**power).mean() - expected) < 4 * np.sqrt(variance / n)
    assert 4.5 < np.abs(x).max() < 6.5  # tails are there, and not too far


def test_normals_are_uncorrelated_at_every_small_lag_and_across_halves():
    x = draw(1)
    n = len(x)
    lags = [*range(1, 70), n // 2]
    correlations = [np.mean(x[:-lag] * x[lag:]) * np.sqrt(n - lag) for lag in lags]
    squares = [
        np.mean((x[:-lag] ** 2 - 1) * (x[lag:] ** 2 - 1)) / 2 * np.sqrt(n - lag)
        for lag in lags
    ]
    assert np.abs(correlations).max() < 4.5
    assert np.abs(squares).max() < 4.5


def test_normals_scale_and_seed():
    assert np.allclose(draw(2, 1024, 3.0), 3 * draw(2, 1024))
    assert not np.array_equal(draw(2, 1024), draw(3, 1024))


@pytest.mark.parametrize(
    ("name", "x"),
    [
        ("sin", np.linspace(-1e6, 1e6, 200_001)),
        ("cos", np.linspace(-1e6, 1e6, 200_001)),
        ("exp", np.linspace(-700.0, 700.0, 200_001)),
        ("log", np.exp(np.linspace(-700.0, 700.0, 200_001))),
    ],
)
def test_elementary_functions_agree_with_numpy(name, x):
    function = getattr(elementary, name)

    @njit
    def evaluate(x):
        return np.array([function(value) for value in x])

    expected = getattr(np, name)(x)
    scale = np.maximum(np.abs(expected), 1.0) if name in ("sin", "cos") else expected
    error = np.abs((evaluate(x) - expected) / np.where(scale == 0, 1.0, scale))
    assert error.max() < 5e-16
    assert np.isnan(evaluate(np.array([np.nan]))).all()


@pytest.mark.parametrize(("name", "expected"), [("tanh", np.tanh), ("sigmoid", expit)])
def test_squashing_functions_are_exact_near_zero_and_far_from_it(name, expected):
    function = getattr(elementary, name)

    @njit
    def evaluate(x):
        return np.array([function(value) for value in x])

    x = np.geomspace(1e-300, 700.0, 100_001)
    x = np.concatenate([-x, x])
    assert np.abs(evaluate(x) / expected(x) - 1.0).max() < 1e-15
    assert evaluate(np.array([0.0]))[0] == expected(0.0)
    assert np.isnan(evaluate(np.array([np.nan]))).all()
