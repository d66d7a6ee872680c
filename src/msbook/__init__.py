"""Learning the effective dynamics of multiscale systems."""

from msbook import claims, io, metrics, networks, plotting, sampling, systems, training
from msbook.diagnosis import diagnose
from msbook.estimators import (
    LED,
    EffectivePotential,
    LEDEnsemble,
    SlowMap,
    StochasticFlowMap,
)
from msbook.integrators import (
    ETDRK4,
    EulerMaruyama,
    ExponentialEuler,
    Gillespie,
    IntegrationError,
    LatticeBoltzmannD1Q3,
    Solution,
    Solver,
    StormerVerlet,
    solve,
)
from msbook.systems import SDE

__all__ = [
    "ETDRK4",
    "LED",
    "SDE",
    "EffectivePotential",
    "EulerMaruyama",
    "ExponentialEuler",
    "Gillespie",
    "IntegrationError",
    "LEDEnsemble",
    "LatticeBoltzmannD1Q3",
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
