"""Implicit Runge–Kutta methods by collocation: Gauss, Radau and Lobatto."""

from __future__ import annotations

from numbers import Integral

import numpy as np
from numpy.polynomial import Legendre
from numpy.polynomial.legendre import legvander
from numpy.typing import ArrayLike

from msbook._validation import finite_array
from msbook.integrators.ode.runge_kutta import RungeKutta
from msbook.integrators.ode.tableau import Tableau

MOST_STAGES = 100
"""Of a family of methods."""


def collocation(nodes: ArrayLike, order: int) -> RungeKutta:
    r"""Method whose polynomial solves the equation at given nodes.

    With the Lagrange polynomials :math:`\ell_j` of the nodes,

    .. math:: a_{ij} = \int_0^{c_i} \ell_j(s)\,ds, \qquad
              b_j = \int_0^1 \ell_j(s)\,ds .

    Parameters
    ----------
    nodes : array_like, shape (n_stages,)
        :math:`c`, distinct, in steps.
    order : int
        Order of the quadrature with these nodes, which the method inherits.

    Returns
    -------
    RungeKutta

    Raises
    ------
    ValueError
        If nodes coincide, or the order is too high for them.

    Examples
    --------
    >>> collocation([0.0, 1.0], order=2).tableau.A  # the trapezoidal rule
    ((0.0, 0.0), (0.5, 0.5))

    References
    ----------
    Hairer, Lubich & Wanner (2006), section II.1.2.
    """
    c = finite_array("nodes", nodes)
    if c.ndim != 1 or len(np.unique(c)) < max(1, c.size) or np.abs(c).max() > 10.0:
        raise ValueError(
            "nodes must be distinct numbers in a row, times in steps, not far from 0 "
            f"to 1; got {nodes!r:.60}."
        )
    # In Legendre's polynomials, whose values at the nodes are well conditioned.
    x = 2.0 * c - 1.0
    integrals = [Legendre.basis(k).integ(lbnd=-1) for k in range(c.size)]
    ends = np.stack([integral(np.append(x, 1.0)) / 2 for integral in integrals], axis=1)
    weights = np.linalg.solve(legvander(x, c.size - 1).T, ends.T).T
    A, b = weights[:-1], weights[-1]
    A[np.abs(A) < 1e-15] = 0.0  # rounding; a stage at time 0 is known
    return RungeKutta(Tableau(A, b, A.sum(axis=1), order))


def gauss(n_stages: int) -> RungeKutta:
    """Gauss method, of order ``2 n_stages``: symplectic and A-stable.

    Examples
    --------
    >>> gauss(2).order
    4

    References
    ----------
    Hairer, Lubich & Wanner (2006), section II.1.3.
    """
    _check_stages(n_stages, least=1)
    return collocation(_roots(Legendre.basis(n_stages)), 2 * n_stages)


def radau(n_stages: int) -> RungeKutta:
    """Radau IIA method, of order ``2 n_stages - 1``: it damps what is stiff.

    One stage is the implicit Euler method.

    Examples
    --------
    >>> np.round(radau(2).tableau.b, 12)
    array([0.75, 0.25])

    References
    ----------
    Hairer & Wanner (1996), section IV.5.
    """
    _check_stages(n_stages, least=1)
    nodes = _roots(Legendre.basis(n_stages) - Legendre.basis(n_stages - 1))
    return collocation(nodes, 2 * n_stages - 1)


def lobatto(n_stages: int) -> RungeKutta:
    """Lobatto IIIA method, of order ``2 n_stages - 2``; two stages: the trapezoid.

    Examples
    --------
    >>> np.round(lobatto(2).tableau.b, 12)
    array([0.5, 0.5])

    References
    ----------
    Hairer & Wanner (1996), section IV.5.
    """
    _check_stages(n_stages, least=2)
    inner = _roots(Legendre.basis(n_stages - 1).deriv())
    return collocation([0.0, *inner, 1.0], 2 * n_stages - 2)


def _roots(polynomial: Legendre) -> np.ndarray:
    """Roots in [-1, 1], brought to [0, 1] and polished."""
    x = polynomial.roots().real
    slope = polynomial.deriv()
    for _ in range(3):
        x = x - polynomial(x) / slope(x)
    return (1.0 + x) / 2.0


def _check_stages(n_stages: int, least: int) -> None:
    whole = isinstance(n_stages, Integral)
    if not whole or not least <= n_stages <= MOST_STAGES:
        raise ValueError(
            f"n_stages must be a whole number from {least} to {MOST_STAGES}, beyond "
            f"which the coefficients have not been checked; got {n_stages!r}."
        )


IMPLICIT_MIDPOINT = gauss(1)
GAUSS2, GAUSS3 = gauss(2), gauss(3)
RADAU2, RADAU3 = radau(2), radau(3)
LOBATTO3 = lobatto(3)
