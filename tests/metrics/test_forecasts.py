"""Errors of forecasts: by snapshot, by particle, in all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from msbook.metrics import model_error, particle_error, snapshot_error

N_TRAJ, N_TIME, N_FIELDS, N_PARTICLES = 2, 3, 2, 4
numbers = st.floats(-100, 100).map(lambda value: round(value, 3))
states = arrays("f8", (N_TRAJ, N_TIME, N_FIELDS * N_PARTICLES), elements=numbers)


def by_loops(predicted, truth):
    """The three errors, written out as in section 4.4 of the report."""
    difference = (predicted - truth).reshape(N_TIME, N_FIELDS, N_PARTICLES)
    snapshot = np.zeros(N_TIME)
    for j in range(N_TIME):
        norms = [np.sqrt(sum(difference[j, c] ** 2)) for c in range(N_FIELDS)]
        snapshot[j] = np.sqrt(sum(norm**2 for norm in norms))
    particle = np.zeros(N_PARTICLES)
    for i in range(N_PARTICLES):
        norms = [np.sqrt(sum(difference[:, c, i] ** 2)) for c in range(N_FIELDS)]
        particle[i] = np.sqrt(sum(norm**2 for norm in norms) / N_FIELDS)
    return snapshot, particle, np.sqrt(sum(snapshot**2))


@settings(max_examples=40, deadline=None)
@given(predicted=states, truth=states)
def test_they_are_those_of_the_report(predicted, truth):
    found = (
        snapshot_error(predicted, truth),
        particle_error(predicted, truth, N_FIELDS),
        model_error(predicted, truth),
    )
    for trajectory in range(N_TRAJ):
        expected = by_loops(predicted[trajectory], truth[trajectory])
        for of_package, of_report in zip(found, expected, strict=True):
            np.testing.assert_allclose(of_package[trajectory], of_report, atol=1e-9)


@settings(max_examples=40, deadline=None)
@given(predicted=states, truth=states)
def test_all_three_add_up_to_one(predicted, truth):
    whole = model_error(predicted, truth) ** 2
    by_time = (snapshot_error(predicted, truth) ** 2).sum(axis=-1)
    by_place = (particle_error(predicted, truth, N_FIELDS) ** 2).sum(axis=-1)
    np.testing.assert_allclose(by_time, whole)
    np.testing.assert_allclose(N_FIELDS * by_place, whole)


@pytest.mark.parametrize("scale", [1.0, 1e-3, 50.0])
def test_a_forecast_of_nothing_has_the_relative_error_one(scale):
    truth = scale * np.random.default_rng(0).normal(size=(5, 20, 6))
    nothing = np.zeros_like(truth)
    np.testing.assert_allclose(model_error(nothing, truth, relative=True), 1)
    for errors in (
        snapshot_error(nothing, truth, relative=True),
        particle_error(nothing, truth, 3, relative=True),
    ):
        np.testing.assert_allclose((errors**2).mean(axis=-1), 1)


def test_a_medium_at_rest_does_not_divide_by_zero():
    truth = np.zeros((1, 4, 2))
    truth[0, 2:] = 1.0
    errors = snapshot_error(truth + 0.1, truth, relative=True)
    np.testing.assert_allclose(errors, 0.1 / np.sqrt(0.5))


def test_a_single_sequence_is_one_particle():
    rng = np.random.default_rng(0)
    predicted, truth = rng.normal(size=(2, 7, 2))
    difference = predicted - truth
    np.testing.assert_allclose(
        snapshot_error(predicted, truth), np.hypot(*difference.T)
    )
    whole = np.sqrt((difference**2).sum())
    np.testing.assert_allclose(model_error(predicted, truth), whole)
    np.testing.assert_allclose(
        particle_error(predicted, truth, n_fields=2), [whole / np.sqrt(2)]
    )


def test_errors_are_not_finite_where_the_forecast_is_not():
    truth = np.ones((1, 3, 2))
    predicted = truth.copy()
    predicted[0, 1, 0] = np.nan
    np.testing.assert_array_equal(
        np.isnan(snapshot_error(predicted, truth)), [[False, True, False]]
    )
    assert np.isnan(model_error(predicted, truth)).all()


@pytest.mark.parametrize("error", [snapshot_error, particle_error, model_error])
def test_what_does_not_fit_is_refused(error):
    truth = np.ones((2, 3, 4))
    with pytest.raises(ValueError, match="the same shape"):
        error(truth[:1], truth)
    with pytest.raises(ValueError, match="the same shape"):
        error(truth[0, 0], truth[0, 0])
    with pytest.raises(ValueError, match="finite"):
        error(truth, np.full_like(truth, np.inf))
    with pytest.raises(ValueError, match="truth must not be zero throughout"):
        error(truth, 0 * truth, relative=True)


@pytest.mark.parametrize("n_fields", [0, 3])
def test_fields_must_divide_the_state(n_fields):
    with pytest.raises(ValueError, match="n_fields must"):
        particle_error(np.ones((3, 4)), np.ones((3, 4)), n_fields)


def test_two_definitions_of_the_particle_error_differ():
    """On a grid of one particle those of section 4.4 are apart by a square root."""
    predicted, truth = np.random.default_rng(0).normal(size=(2, 9, N_FIELDS))
    norms = np.linalg.norm(predicted - truth, axis=0)
    of_grid = particle_error(predicted, truth, N_FIELDS)[0]
    of_sequence = np.sqrt((norms**2).sum())
    assert np.isclose(of_sequence, model_error(predicted, truth))
    assert np.isclose(of_sequence / of_grid, np.sqrt(N_FIELDS))
    # As printed, the root is of a sum without squares: it does not scale as an error.
    printed, doubled = np.sqrt(norms.sum()), np.sqrt((2 * norms).sum())
    assert not np.isclose(doubled, 2 * printed)


def test_errors_of_the_public_code():
    """One field counted twice for both, and a root too many, are no errors of these."""
    predicted, truth = np.random.default_rng(0).normal(size=(2, 9, N_FIELDS * 4))
    norms = np.linalg.norm((predicted - truth).reshape(9, N_FIELDS, 4), axis=0)
    right = particle_error(predicted, truth, N_FIELDS)
    np.testing.assert_allclose(right, np.sqrt((norms[0] ** 2 + norms[1] ** 2) / 2))
    first_twice = np.sqrt((norms[0] ** 2 + norms[0] ** 2) / 2)
    assert np.abs(first_twice / right - 1).max() > 0.1
    whole = model_error(predicted, truth)
    root_too_many = np.sqrt(whole)
    again = np.sqrt(model_error(100 * predicted, 100 * truth))
    assert np.isclose(again, 10 * root_too_many)  # not 100 times
    assert np.isclose(model_error(100 * predicted, 100 * truth), 100 * whole)
