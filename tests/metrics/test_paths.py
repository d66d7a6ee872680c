"""Errors of ensembles of paths, and their floors."""

import numpy as np
import pytest

from msbook.metrics import path_errors, relative_wasserstein


def walks(n, seed, shift=0.0, factor=1.0):
    steps = factor * np.random.default_rng(seed).standard_normal((n, 20, 2))
    paths = np.cumsum(steps, axis=1) + shift
    return np.concatenate([np.full((n, 1, 2), shift), paths], axis=1)


def test_shift_and_factor_are_found():
    truth = walks(20_000, 0)
    errors = path_errors(walks(20_000, 1, shift=0.3), truth)
    expected = 0.3 / np.sqrt(np.arange(1, 21))[:, None]
    assert np.allclose(errors.mean[1:], expected, atol=0.04)
    errors = path_errors(walks(20_000, 1, factor=1.2), truth)
    assert np.allclose(errors.std[1:], 0.2, atol=0.04)
    assert np.isnan(errors.mean[0]).all()
    assert errors.largest[1] >= errors.average[1] > 0.17


def test_floors_are_the_spread_of_repetitions():
    truth = np.random.default_rng(2).exponential(size=(20_000, 1, 1))
    draws = np.random.default_rng(3).exponential(size=(400, 200, 1, 1))
    errors = [path_errors(sample, truth) for sample in draws]
    spread = np.std([error.std for error in errors])
    assert np.isclose(np.mean([e.std_floor for e in errors]), spread, rtol=0.15)
    spread = np.std([error.mean for error in errors])
    assert np.isclose(np.mean([e.mean_floor for e in errors]), spread, rtol=0.15)


def test_errors_know_no_unit():
    model, truth = walks(200, 0), walks(300, 1)
    ours, other = path_errors(model, truth), path_errors(7 * model, 7 * truth)
    assert np.allclose(ours.mean, other.mean, equal_nan=True)
    assert np.allclose(ours.std_floor, other.std_floor, equal_nan=True)


def test_printed_table_has_both_rows():
    lines = str(path_errors(walks(100, 0), walks(100, 1))).splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["mean", "std"]


def test_wasserstein_distance_of_a_shift_and_of_another_unit():
    sample = np.random.default_rng(0).normal(size=(5000, 2))
    shifted = relative_wasserstein(sample + np.array([0.1, -0.2]), sample)
    assert np.allclose(shifted * sample.std(axis=0), [0.1, 0.2])
    assert np.allclose(
        relative_wasserstein(3 * sample + [0.3, -0.6], 3 * sample), shifted
    )
    assert relative_wasserstein(sample[:, 0], sample[:, 0]).shape == ()


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: path_errors(np.zeros((5, 4, 1)), np.zeros((5, 3, 1))), "same times"),
        (lambda: path_errors(np.zeros((1, 4, 1)), np.zeros((1, 4, 1))), "two or more"),
        (lambda: path_errors(np.zeros((5, 4, 1)), np.zeros((5, 4, 1))), "alike"),
        (lambda: relative_wasserstein(np.zeros(3), np.zeros(3)), "spread"),
        (lambda: relative_wasserstein(np.zeros((3, 2)), np.zeros(3)), "columns"),
        (lambda: relative_wasserstein([np.nan], [0.0, 1.0]), "finite"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
