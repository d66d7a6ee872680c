"""From a simulator to training data: bursts, projections, covariances, pairs.

Pairs are cut from trajectories. All else here needs only the ability to start short
simulations at chosen points. A *burst simulator* is a callable
``simulate(starts, duration, rng)`` that takes ``starts`` of shape ``(n, dim)`` and
returns the end points, of the same shape; a system of :mod:`msbook.systems` is turned
into one.
"""

from msbook.sampling.burst_lengths import choose_tau
from msbook.sampling.bursts import burst_simulator, bursts
from msbook.sampling.circles import Circle, find_circle
from msbook.sampling.covariances import local_covariance, slow_dimension
from msbook.sampling.gradient_descent import gradient_descent
from msbook.sampling.large_steps.result import LargeSteps
from msbook.sampling.large_steps.sampler import large_steps
from msbook.sampling.large_steps.scales import Scales, find_scales
from msbook.sampling.pairs import pairs
from msbook.sampling.path_projections import project_path
from msbook.sampling.projections import project
from msbook.sampling.slow_fast_data import SlowFastData

__all__ = [
    "Circle",
    "LargeSteps",
    "Scales",
    "SlowFastData",
    "burst_simulator",
    "bursts",
    "choose_tau",
    "find_circle",
    "find_scales",
    "gradient_descent",
    "large_steps",
    "local_covariance",
    "pairs",
    "project",
    "project_path",
    "slow_dimension",
]
