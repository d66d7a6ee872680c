"""Exponential time differencing of fourth order, whatever the modes are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_CONTOUR_POINTS = 32


class Coefficients(NamedTuple):
    """Coefficients of a step, each of the shape of the symbol; real if it is."""

    whole: NDArray[Any]
    half: NDArray[Any]
    stage: NDArray[Any]
    first: NDArray[Any]
    middle: NDArray[Any]
    last: NDArray[Any]


def coefficients_of(symbol: NDArray[Any], dt: float) -> Coefficients:
    r"""Coefficients :math:`e^{\ell h}, e^{\ell h/2}, q, f_1, f_2, f_3` of a step.

    They are averaged over a circle about :math:`\ell h`, for digits cancel where it is
    small; the real part is kept for a real symbol only.

    Parameters
    ----------
    symbol : ndarray
        :math:`\ell`, one value a mode.
    dt : float
        :math:`h`.

    Returns
    -------
    Coefficients

    References
    ----------
    Kassam & Trefethen (2005), Fourth-order time-stepping for stiff PDEs.
    """
    symbol = dt * symbol
    circle = np.exp(2j * np.pi * (np.arange(_CONTOUR_POINTS) + 0.5) / _CONTOUR_POINTS)
    z = symbol[..., None] + circle
    power = np.exp(z)

    def average(values: NDArray[Any]) -> NDArray[Any]:
        mean = dt * values.mean(axis=-1)
        return mean if np.iscomplexobj(symbol) else mean.real

    return Coefficients(
        whole=np.exp(symbol),
        half=np.exp(0.5 * symbol),
        stage=average((np.exp(0.5 * z) - 1) / z),
        first=average((-4 - z + power * (4 - 3 * z + z**2)) / z**3),
        middle=average((2 + z + power * (z - 2)) / z**3),
        last=average((-4 - 3 * z - z**2 + power * (4 - z)) / z**3),
    )


def exponential_step(
    coefficients: Coefficients,
    slope: Callable[[NDArray[Any]], NDArray[Any]],
    u: NDArray[Any],
) -> NDArray[Any]:
    """Modes after a step; ``slope`` is what is not linear, at modes."""
    whole, half, stage, first, middle, last = coefficients
    slope_u = slope(u)
    a = half * u + stage * slope_u
    slope_a = slope(a)
    slope_b = slope(half * u + stage * slope_a)
    slope_c = slope(half * a + stage * (2 * slope_b - slope_u))
    return (
        whole * u + first * slope_u + 2 * middle * (slope_a + slope_b) + last * slope_c
    )
