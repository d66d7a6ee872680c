"""Implicit Runge–Kutta methods by collocation: Gauss, Radau and Lobatto."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Legendre, Polynomial
from numpy.typing import ArrayLike

from msbook.integrators.runge_kutta import RungeKutta
from msbook.integrators.tableau import Tableau


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
    c = np.array(nodes, dtype=float)
    if c.ndim != 1 or len(np.unique(c)) < max(1, c.size):
        raise ValueError(f"nodes must be distinct numbers in a row; got {nodes!r}.")
    integrals = []
    for j, node in enumerate(c):
        others = np.delete(c, j)
        basis = Polynomial([1.0])
        for other in others:
            basis *= Polynomial([-other, 1.0]) / (node - other)
        integrals.append(basis.integ())
    A = np.stack([integral(c) for integral in integrals], axis=1)
    A[np.abs(A) < 1e-15] = 0.0  # rounding; a stage at time 0 is known
    b = [float(integral(1.0)) for integral in integrals]
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
    if n_stages != int(n_stages) or n_stages < least:
        raise ValueError(f"n_stages must be {least} or more; got {n_stages!r}.")


IMPLICIT_MIDPOINT = gauss(1)
GAUSS2, GAUSS3 = gauss(2), gauss(3)
RADAU2, RADAU3 = radau(2), radau(3)
LOBATTO3 = lobatto(3)
