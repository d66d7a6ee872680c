"""How good a generator is, where no density is known: the energy score."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def minus_energy_score(one: NDArray, other: NDArray, truth: NDArray) -> float:
    r"""Minus the mean energy score of two independent samples a state.

    .. math:: -\frac1n \sum_{i=1}^{n} \tfrac12 \bigl( \lVert z_i - y_i \rVert
              + \lVert z_i' - y_i \rVert - \lVert z_i - z_i' \rVert \bigr)

    Parameters
    ----------
    one, other : ndarray, shape (n, dim)
        Samples :math:`z_i` and :math:`z_i'`.
    truth : ndarray, shape (n, dim)
        What came, :math:`y_i`.

    Returns
    -------
    float
        Not positive; the larger, the better.

    References
    ----------
    Gneiting & Raftery (2007), section 4.3.

    Examples
    --------
    >>> import numpy as np
    >>> truth, one, other = np.random.default_rng(0).normal(size=(3, 100_000, 1))
    >>> wide, narrow = minus_energy_score(2 * one, 2 * other, truth), 0.5 * one
    >>> right = minus_energy_score(one, other, truth)
    >>> right > max(wide, minus_energy_score(narrow, 0.5 * other, truth))
    True
    """
    apart = np.linalg.norm(one - other, axis=1)
    off = np.linalg.norm(one - truth, axis=1) + np.linalg.norm(other - truth, axis=1)
    return float(0.5 * (apart - off).mean())
