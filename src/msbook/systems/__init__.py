"""Systems: what is simulated."""

from msbook.systems.advection_diffusion import AdvectionDiffusion
from msbook.systems.averaged_systems import (
    exponential_mean,
    periodic_drift,
    skew_product,
)
from msbook.systems.chaotic_driver import lorenz_driven
from msbook.systems.excitable_grid import ExcitableGrid
from msbook.systems.fitzhugh_nagumo import FitzHughNagumo
from msbook.systems.gradients import as_potential
from msbook.systems.half_moons import HalfMoons
from msbook.systems.homogenised_systems import (
    noise_induced_drift,
    slow_ornstein_uhlenbeck,
    triad,
)
from msbook.systems.kuramoto_sivashinsky import KuramotoSivashinsky
from msbook.systems.landscapes import (
    anisotropic_quadratic,
    double_well_ripples,
    mixed_scales,
    quadratic_ripples,
    quadratic_well,
    ripple,
)
from msbook.systems.langevin import Langevin
from msbook.systems.multiscale import Multiscale
from msbook.systems.noisy_oscillators import (
    square_forced_oscillator,
    stuart_landau,
)
from msbook.systems.non_markov_systems import (
    delayed_ornstein_uhlenbeck,
    drifting_ornstein_uhlenbeck,
    forced_ornstein_uhlenbeck,
)
from msbook.systems.ode import ODE
from msbook.systems.oscillators import excitable_cell, van_der_pol
from msbook.systems.periodic import PeriodicSlowFast
from msbook.systems.periodic_pde import PeriodicPDE
from msbook.systems.potentials import Potential
from msbook.systems.quadratic import QuadraticSlowFast
from msbook.systems.reaction_diffusion import ReactionDiffusion
from msbook.systems.reactions import ReactionNetwork, dimerisation
from msbook.systems.ring_of_wells import ring_of_wells
from msbook.systems.sde import SDE
from msbook.systems.slow_fast import SlowFast
from msbook.systems.spline_potentials import spline_potential
from msbook.systems.three_wells import mueller_brown
from msbook.systems.tilted_half_moons import TiltedHalfMoons

__all__ = [
    "ODE",
    "SDE",
    "AdvectionDiffusion",
    "ExcitableGrid",
    "FitzHughNagumo",
    "HalfMoons",
    "KuramotoSivashinsky",
    "Langevin",
    "Multiscale",
    "PeriodicPDE",
    "PeriodicSlowFast",
    "Potential",
    "QuadraticSlowFast",
    "ReactionDiffusion",
    "ReactionNetwork",
    "SlowFast",
    "TiltedHalfMoons",
    "anisotropic_quadratic",
    "as_potential",
    "delayed_ornstein_uhlenbeck",
    "dimerisation",
    "double_well_ripples",
    "drifting_ornstein_uhlenbeck",
    "excitable_cell",
    "exponential_mean",
    "forced_ornstein_uhlenbeck",
    "lorenz_driven",
    "mixed_scales",
    "mueller_brown",
    "noise_induced_drift",
    "periodic_drift",
    "quadratic_ripples",
    "quadratic_well",
    "ring_of_wells",
    "ripple",
    "skew_product",
    "slow_ornstein_uhlenbeck",
    "spline_potential",
    "square_forced_oscillator",
    "stuart_landau",
    "triad",
    "van_der_pol",
]
