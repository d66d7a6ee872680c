"""Errors of potentials and of fields by their definitions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from msbook.metrics import (
    mean_normalised_absolute_difference,
    normalised_absolute_difference,
    potential_error,
    valid_prediction_time,
)

Q = np.linspace(-6, 6, 1201)


@given(offset=st.floats(-100, 100), amplitude=st.floats(0, 2))
def test_a_constant_costs_nothing_and_a_wave_its_root_mean_square(offset, amplitude):
    wave = amplitude * np.sin(40 * Q)
    error = potential_error(Q**2 / 2 + wave + offset, Q**2 / 2)
    assert error == pytest.approx(amplitude / np.sqrt(2), rel=0.01, abs=1e-12)


def test_only_points_that_are_visited_count():
    # The density of q^2 / (2 T) is a thousandth of its maximum at q^2 = 2 T ln 1000.
    for temperature in (0.5, 2.0):
        edge = np.sqrt(2 * temperature * np.log(1000))
        wrong = np.where(np.abs(Q) > edge, np.nan, Q**2 / 2)
        assert potential_error(wrong, Q**2 / 2, temperature) == 0
        nearer = np.where(np.abs(Q) > edge - 0.02, np.nan, Q**2 / 2)
        with pytest.raises(ValueError, match="finite where the density of reference"):
            potential_error(nearer, Q**2 / 2, temperature)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((Q, Q[1:]), "same points"),
        (([], []), "same points"),
        ((Q, Q, 0.0), "temperature must be a positive"),
    ],
)
def test_says_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        potential_error(*arguments)


def field(seed, shape=(3, 20, 7)):
    return np.random.default_rng(seed).normal(size=shape)


def test_difference_is_the_printed_sum():
    predicted, truth = field(0, (20, 7)), field(1, (20, 7))
    span = max(map(max, truth)) - min(map(min, truth))
    printed = [
        sum(abs(a - b) for a, b in zip(p, q, strict=True)) / 7 / span
        for p, q in zip(predicted, truth, strict=True)
    ]
    assert np.allclose(normalised_absolute_difference(predicted, truth), printed)
    mean = mean_normalised_absolute_difference(predicted, truth)
    assert mean == pytest.approx(sum(printed) / 20)


def test_each_trajectory_has_its_own_range():
    predicted, truth = field(0), field(1)
    together = normalised_absolute_difference(predicted, truth)
    assert together.shape == (3, 20)
    for one, p, q in zip(together, predicted, truth, strict=True):
        assert np.array_equal(one, normalised_absolute_difference(p, q))
    assert mean_normalised_absolute_difference(predicted, truth).shape == (3,)


@given(
    scale=st.floats(-100, 100).filter(lambda a: abs(a) > 1e-3), shift=st.floats(-9, 9)
)
def test_units_do_not_matter(scale, shift):
    predicted, truth = field(0), field(1)
    moved = (scale * values + shift for values in (predicted, truth))
    assert np.allclose(
        normalised_absolute_difference(*moved),
        normalised_absolute_difference(predicted, truth),
    )


@given(share=st.floats(0.001, 10))
def test_offset_by_a_share_of_the_range_is_that_share(share):
    truth = field(1)
    offset = share * np.ptp(truth, axis=(1, 2))[:, None, None]
    assert np.allclose(normalised_absolute_difference(truth + offset, truth), share)


def test_prediction_is_valid_until_it_first_leaves():
    truth = np.tile([0.0, 1.0], (4, 6, 1))
    error = np.zeros((4, 6, 1))
    error[0, 2] = 0.3  # leaves and returns
    error[1, 0:] = 0.3
    error[2, 5] = np.nan
    assert np.allclose(
        valid_prediction_time(truth + error, truth, dt=0.5), [1.5, 0.5, 3.0, 3.0]
    )
    assert np.allclose(
        valid_prediction_time(truth + error, truth, 0.5, threshold=0.4), 3.0
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((field(0), field(1)[:1]), "same shape"),
        ((field(0)[0, 0], field(1)[0, 0]), r"\(\.\.\., n_time, n_x\)"),
        ((field(0), np.ones((3, 20, 7))), "finite|not be constant"),
        ((field(0), np.full((3, 20, 7), np.nan)), "must be finite"),
    ],
)
def test_fields_that_do_not_fit_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        mean_normalised_absolute_difference(*arguments)


@pytest.mark.parametrize("options", [{"dt": 0.0}, {"dt": 1.0, "threshold": -1.0}])
def test_step_and_threshold_must_be_positive(options):
    with pytest.raises(ValueError, match="must be a positive"):
        valid_prediction_time(field(0), field(1), **options)
