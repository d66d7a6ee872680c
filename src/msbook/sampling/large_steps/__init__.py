"""Large steps of a walker in a rough landscape, which turn small scales into noise.

Imports systems, integrators, and the rest of ``msbook.sampling``.
"""

from msbook.sampling.large_steps.result import LargeSteps
from msbook.sampling.large_steps.sampler import large_steps
from msbook.sampling.large_steps.scales import Scales, find_scales

__all__ = ["LargeSteps", "Scales", "find_scales", "large_steps"]
