"""Integrators: how a system moves. :func:`solve` is the one loop."""

from msbook.integrators.jump.gillespie import Gillespie
from msbook.integrators.ode.adams_bashforth import AdamsBashforth
from msbook.integrators.ode.collocation import (
    GAUSS2,
    GAUSS3,
    IMPLICIT_MIDPOINT,
    LOBATTO3,
    RADAU2,
    RADAU3,
    collocation,
    gauss,
    lobatto,
    radau,
)
from msbook.integrators.ode.runge_kutta import EULER, HEUN, RALSTON, RK4, RungeKutta
from msbook.integrators.ode.tableau import Tableau
from msbook.integrators.ode.theta import Theta
from msbook.integrators.pde.cosine_etdrk4 import CosineETDRK4
from msbook.integrators.pde.etdrk4 import ETDRK4
from msbook.integrators.pde.lattice_boltzmann import LatticeBoltzmannD1Q3
from msbook.integrators.sde.milstein import Milstein
from msbook.integrators.sde.one_step import EulerMaruyama, ExponentialEuler
from msbook.integrators.sde.stormer_verlet import StormerVerlet
from msbook.integrators.sde.stratonovich_heun import StratonovichHeun
from msbook.integrators.solution import IntegrationError, Solution
from msbook.integrators.solver import Solver
from msbook.integrators.solving import solve

__all__ = [
    "ETDRK4",
    "EULER",
    "GAUSS2",
    "GAUSS3",
    "HEUN",
    "IMPLICIT_MIDPOINT",
    "LOBATTO3",
    "RADAU2",
    "RADAU3",
    "RALSTON",
    "RK4",
    "AdamsBashforth",
    "CosineETDRK4",
    "EulerMaruyama",
    "ExponentialEuler",
    "Gillespie",
    "IntegrationError",
    "LatticeBoltzmannD1Q3",
    "Milstein",
    "RungeKutta",
    "Solution",
    "Solver",
    "StormerVerlet",
    "StratonovichHeun",
    "Tableau",
    "Theta",
    "collocation",
    "gauss",
    "lobatto",
    "radau",
    "solve",
]
