"""How good it is: errors of slow maps, and distances between laws."""

from msbook.metrics.distributions import kolmogorov_distance
from msbook.metrics.geometry import (
    fast_directions,
    fibre_angle,
    orthogonality_error,
    principal_angles,
)

__all__ = [
    "fast_directions",
    "fibre_angle",
    "kolmogorov_distance",
    "orthogonality_error",
    "principal_angles",
]
