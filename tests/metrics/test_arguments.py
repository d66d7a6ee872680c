"""Every metric, given what is no number: a right result, or an error that names it."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from msbook import metrics

RNG = np.random.default_rng(0)
PATHS = RNG.normal(size=(6, 40, 2))
FIELDS = RNG.normal(size=(2, 10, 4))
X = RNG.normal(size=(30, 2))
COVARIANCE = np.tile(np.diag([1.0, 100.0]), (30, 1, 1))
JACOBIAN = np.tile([[1.0, 0.1]], (30, 1, 1))


class Turn:
    """A solver of a spring, exact."""

    dt = 0.1

    def advance(self, y, t, n_steps):
        c, s = np.cos(self.dt * n_steps), np.sin(self.dt * n_steps)
        return y @ np.array([[c, -s], [s, c]])


def exponents(start):
    return metrics.lyapunov_exponents(Turn(), start, interval=0.1, n_intervals=10)


# A metric as a function of one array, and a valid one; predictions may be infinite.
METRICS = {
    "power_spectrum": (partial(metrics.power_spectrum, dt=0.1), PATHS),
    "spatial_spectrum": (partial(metrics.spatial_spectrum, length=1.0), X),
    "lyapunov_exponents": (exponents, X[:1]),
    "closure_bias": (partial(metrics.closure_bias, dt=0.1), np.ones(3)),
    "closure_bias dt": (partial(metrics.closure_bias, 2.0), np.ones(3)),
    "increment_correlation": (partial(metrics.increment_correlation, 2.0), np.ones(3)),
    "shuffled_std": (metrics.shuffled_std, PATHS),
    "statistical_floor": (partial(metrics.statistical_floor, 1.0), np.ones(3)),
    "kolmogorov_distance": (partial(metrics.kolmogorov_distance, reference=X), X),
    "kolmogorov_distance of": (partial(metrics.kolmogorov_distance, X), X),
    "wasserstein_distance": (partial(metrics.wasserstein_distance, reference=X), X),
    "histogram_distance": (partial(metrics.histogram_distance, reference=X), X),
    "relative_wasserstein": (partial(metrics.relative_wasserstein, reference=X), X),
    "relative_wasserstein of": (partial(metrics.relative_wasserstein, X), X),
    "self_similar_error": (
        partial(metrics.self_similar_error, distance=metrics.wasserstein_distance),
        X,
    ),
    "mean_path": (metrics.mean_path, PATHS),
    "autocorrelation": (partial(metrics.autocorrelation, n_lags=5), PATHS),
    "phase_portrait_distance": (partial(metrics.phase_portrait_distance, X), X),
    "path_errors": (lambda y: metrics.path_errors(y, PATHS).std, PATHS),
    "path_errors of": (lambda y: metrics.path_errors(PATHS, y).std, PATHS),
    "potential_error": (partial(metrics.potential_error, X), X),
    "potential_error of": (lambda y: metrics.potential_error(y, X), X),
    "fast_directions": (partial(metrics.fast_directions, n_fast=1), COVARIANCE),
    "principal_angles": (partial(metrics.principal_angles, X[:, :1]), X[:, 1:]),
    "fibre_angle": (lambda j: metrics.fibre_angle(j, X, COVARIANCE), JACOBIAN),
    "fibre_angle at": (lambda x: metrics.fibre_angle(JACOBIAN, x, COVARIANCE), X),
    "orthogonality_error": (
        lambda c: metrics.orthogonality_error(JACOBIAN, X, c),
        COVARIANCE,
    ),
    "normalised_absolute_difference": (
        partial(metrics.normalised_absolute_difference, FIELDS),
        FIELDS,
    ),
    "valid_prediction_time": (
        lambda y: metrics.valid_prediction_time(FIELDS, y, dt=0.1),
        FIELDS,
    ),
    "snapshot_error": (partial(metrics.snapshot_error, FIELDS, relative=True), FIELDS),
    "particle_error": (partial(metrics.particle_error, FIELDS, relative=True), FIELDS),
    "model_error": (partial(metrics.model_error, FIELDS, relative=True), FIELDS),
}
FORECASTS = {
    "normalised_absolute_difference": metrics.normalised_absolute_difference,
    "mean_normalised_absolute_difference": metrics.mean_normalised_absolute_difference,
    "snapshot_error": metrics.snapshot_error,
    "particle_error": metrics.particle_error,
    "model_error": metrics.model_error,
}


def numbers(found):
    """All numbers of a result but the standard errors of one trajectory."""
    parts = found if isinstance(found, tuple) else (found,)
    return np.concatenate([np.ravel(part).astype(float) for part in parts])


def outcome(metric, values):
    """What a metric returns, or its error."""
    try:
        return metric(values)
    except ValueError as error:
        return error


@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308, -1e308, 1j, None])
@pytest.mark.parametrize("name", METRICS)
def test_no_number_gives_no_silent_nan(name, bad):
    metric, valid = METRICS[name]
    assert not np.isnan(numbers(metric(valid))).any()
    values = valid.astype(float if isinstance(bad, float) else object)
    values.flat[0] = bad
    with np.errstate(invalid="raise"):
        found = outcome(metric, values)
    if isinstance(found, ValueError):
        assert type(found) is ValueError
        assert "must" in str(found) or "not finite" in str(found)
        return
    # A rate may be infinite, and a potential unknown where the density is not.
    assert bad in (np.inf, 1e308) or name == "potential_error"
    assert not np.isnan(numbers(found)).any()


@pytest.mark.parametrize("name", METRICS)
def test_nothing_gives_no_result(name):
    metric, valid = METRICS[name]
    with pytest.raises(ValueError, match=r"must|needs|two or more"):
        metric(valid[:0])


@pytest.mark.parametrize("name", FORECASTS)
def test_a_forecast_that_is_lost_has_no_finite_error(name):
    forecast = FIELDS.copy()
    forecast[0, 0, 0] = 1e308
    error = FORECASTS[name](forecast, FIELDS)
    assert not np.isnan(error).any()
    assert np.isinf(error).any() or error.max() > 1e300


def test_correlations_of_short_lags_keep_their_digits():
    rates = np.array([1e-300, 1e-12, 1e-6, 1e-4])
    np.testing.assert_allclose(
        metrics.increment_correlation(rates, 1.0), 1 - 2 / 3 * rates, rtol=1e-7
    )
    assert metrics.closure_bias(1e-200, 1e-200) == -1.0
