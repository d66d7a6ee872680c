"""Distances of laws against their definitions, SciPy and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import kstest, norm

from msbook.metrics import (
    histogram_distance,
    kolmogorov_distance,
    self_similar_error,
    wasserstein_distance,
)

SAMPLES = arrays("f8", array_shapes(max_dims=1, max_side=30), elements=st.floats(-3, 3))


@given(a=SAMPLES, b=SAMPLES)
def test_between_samples_by_its_definition(a, b):
    expected = max(abs(np.mean(a <= s) - np.mean(b <= s)) for s in [*a, *b])
    assert kolmogorov_distance(a, b) == pytest.approx(expected, abs=1e-12)


@given(a=SAMPLES)
def test_to_a_law_as_in_scipy(a):
    expected = kstest(a, norm.cdf).statistic
    assert kolmogorov_distance(a, norm.cdf) == pytest.approx(expected, abs=1e-12)


def test_between_shifted_laws():
    # Two normal laws a distance d apart differ by 2 Phi(d / 2) - 1.
    sample = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
    expected = 2 * norm.cdf(0.35) - 1
    assert kolmogorov_distance(sample, sample + 0.7) == pytest.approx(
        expected, abs=2e-4
    )


def test_column_by_column():
    sample = np.random.default_rng(0).normal([0.0, 1.0, 2.0], size=(200, 3))
    distances = kolmogorov_distance(sample, norm.cdf)
    expected = [kolmogorov_distance(column, norm.cdf) for column in sample.T]
    np.testing.assert_array_equal(distances, expected)
    between = kolmogorov_distance(sample, sample[:50])
    assert between.shape == (3,)


def test_disjoint_samples_are_at_distance_one():
    assert kolmogorov_distance([0.0, 1.0], [2.0, 3.0, 4.0]) == 1
    assert kolmogorov_distance([0.0, 1.0], [1.0, 0.0]) == 0


@pytest.mark.parametrize(
    ("sample", "reference", "message"),
    [
        (np.zeros(0), np.zeros(3), "sample must"),
        (np.zeros(3), [np.nan], "reference must be finite"),
        (np.zeros((3, 2)), np.zeros((3, 1)), "same columns"),
        (np.zeros((2, 2, 2)), np.zeros(3), "shape"),
    ],
)
def test_says_what_is_wrong(sample, reference, message):
    with pytest.raises(ValueError, match=message):
        kolmogorov_distance(sample, reference)


@given(a=SAMPLES, b=SAMPLES)
def test_wasserstein_by_its_definition(a, b):
    # The inverse distribution functions are steps; on a common grid they add up.
    grid = np.lcm(len(a), len(b))
    quantiles = [np.repeat(np.sort(x), grid // len(x)) for x in (a, b)]
    expected = np.mean(np.abs(quantiles[0] - quantiles[1]))
    assert wasserstein_distance(a, b) == pytest.approx(expected, abs=1e-12)


def test_wasserstein_goes_by_columns():
    sample = np.random.default_rng(0).normal(size=(200, 3))
    distances = wasserstein_distance(sample + np.array([0.0, 1.0, -2.0]), sample)
    np.testing.assert_allclose(distances, [0.0, 1.0, 2.0], atol=1e-12)
    assert wasserstein_distance(sample[:, 0], sample[:50, 0]).shape == ()


def test_histograms_of_uniform_laws_overlap_as_the_laws_do():
    rng = np.random.default_rng(1)
    for dim in (1, 2, 3):
        sample, reference = rng.uniform(size=(2, 100_000, dim))
        reference[:, 0] += 0.5  # half of the mass lies elsewhere
        assert histogram_distance(sample, reference) == pytest.approx(1.0, abs=0.15)


@given(a=SAMPLES, b=SAMPLES)
def test_histogram_distance_is_symmetric_and_bounded(a, b):
    distance = histogram_distance(a, b)
    assert 0 <= distance <= 2 + 1e-12
    assert histogram_distance(b, a) == pytest.approx(distance, abs=1e-12)
    assert histogram_distance(a, a) == 0


def test_histogram_has_as_many_cells_as_rice_says():
    # 1000 numbers make 20 cells: two points a cell apart are told apart, others not.
    sample = np.linspace(0, 1, 1000)
    assert histogram_distance(sample, sample + 1e-9) < 0.1
    left, right = (
        np.r_[0.0, np.full(998, 0.51), 1.0],
        np.r_[0.0, np.full(998, 0.54), 1.0],
    )
    assert histogram_distance(left, right) == 0
    assert histogram_distance(left, right + np.r_[0, np.full(998, 0.02), 0]) > 1.9


def test_floor_is_the_distance_of_two_true_samples():
    rng = np.random.default_rng(2)
    samples = rng.normal(size=(200, 2, 500))
    true = np.mean([wasserstein_distance(a, b) for a, b in samples])
    floor = self_similar_error(samples[0, 0], wasserstein_distance, n_resamples=200)
    assert np.mean(floor) == pytest.approx(true, rel=0.25)


def test_floor_takes_rows_of_any_shape():
    paths = np.random.default_rng(3).normal(size=(20, 30, 2))

    def unfolded(a, b):
        return wasserstein_distance(a.reshape(-1, 2), b.reshape(-1, 2))

    floor = self_similar_error(paths, unfolded, n_resamples=4, rng=0)
    assert floor.shape == (4, 2)
    again = self_similar_error(paths, unfolded, n_resamples=4, rng=0)
    np.testing.assert_array_equal(floor, again)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: wasserstein_distance([np.nan], [0.0]), "sample must"),
        (lambda: wasserstein_distance(np.zeros((3, 2)), np.zeros(3)), "same columns"),
        (lambda: histogram_distance(np.zeros((3, 4)), np.zeros((3, 4))), "at most 3"),
        (lambda: self_similar_error([1.0], wasserstein_distance), "two or more rows"),
    ],
)
def test_says_what_is_wrong_with_samples(call, message):
    with pytest.raises(ValueError, match=message):
        call()
