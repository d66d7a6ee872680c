"""Systems: what is simulated."""

from msbook.systems.gradients import as_potential
from msbook.systems.half_moons import HalfMoons
from msbook.systems.landscapes import (
    anisotropic_quadratic,
    double_well_ripples,
    mixed_scales,
    quadratic_ripples,
    quadratic_well,
    ripple,
)
from msbook.systems.langevin import Langevin
from msbook.systems.periodic import PeriodicSlowFast
from msbook.systems.potentials import Potential
from msbook.systems.quadratic import QuadraticSlowFast
from msbook.systems.reactions import ReactionNetwork, dimerisation
from msbook.systems.sde import SDE
from msbook.systems.slow_fast import SlowFast
from msbook.systems.spline_potentials import spline_potential
from msbook.systems.three_wells import mueller_brown
from msbook.systems.tilted_half_moons import TiltedHalfMoons

__all__ = [
    "SDE",
    "HalfMoons",
    "Langevin",
    "PeriodicSlowFast",
    "Potential",
    "QuadraticSlowFast",
    "ReactionNetwork",
    "SlowFast",
    "TiltedHalfMoons",
    "anisotropic_quadratic",
    "as_potential",
    "dimerisation",
    "double_well_ripples",
    "mixed_scales",
    "mueller_brown",
    "quadratic_ripples",
    "quadratic_well",
    "ripple",
    "spline_potential",
]
