"""A forecast with error bars, as an ensemble makes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class IntervalForecast:
    """A forecast with error bars.

    Attributes
    ----------
    mean, spread : ndarray, shape (n_traj, n_steps, ...)
        Mean and standard deviation of the members' forecasts, in the data's units.
    lower, upper : ndarray, shape (n_traj, n_steps, ...)
        Ends of the interval of each value.
    """

    mean: NDArray[np.float64]
    spread: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def interval_of(
    forecasts: NDArray[np.float64],
    factors: NDArray[np.float64] | float,
    widths: Callable[[NDArray[np.float64]], NDArray[np.float64]],
) -> IntervalForecast:
    """Intervals of forecasts ``(n_members, n_traj, n_steps, *state)``.

    The factors, a row a step, stretch the widths of spreads ``(n_traj, n_steps, dim)``.
    """
    mean, spread = forecasts.mean(axis=0), forecasts.std(axis=0, ddof=1)
    half = factors * widths(spread.reshape(*spread.shape[:2], -1))
    half = half.reshape(spread.shape)
    return IntervalForecast(mean, spread, mean - half, mean + half)
