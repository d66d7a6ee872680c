"""How good it is: errors of what was learnt, distances of laws and of dynamics."""

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

__all__ = [
    "Estimate",
    "autocorrelation",
    "fast_directions",
    "fibre_angle",
    "kolmogorov_distance",
    "mean_path",
    "orthogonality_error",
    "phase_portrait_distance",
    "potential_error",
    "principal_angles",
]
