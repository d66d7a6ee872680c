"""Systems: what is simulated."""

from msbook.equations.gradients import as_potential
from msbook.equations.langevin import Langevin
from msbook.equations.ode import ODE
from msbook.equations.periodic_pde import PeriodicPDE
from msbook.equations.potential import Potential
from msbook.equations.reaction_diffusion import ReactionDiffusion
from msbook.equations.reactions import ReactionNetwork, dimerisation
from msbook.equations.sde import SDE
from msbook.systems.fields.fitzhugh_nagumo import FitzHughNagumo
from msbook.systems.fields.kuramoto_sivashinsky import KuramotoSivashinsky
from msbook.systems.multiscale.averaged import (
    exponential_mean,
    periodic_drift,
    skew_product,
)
from msbook.systems.multiscale.base import Multiscale
from msbook.systems.multiscale.chaotic_driver import lorenz_driven
from msbook.systems.multiscale.homogenised import (
    noise_induced_drift,
    slow_ornstein_uhlenbeck,
    triad,
)
from msbook.systems.multiscale.non_markov import (
    delayed_ornstein_uhlenbeck,
    drifting_ornstein_uhlenbeck,
    forced_ornstein_uhlenbeck,
)
from msbook.systems.multiscale.ring_of_wells import ring_of_wells
from msbook.systems.oscillators.deterministic import excitable_cell, van_der_pol
from msbook.systems.oscillators.excitable_grid import ExcitableGrid
from msbook.systems.oscillators.noisy import (
    square_forced_oscillator,
    stuart_landau,
)
from msbook.systems.potentials.energies import gradient_of_energy
from msbook.systems.potentials.landscapes import (
    anisotropic_quadratic,
    double_well_ripples,
    mixed_scales,
    quadratic_ripples,
    quadratic_well,
    ripple,
)
from msbook.systems.potentials.spline_potentials import spline_potential
from msbook.systems.potentials.three_wells import mueller_brown
from msbook.systems.slow_fast.advection_diffusion import AdvectionDiffusion
from msbook.systems.slow_fast.base import SlowFast
from msbook.systems.slow_fast.half_moons import HalfMoons
from msbook.systems.slow_fast.periodic import PeriodicSlowFast
from msbook.systems.slow_fast.quadratic import QuadraticSlowFast
from msbook.systems.slow_fast.tilted_half_moons import TiltedHalfMoons

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
    "gradient_of_energy",
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
