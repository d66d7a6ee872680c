"""Kolmogorov's distance against its definition, SciPy and closed forms."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import kstest, norm

from msbook.metrics import kolmogorov_distance

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
        (np.zeros(0), np.zeros(3), "sample must hold finite"),
        (np.zeros(3), [np.nan], "reference must hold finite"),
        (np.zeros((3, 2)), np.zeros((3, 1)), "same columns"),
        (np.zeros((2, 2, 2)), np.zeros(3), "shape"),
    ],
)
def test_says_what_is_wrong(sample, reference, message):
    with pytest.raises(ValueError, match=message):
        kolmogorov_distance(sample, reference)
