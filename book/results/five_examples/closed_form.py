"""What an effective equation does in one lag, and how far a map is from it."""

import numpy as np
from numpy.typing import NDArray

import msbook as ms


def lag_moments(sde: ms.SDE, x: NDArray, dt: float) -> tuple[NDArray, NDArray]:
    """Mean and covariance of the increment of an SDE over a lag, from its moments.

    Their equations are closed by points that have the moments of a normal law; for
    linear equations this is exact.
    """
    n_steps, dim = 20, sde.dim
    h = dt / n_steps
    weights = np.array([*[1 / 6] * (2 * dim), 1 - dim / 3])

    def slopes(mean, covariance):
        values, vectors = np.linalg.eigh(covariance)
        root = vectors * np.sqrt(np.maximum(3 * values, 0))[:, None, :]
        off = np.concatenate((root, -root, 0 * root[..., :1]), axis=2).swapaxes(1, 2)
        points = mean[:, None] + off
        drift = sde.drift(0.0, points)
        cross = np.einsum("k,nki,nkj->nij", weights, off, drift)
        noise = np.einsum("k,nkij->nij", weights, sde.covariance(points))
        return weights @ drift, cross + cross.swapaxes(1, 2) + noise

    mean, covariance = x.copy(), np.zeros((len(x), dim, dim))
    for _ in range(n_steps):
        a, b = slopes(mean, covariance)
        a, b = slopes(mean + h / 2 * a, covariance + h / 2 * b)
        mean, covariance = mean + h * a, covariance + h * b
    return mean - x, covariance


def roots(covariance: NDArray) -> NDArray:
    """Symmetric roots of covariances."""
    values, vectors = np.linalg.eigh(covariance)
    scaled = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    return scaled @ vectors.swapaxes(1, 2)


def relative(learned: NDArray, true: NDArray) -> float:
    """Root mean square of a difference over that of the truth."""
    return float(np.sqrt(np.mean((learned - true) ** 2) / np.mean(true**2)))


def linear_rival(x, y, dt: float, points) -> tuple[NDArray, NDArray]:
    """Drift and diffusion, fitted as a linear function and a constant."""
    ones = np.ones((len(x), 1))
    found = np.linalg.lstsq(np.hstack([ones, x]), y - x)[0]
    rest = y - x - np.hstack([ones, x]) @ found
    drift = np.hstack([np.ones((len(points), 1)), points]) @ found / dt
    covariance = np.atleast_2d(np.cov(rest.T)) / dt
    return drift, np.repeat(roots(covariance[None]), len(points), axis=0)
