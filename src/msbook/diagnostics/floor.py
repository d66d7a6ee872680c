"""How well the data can tell a stationary mean, by a linear model of them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_discrete_lyapunov

from msbook.diagnostics.series import Periods
from msbook.metrics import statistical_floor

_NEUTRAL = 1e-5  # a decay in a step that is none


def floor_of_mean(
    x: NDArray[Any], y: NDArray[Any], periods: Periods, time: float, t_observed: float
) -> NDArray[np.float64]:
    r"""Error of each component's mean over its std; on circles of cosine and sine.

    With :math:`x' = A x + \text{noise}` and the covariance :math:`Q` of that noise, the
    sum over :math:`n` steps has the covariance
    :math:`n\,(1 - A)^{-1} Q (1 - A)^{-\top}`. It is NaN where nothing relaxes, where
    there is no noise, and where a component stands still.
    """
    floor = np.full(x.shape[1], np.nan)
    owner, now, then = [], [], []
    for i, period in enumerate(periods or [None] * x.shape[1]):
        if (x[:, i] != y[:, i]).any():
            columns = _on_line(x[:, i], period), _on_line(y[:, i], period)
            owner += [i] * len(columns[0])
            now += columns[0]
            then += columns[1]
    if not owner:
        return floor
    now, then = (np.transpose(part) - np.mean(part, axis=1) for part in (now, then))
    step = np.linalg.lstsq(now, then, rcond=1e-9)[0].T
    if np.abs(np.linalg.eigvals(step)).max() > 1 - _NEUTRAL:
        return floor
    rest = then - now @ step.T
    noise = rest.T @ rest / len(rest)
    resolvent = np.linalg.inv(np.eye(len(step)) - step)
    sums = np.diag(resolvent @ noise @ resolvent.T)
    stationary = np.diag(solve_discrete_lyapunov(step, noise))
    for i, variance, total in zip(owner, stationary, sums, strict=True):
        if variance > 0 and total > 0:
            rate = 2.0 * variance / (time * total)
            floor[i] = np.fmax(floor[i], statistical_floor(rate, t_observed))
    return floor


def _on_line(states: NDArray[Any], period: float | None) -> list[NDArray[Any]]:
    if period is None:
        return [states]
    angle = 2.0 * np.pi * states / period
    return [np.cos(angle), np.sin(angle)]
