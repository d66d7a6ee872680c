"""What a linear regression on the condition leaves of increments, made white."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

_CERTAIN = 1e-12  # share of a variance that is rounding
_ROUNDING = 1e-15  # of an increment, in units of its deviation
_FEWEST = 3  # samples a coefficient, without which a regression says little


class LinearResidual(NamedTuple):
    r"""Scaled increments as :math:`B^\top c + L z`, with white :math:`z`."""

    slopes: NDArray[np.float64]
    """:math:`B`, shape (n_condition, dim)."""
    mixing: NDArray[np.float64]
    """:math:`L`, shape (dim, n_noisy), lower trapezoidal."""


def linear_residual(condition: NDArray, increments: NDArray) -> LinearResidual:
    """Least squares, and the Cholesky factor of the residuals' covariance.

    A component whose residual is a combination of those before it, or nothing, gets no
    column of its own.

    Parameters
    ----------
    condition : ndarray, shape (n, n_condition)
    increments : ndarray, shape (n, dim)
        Both scaled, with mean zero.
    """
    n, n_condition = condition.shape
    slopes = np.zeros((n_condition, increments.shape[1]))
    if n >= _FEWEST * n_condition:
        slopes = np.linalg.lstsq(condition, increments)[0]
    rest = increments - condition @ slopes
    mixing = _trapezoid(rest.T @ rest / n)
    if not mixing.shape[1]:  # a network needs a component: the first one's rounding
        mixing = np.zeros((len(mixing), 1))
        mixing[0] = max(rest[:, 0].std(), _ROUNDING)
    return LinearResidual(slopes, mixing)


def no_residual(condition: NDArray, increments: NDArray) -> LinearResidual:
    """The increments as they are."""
    dim = increments.shape[1]
    slopes = np.zeros((condition.shape[1], dim))
    return LinearResidual(slopes, np.eye(dim))


def noisy_rows(mixing: NDArray) -> NDArray[np.int_]:
    """Components with a column of their own, in which they are the first."""
    return np.argmax(mixing != 0, axis=0)


def unmixed(rest: NDArray, mixing: NDArray) -> NDArray[np.float64]:
    """The white ``z`` of residuals (n, dim)."""
    noisy = noisy_rows(mixing)
    return solve_triangular(mixing[noisy], rest[:, noisy].T, lower=True).T


def _trapezoid(covariance: NDArray) -> NDArray[np.float64]:
    """Cholesky factor without the columns of components that are certain."""
    dim = len(covariance)
    factor = np.zeros((dim, dim))
    noisy: list[int] = []
    for i in range(dim):
        k = len(noisy)
        row = solve_triangular(factor[noisy, :k], covariance[noisy, i], lower=True)
        factor[i, :k] = row
        left = covariance[i, i] - row @ row
        if left > _CERTAIN:
            factor[i, k] = np.sqrt(left)
            noisy.append(i)
    return factor[:, : len(noisy)]
