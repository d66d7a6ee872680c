"""How good it is: errors of what was learnt, distances of laws and of dynamics."""

from msbook.metrics.closure import (
    choose_lag,
    closure_bias,
    closure_rate,
    increment_correlation,
    shuffled_std,
    statistical_floor,
)
from msbook.metrics.distributions import kolmogorov_distance
from msbook.metrics.dynamics import (
    Estimate,
    autocorrelation,
    mean_path,
    phase_portrait_distance,
)
from msbook.metrics.fields import potential_error
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
    "increment_correlation",
    "kolmogorov_distance",
    "mean_path",
    "orthogonality_error",
    "path_errors",
    "phase_portrait_distance",
    "potential_error",
    "principal_angles",
    "relative_wasserstein",
    "shuffled_std",
    "statistical_floor",
]
