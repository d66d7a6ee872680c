"""Learning the effective dynamics of multiscale systems."""

from msbook import claims, io, metrics, networks, plotting, sampling, systems, training
from msbook.diagnosis import diagnose
from msbook.estimators import EffectivePotential, SlowMap, StochasticFlowMap
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
    "StochasticFlowMap",
    "StormerVerlet",
    "claims",
    "diagnose",
    "io",
    "metrics",
    "networks",
    "plotting",
    "sampling",
    "solve",
    "systems",
    "training",
]
