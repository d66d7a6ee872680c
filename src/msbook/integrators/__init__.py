"""Integrators: how a system moves. :func:`solve` is the one loop."""

from msbook.integrators.gillespie import Gillespie
from msbook.integrators.one_step import EulerMaruyama, ExponentialEuler
from msbook.integrators.solution import IntegrationError, Solution
from msbook.integrators.solving import Solver, solve
from msbook.integrators.stormer_verlet import StormerVerlet

__all__ = [
    "EulerMaruyama",
    "ExponentialEuler",
    "Gillespie",
    "IntegrationError",
    "Solution",
    "Solver",
    "StormerVerlet",
    "solve",
]
