"""Mean paths, autocorrelations and phase portraits against their definitions."""

import numpy as np
import pytest
from scipy.signal import lfilter

from msbook.metrics import autocorrelation, mean_path, phase_portrait_distance


def autoregression(n_traj, n_time, factor=0.8, seed=0):
    """Stationary paths whose correlation is factor**lag."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(n_traj, n_time)) * np.sqrt(1 - factor**2)
    noise[:, 0] /= np.sqrt(1 - factor**2)
    return lfilter([1.0], [1.0, -factor], noise)


def ellipse(n, width=2.0, start=0.0, turns=1):
    angle = start + np.linspace(0, 2 * np.pi * turns, n)
    return np.column_stack((width * np.cos(angle), np.sin(angle)))


def test_autocorrelation_by_its_definition():
    paths = np.random.default_rng(0).normal(size=(5, 30, 2)).cumsum(axis=1) + 7
    value, _ = autocorrelation(paths, 30)
    for lag in range(30):
        early, late = paths[:, : 30 - lag], paths[:, lag:]
        covariance = np.mean(early * late, axis=(0, 1)) - np.mean(
            early, axis=(0, 1)
        ) * np.mean(late, axis=(0, 1))
        expected = covariance / np.var(paths, axis=(0, 1))
        np.testing.assert_allclose(value[lag], expected, rtol=0, atol=1e-12)


def test_autocorrelation_of_an_autoregression_lies_within_its_standard_error():
    paths = autoregression(500, 200)
    value, error = autocorrelation(paths, 20)
    deviations = (value[1:] - 0.8 ** np.arange(1, 20)) / error[1:]
    assert np.sqrt(np.mean(deviations**2)) < 2
    assert error[0] == 0
    assert np.all(error[1:] < 0.03)


def test_standard_error_of_the_autocorrelation_is_the_spread_of_repetitions():
    repeated = [autocorrelation(autoregression(40, 60, seed=s), 8) for s in range(300)]
    spread = np.std([value for value, _ in repeated], axis=0)
    stated = np.sqrt(np.mean([error**2 for _, error in repeated], axis=0))
    np.testing.assert_allclose(stated[1:], spread[1:], rtol=0.15)


def test_autocorrelation_knows_neither_offset_nor_unit():
    paths = autoregression(20, 100)
    changed = autocorrelation(1e6 + 3 * paths, 10)
    np.testing.assert_allclose(changed.value, autocorrelation(paths, 10).value, 1e-6)


def test_mean_path_and_its_standard_error():
    paths = np.random.default_rng(1).normal([1.0, -2.0], [3.0, 0.5], (10_000, 4, 2))
    value, error = mean_path(paths)
    assert value.shape == error.shape == (4, 2)
    assert np.all(np.abs(value - [1.0, -2.0]) < 4 * error)
    np.testing.assert_allclose(error, [[0.03, 0.005]] * 4, rtol=0.03)


def test_one_trajectory_has_no_standard_error():
    path = np.arange(5.0)[None]
    np.testing.assert_array_equal(mean_path(path).value, path[0])
    assert np.isnan(mean_path(path).standard_error).all()
    assert np.isnan(autocorrelation(path, 2).standard_error).all()


def test_phase_portraits_of_the_same_curve_coincide():
    once = ellipse(400)
    again = ellipse(1501, start=1.0, turns=4)[::-1]
    chord = np.pi**2 / 200**2  # largest distance of an arc from its chord
    assert phase_portrait_distance(once, again) < 2 * chord
    assert phase_portrait_distance(once, once) == 0


def test_phase_portrait_distance_is_symmetric_and_has_units():
    a, b = ellipse(300), ellipse(200, width=2.5)
    distance = phase_portrait_distance(a, b)
    assert phase_portrait_distance(b, a) == distance
    assert phase_portrait_distance(3 * a, 3 * b) == pytest.approx(3 * distance)
    rows = np.column_stack((np.linspace(0, 1, 50), np.zeros(50)))
    assert phase_portrait_distance(rows, rows + np.array([0, 0.25])) == pytest.approx(
        0.25
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: mean_path(np.zeros(3)), r"use X\[None\]"),
        (lambda: mean_path([[0.0, np.nan]]), "must be finite"),
        (lambda: autocorrelation(np.zeros((2, 3)), 4), "between 1 and the 3 times"),
        (lambda: autocorrelation(np.ones((2, 3)), 2), "constant"),
        (lambda: phase_portrait_distance(np.zeros((1, 2)), ellipse(9)), "two or more"),
        (lambda: phase_portrait_distance(np.eye(3), ellipse(9)), "same space"),
    ],
)
def test_says_what_is_wrong(call, message):
    with pytest.raises(ValueError, match=message):
        call()
