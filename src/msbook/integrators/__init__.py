"""Integrators: how a system moves. :func:`solve` is the one loop."""

from msbook.integrators.one_step import EulerMaruyama, ExponentialEuler
from msbook.integrators.solving import IntegrationError, Solution, Solver, solve

__all__ = [
    "EulerMaruyama",
    "ExponentialEuler",
    "IntegrationError",
    "Solution",
    "Solver",
    "solve",
]
