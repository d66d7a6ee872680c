"""Integrators: how a system moves. :func:`solve` is the one loop."""

from msbook.integrators.etdrk4 import ETDRK4
from msbook.integrators.gillespie import Gillespie
from msbook.integrators.lattice_boltzmann import LatticeBoltzmannD1Q3
from msbook.integrators.one_step import EulerMaruyama, ExponentialEuler
from msbook.integrators.solution import IntegrationError, Solution
from msbook.integrators.solver import Solver
from msbook.integrators.solving import solve
from msbook.integrators.stormer_verlet import StormerVerlet

__all__ = [
    "ETDRK4",
    "EulerMaruyama",
    "ExponentialEuler",
    "Gillespie",
    "IntegrationError",
    "LatticeBoltzmannD1Q3",
    "Solution",
    "Solver",
    "StormerVerlet",
    "solve",
]
