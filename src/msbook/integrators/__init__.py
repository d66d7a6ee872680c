"""Integrators: how a system moves. :func:`solve` is the one loop."""

from msbook.integrators.adams_bashforth import AdamsBashforth
from msbook.integrators.collocation import (
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
from msbook.integrators.cosine_etdrk4 import CosineETDRK4
from msbook.integrators.etdrk4 import ETDRK4
from msbook.integrators.gillespie import Gillespie
from msbook.integrators.lattice_boltzmann import LatticeBoltzmannD1Q3
from msbook.integrators.milstein import Milstein
from msbook.integrators.one_step import EulerMaruyama, ExponentialEuler
from msbook.integrators.runge_kutta import EULER, HEUN, RALSTON, RK4, RungeKutta
from msbook.integrators.solution import IntegrationError, Solution
from msbook.integrators.solver import Solver
from msbook.integrators.solving import solve
from msbook.integrators.stormer_verlet import StormerVerlet
from msbook.integrators.stratonovich_heun import StratonovichHeun
from msbook.integrators.tableau import Tableau
from msbook.integrators.theta import Theta

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
