"""Monomials of a few variables, and their derivatives."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray


def monomials(
    x: NDArray[np.float64], degree: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values (n, n_terms) and gradients (n, n_terms, dim) up to a degree, at (n, dim).

    Examples
    --------
    >>> import numpy as np
    >>> values, gradients = monomials(np.array([[2.0, 3.0]]), 2)
    >>> values
    array([[1., 2., 3., 4., 6., 9.]])
    >>> gradients[0, 4]
    array([3., 2.])
    """
    n, dim = x.shape
    terms = [
        term
        for k in range(degree + 1)
        for term in combinations_with_replacement(range(dim), k)
    ]
    place = {term: i for i, term in enumerate(terms)}
    values = np.ones((n, len(terms)))
    gradients = np.zeros((n, len(terms), dim))
    for i, term in enumerate(terms[1:], start=1):
        values[:, i] = values[:, place[term[:-1]]] * x[:, term[-1]]
        for j in set(term):
            first = term.index(j)
            others = place[term[:first] + term[first + 1 :]]
            gradients[:, i, j] = term.count(j) * values[:, others]
    return values, gradients
