"""Valid calls of msbook.metrics."""

from __future__ import annotations

import numpy as np

import msbook as ms
from tests.bad_input.rule import Call

random = np.random.default_rng(0)
paths = random.normal(size=(3, 8, 2))
sample = random.normal(size=(10, 2))
# A forecast that is no longer finite has an error that is not: that is its result.
of_a_forecast = ("predicted",)
fields = {"predicted": paths, "truth": paths + 0.5}
two_samples = {"sample": sample, "reference": sample + 0.5}
spring = ms.systems.Langevin(
    ms.systems.Potential(lambda q, p: (q[0],), compiled=False), friction=0.5
)
x = np.array([[0.5, 0.3], [1.0, -2.0]])
fibre = np.stack((2 * x[:, 1], np.ones(2)), axis=-1)
covariance = 1e3 * fibre[:, :, None] * fibre[:, None, :] + np.diag([1.0, 0.1])
jacobian = np.stack((np.ones(2), -2 * x[:, 1]), axis=-1)[:, None, :]
on_fibres = {"slow_map": jacobian, "x": x, "covariance": covariance}

CALLS = {
    "autocorrelation": Call({"trajectories": paths, "n_lags": 3}),
    "choose_lag": Call({"rate": 100.0}),
    "closure_bias": Call({"rate": 100.0, "dt": 0.01}),
    # The rate is infinite, as of every correlation that is not positive.
    "closure_rate": Call({"correlation": -0.2, "dt": 0.05}),
    "fast_directions": Call({"covariance": covariance, "n_fast": 1}),
    "fibre_angle": Call(on_fibres),
    "histogram_distance": Call(two_samples),
    "increment_correlation": Call({"rate": 100.0, "dt": 0.05}),
    "kolmogorov_distance": Call(two_samples),
    "lyapunov_exponents": Call(
        {
            "solver": ms.Solver(spring, dt=0.1),
            "y0": [0.1, 0.0],
            "n_exponents": 2,
            "interval": 0.2,
            "n_intervals": 20,
            "rng": 0,
        }
    ),
    "mean_normalised_absolute_difference": Call(fields, passes_on=of_a_forecast),
    "mean_path": Call({"trajectories": paths}),
    "model_error": Call(fields, passes_on=of_a_forecast),
    "normalised_absolute_difference": Call(fields, passes_on=of_a_forecast),
    "orthogonality_error": Call(on_fibres),
    "particle_error": Call(fields | {"n_fields": 2}, passes_on=of_a_forecast),
    "path_errors": Call({"model_paths": paths, "true_paths": paths + 0.5}),
    "phase_portrait_distance": Call({"a": sample, "b": sample + 0.5}),
    # Where the reference is a wall, or not known, no point counts.
    "potential_error": Call(
        {"predicted": sample[:, 0], "reference": sample[:, 1]}, passes_on=("reference",)
    ),
    "power_spectrum": Call({"trajectories": paths, "dt": 0.1, "n_window": 4}),
    "principal_angles": Call({"a": [[1.0], [0.5]], "b": [[1.0], [1.0]]}),
    "relative_wasserstein": Call(two_samples),
    "self_similar_error": Call(
        {
            "sample": sample,
            "distance": ms.metrics.wasserstein_distance,
            "n_resamples": 3,
            "rng": 0,
        }
    ),
    "shuffled_std": Call({"trajectories": paths}),
    "snapshot_error": Call(fields, passes_on=of_a_forecast),
    "spatial_spectrum": Call({"states": paths.reshape(6, 8), "length": 2.0}),
    "statistical_floor": Call({"relaxation_rate": 1.0, "t_observed": 400.0}),
    "valid_prediction_time": Call(fields | {"dt": 0.5}, passes_on=of_a_forecast),
    "wasserstein_distance": Call(two_samples),
}

REASONS = {
    "Estimate": "a result, made by the metrics",
    "PathErrors": "a result, made by path_errors",
}
