"""Learning the effective dynamics of multiscale systems."""

from msbook import claims, io, metrics, networks, plotting, sampling, systems, training
from msbook.estimators import EffectivePotential, SlowMap
from msbook.integrators import (
    EulerMaruyama,
    ExponentialEuler,
    Gillespie,
    IntegrationError,
    Solution,
    Solver,
    StormerVerlet,
    solve,
)
from msbook.systems import SDE

__all__ = [
    "SDE",
    "EffectivePotential",
    "EulerMaruyama",
    "ExponentialEuler",
    "Gillespie",
    "IntegrationError",
    "SlowMap",
    "Solution",
    "Solver",
    "StormerVerlet",
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
