"""Learning the effective dynamics of multiscale systems."""

from msbook import claims, io, metrics, networks, plotting, sampling, systems, training
from msbook.estimators import SlowMap
from msbook.integrators import (
    EulerMaruyama,
    ExponentialEuler,
    Gillespie,
    IntegrationError,
    Solution,
    Solver,
    solve,
)
from msbook.systems import SDE

__all__ = [
    "SDE",
    "EulerMaruyama",
    "ExponentialEuler",
    "Gillespie",
    "IntegrationError",
    "SlowMap",
    "Solution",
    "Solver",
    "claims",
    "io",
    "metrics",
    "networks",
    "plotting",
    "sampling",
    "solve",
    "systems",
    "training",
]
