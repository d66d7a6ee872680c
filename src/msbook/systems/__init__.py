"""Systems: what is simulated."""

from msbook.systems.sde import SDE
from msbook.systems.slow_fast import (
    HalfMoons,
    PeriodicSlowFast,
    QuadraticSlowFast,
    SlowFast,
)

__all__ = ["SDE", "HalfMoons", "PeriodicSlowFast", "QuadraticSlowFast", "SlowFast"]
