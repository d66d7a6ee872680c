"""How good it is: errors of what was learnt, distances of laws and of dynamics."""

from msbook.metrics.chaos import (
    lyapunov_exponents,
    power_spectrum,
    spatial_spectrum,
)
from msbook.metrics.closure import (
    choose_lag,
    closure_bias,
    closure_rate,
    increment_correlation,
    shuffled_std,
    statistical_floor,
)
from msbook.metrics.distributions import (
    histogram_distance,
    kolmogorov_distance,
    self_similar_error,
    wasserstein_distance,
)
from msbook.metrics.dynamics import (
    Estimate,
    autocorrelation,
    mean_path,
    phase_portrait_distance,
)
from msbook.metrics.fields import (
    mean_normalised_absolute_difference,
    normalised_absolute_difference,
    potential_error,
    valid_prediction_time,
)
from msbook.metrics.forecasts import model_error, particle_error, snapshot_error
from msbook.metrics.geometry import (
    fast_directions,
    fibre_angle,
    orthogonality_error,
    principal_angles,
)
from msbook.metrics.paths import PathErrors, path_errors, relative_wasserstein

__all__ = [
    "Estimate",
    "PathErrors",
    "autocorrelation",
    "choose_lag",
    "closure_bias",
    "closure_rate",
    "fast_directions",
    "fibre_angle",
    "histogram_distance",
    "increment_correlation",
    "kolmogorov_distance",
    "lyapunov_exponents",
    "mean_normalised_absolute_difference",
    "mean_path",
    "model_error",
    "normalised_absolute_difference",
    "orthogonality_error",
    "particle_error",
    "path_errors",
    "phase_portrait_distance",
    "potential_error",
    "power_spectrum",
    "principal_angles",
    "relative_wasserstein",
    "self_similar_error",
    "shuffled_std",
    "snapshot_error",
    "spatial_spectrum",
    "statistical_floor",
    "valid_prediction_time",
    "wasserstein_distance",
]
