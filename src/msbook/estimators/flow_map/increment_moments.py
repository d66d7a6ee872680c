"""Mean and covariance of the increments that a generator makes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm, qmc

_N_POINTS = 512
_N_POINTS_HIGH = 8192  # where more than four normal numbers are integrated over


def increment_moments(
    moved: Callable[[NDArray, NDArray, NDArray], NDArray],
    noise_dim: int,
    dim: int,
    states: NDArray[np.float64],
    known: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Moments of increments over fixed, evenly spread points of the noise.

    Parameters
    ----------
    moved : callable
        Next states (n, dim) from noise (n, noise_dim), states and contexts.
    noise_dim, dim : int
        Normal numbers that a step takes, and components of a state.
    states, known : ndarray, shapes (n, n_features) and (n, n_context)
        States, the present components first, and contexts.

    Returns
    -------
    mean : ndarray, shape (n, dim)
    covariance : ndarray, shape (n, dim, dim)
    """
    noise = _even_normals(noise_dim)
    n = len(noise)
    means = np.empty((len(states), dim))
    covariances = np.empty((len(states), dim, dim))
    for i, (x, c) in enumerate(zip(states, known, strict=True)):
        moves = moved(noise, np.tile(x, (n, 1)), np.tile(c, (n, 1))) - x[:dim]
        means[i] = moves.mean(axis=0)
        covariances[i] = np.cov(moves.T, bias=True)
    return means, covariances


def _even_normals(dim: int) -> NDArray:
    """Points (n, dim) of the normal law, with its mean and covariance exactly."""
    n_points = _N_POINTS if dim <= 4 else _N_POINTS_HIGH
    points = norm.ppf(qmc.Sobol(dim, rng=0).random(n_points // 2))
    points = np.concatenate((points, -points))
    root = np.linalg.cholesky(points.T @ points / len(points))
    return np.linalg.solve(root, points.T).T
