"""Matrices of a mechanical system: friction, mass, noise."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import finite_array


def as_matrix(name: str, value: ArrayLike, dim: int) -> np.ndarray:
    """A number or a matrix as a symmetric matrix without negative eigenvalues.

    Parameters
    ----------
    name : str
        What it is, for the message.
    value : float or array_like, shape (dim, dim)
        A number stands for a multiple of the identity.
    dim : int
        Number of coordinates.

    Returns
    -------
    ndarray, shape (dim, dim)

    Raises
    ------
    ValueError
        If it is none.
    """
    given = finite_array(name, value)
    matrix = given * np.eye(dim) if given.ndim == 0 else given
    if (
        matrix.shape != (dim, dim)
        or not np.isfinite(matrix).all()
        or not np.allclose(matrix, matrix.T, atol=1e-8 * np.abs(matrix).max())
        or np.linalg.eigvalsh(matrix)[0] < -1e-12 * np.abs(matrix).max()
    ):
        raise ValueError(
            f"{name} must be a number that is not negative, or a symmetric matrix of "
            f"shape ({dim}, {dim}) with no negative eigenvalue; got {value!r}."
        )
    return matrix


def as_mass(value: ArrayLike | None, dim: int) -> np.ndarray:
    """A mass as a symmetric positive definite matrix; the identity for ``None``."""
    matrix = as_matrix("mass", 1.0 if value is None else value, dim)
    if not np.linalg.eigvalsh(matrix)[0] > 0:
        raise ValueError(f"mass must be positive definite; got {value!r}.")
    return matrix
