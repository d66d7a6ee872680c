"""A forecast with error bars, as an ensemble makes it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class IntervalForecast:
    """A forecast with error bars.

    Attributes
    ----------
    mean, spread : ndarray, shape (n_traj, n_steps, dim)
        Mean and standard deviation of the members' forecasts, in the data's units.
    lower, upper : ndarray, shape (n_traj, n_steps, dim)
        Ends of the interval of each value.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
