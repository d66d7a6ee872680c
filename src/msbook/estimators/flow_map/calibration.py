"""Whether forecast laws are right: the probability integral transform."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import uniform

from msbook.metrics import kolmogorov_distance

_N_DRAWS = 99
_TIES_SEED = 7_391_284_605


class Calibration(NamedTuple):
    """Where in their forecast laws states lie, component by component."""

    values: NDArray[np.float64]
    """Shares of each law that lie below, shape (n, dim)."""
    distance: NDArray[np.float64]
    """Kolmogorov distance of the values from uniform, shape (dim,); about
    .9 / sqrt(n) by chance."""


def calibrated(draw: Callable[[], NDArray], following: NDArray) -> Calibration:
    r"""Ranks of states among samples of their laws.

    .. math:: u_i = \frac{\#\{k : s_{ik} < y_i\} + V_i}{K + 1}, \qquad V_i \sim U(0, 1)

    with :math:`K = 99` samples, and ties broken at random.

    Parameters
    ----------
    draw : callable
        New samples (n, dim) at each call.
    following : ndarray, shape (n, dim)
        What came.

    References
    ----------
    Gneiting, Balabdaoui & Raftery (2007), Probabilistic forecasts, calibration and
    sharpness.
    """
    below, ties = np.zeros(following.shape), np.ones(following.shape)
    for _ in range(_N_DRAWS):
        drawn = draw()
        below += drawn < following
        ties += drawn == following
    chance = np.random.default_rng(_TIES_SEED).random(following.shape)
    values = (below + chance * ties) / (_N_DRAWS + 1)
    return Calibration(values, kolmogorov_distance(values, uniform.cdf))
