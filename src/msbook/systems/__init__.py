"""Systems: what is simulated."""

from msbook.systems.half_moons import HalfMoons
from msbook.systems.periodic import PeriodicSlowFast
from msbook.systems.quadratic import QuadraticSlowFast
from msbook.systems.reactions import ReactionNetwork, dimerisation
from msbook.systems.sde import SDE
from msbook.systems.slow_fast import SlowFast
from msbook.systems.tilted_half_moons import TiltedHalfMoons

__all__ = [
    "SDE",
    "HalfMoons",
    "PeriodicSlowFast",
    "QuadraticSlowFast",
    "ReactionNetwork",
    "SlowFast",
    "TiltedHalfMoons",
    "dimerisation",
]
