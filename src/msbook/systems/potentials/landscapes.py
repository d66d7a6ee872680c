r"""Landscapes of several scales: wells with ripples on them.

Building blocks are :func:`quadratic_well`, :func:`ripple` and whatever else is a
:class:`msbook.systems.Potential`; the examples of Li & Tao (2024) are sums of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_count, finite_array
from msbook.equations.generated import GeneratedFunction
from msbook.equations.parameters import check_finite, check_positive
from msbook.equations.potential import Potential


def quadratic_well(hessian: ArrayLike, centre: ArrayLike | None = None) -> Potential:
    r"""Quadratic well :math:`\tfrac12 (q - c)^\top H (q - c)`.

    Parameters
    ----------
    hessian : array_like, shape (dim, dim)
        Symmetric matrix :math:`H`.
    centre : array_like, shape (dim,), optional
        :math:`c`; 0 by default.

    Returns
    -------
    Potential

    Raises
    ------
    ValueError
        If the matrix is not square and symmetric.

    Examples
    --------
    >>> float(quadratic_well([[2.0]], [1.0]).potential([3.0]))
    4.0
    """
    matrix = finite_array("hessian", hessian)
    if matrix.ndim != 2 or not matrix.size or not np.array_equal(matrix, matrix.T):
        raise ValueError(f"hessian must be a symmetric matrix; got {hessian!r}.")
    dim = len(matrix)
    middle = np.zeros(dim) if centre is None else finite_array("centre", centre)
    if middle.shape != (dim,):
        raise ValueError(f"centre must have shape ({dim},); got {middle.shape}.")
    # Parameters: the matrix by rows, then the centre.
    lines = [f"x{i} = q[{i}] - p[{dim * dim + i}]" for i in range(dim)]
    rows = [
        " + ".join(f"p[{i * dim + j}] * x{j}" for j in range(dim)) for i in range(dim)
    ]
    square = " + ".join(f"x{i} * ({row})" for i, row in enumerate(rows))
    return Potential(
        GeneratedFunction((*lines, f"return ({', '.join(rows)},)")),
        dim,
        GeneratedFunction((*lines, f"return 0.5 * ({square})")),
        (*matrix.ravel().tolist(), *middle.tolist()),
        centres=(tuple(middle.tolist()),),
    )


def ripple(eps: float, direction: ArrayLike = (1.0,), phase: float = 0.0) -> Potential:
    r"""Ripple :math:`\varepsilon \sin(s \cdot q / \varepsilon + \varphi)`.

    Its gradient is of the size of one at any :math:`\varepsilon`, with covariance
    :math:`\tfrac12 s s^\top`.

    Parameters
    ----------
    eps : float
        Scale :math:`\varepsilon`; wavelength over :math:`2\pi`.
    direction : array_like, shape (dim,)
        :math:`s`.
    phase : float
        :math:`\varphi`, radians.

    Returns
    -------
    Potential

    Examples
    --------
    >>> ripple(1e-3).gradient([0.0]).tolist()
    [1.0]
    """
    check_positive(eps=eps)
    check_finite(phase=phase)
    s = finite_array("direction", direction)
    if s.ndim != 1 or not s.size:
        raise ValueError(f"direction must have shape (dim,); got {s.shape}.")
    dim = len(s)
    # Parameters: direction / eps, phase, direction, eps.
    angle = " + ".join(f"p[{i}] * q[{i}]" for i in range(dim)) + f" + p[{dim}]"
    rows = ", ".join(f"p[{dim + 1 + i}] * cosine" for i in range(dim))
    half_square: list[list[float]] = (0.5 * np.outer(s, s)).tolist()
    return Potential(
        GeneratedFunction((f"cosine = np.cos({angle})", f"return ({rows},)")),
        dim,
        GeneratedFunction((f"return p[{2 * dim + 1}] * np.sin({angle})",)),
        (*(s / eps).tolist(), phase, *s.tolist(), eps),
        gradient_covariance=tuple(map(tuple, half_square)),
    )


def quadratic_ripples(eps: Sequence[float] = (0.05, 0.001)) -> Potential:
    r"""Quadratic with ripples.

    .. math:: V(q) = \frac{q^2}{2} + \sum_j \varepsilon_j \sin(q / \varepsilon_j)

    Parameters
    ----------
    eps : sequence of float
        Scales of the ripples, from coarse to fine.

    Returns
    -------
    Potential

    Examples
    --------
    >>> V = quadratic_ripples()
    >>> len(V.parts), V.microscopic_covariance(0).tolist()
    (3, [[1.0]])

    References
    ----------
    Li & Tao (2024), eq. (4.5).
    """
    return reduce(add, _ripples(eps), quadratic_well([[1.0]]))


def _ripples(eps: Sequence[float]) -> list[Potential]:
    scales = finite_array("eps", eps)
    if scales.ndim != 1:
        raise ValueError(f"eps must be a sequence of scales; got {eps!r:.60}.")
    return [ripple(scale) for scale in scales.tolist()]


def _double_well_gradient(q: Any, p: Any) -> tuple[Any, ...]:
    return (q[0] * (q[0] * q[0] - 1.0),)


def _double_well(q: Any, p: Any) -> Any:
    return 0.25 * (q[0] * q[0] - 1.0) ** 2


def double_well_ripples(eps: Sequence[float] = (0.025, 0.001)) -> Potential:
    r"""Double well with ripples.

    .. math:: V(q) = \frac{(q^2 - 1)^2}{4} + \sum_j \varepsilon_j \sin(q/\varepsilon_j)

    Parameters
    ----------
    eps : sequence of float
        Scales of the ripples, from coarse to fine.

    Returns
    -------
    Potential

    Examples
    --------
    >>> double_well_ripples().truncated(0).gradient([[1.0], [-1.0]]).tolist()
    [[0.0], [-0.0]]

    References
    ----------
    Li & Tao (2024), eq. (4.6).
    """
    wells = Potential(
        _double_well_gradient,
        potential_rows=_double_well,
        centres=((-1.0,), (1.0,)),
        spread=0.3,
    )
    return reduce(add, _ripples(eps), wells)


def mixed_scales(n_terms: int = 20) -> Potential:
    r"""Many scales without gaps between them.

    .. math:: V(q) = \frac{(q - \pi/2)^2}{4} + \sum_{i=1}^{N} \frac{\cos(i^2 q)}{i^2}

    Parameters
    ----------
    n_terms : int
        :math:`N`; each term is a part.

    Returns
    -------
    Potential

    Examples
    --------
    >>> len(mixed_scales().parts)
    21

    References
    ----------
    Li & Tao (2024), eq. (4.7).
    """
    check_count("n_terms", n_terms)
    ripples = (ripple(1 / i**2, phase=np.pi / 2) for i in range(1, n_terms + 1))
    return reduce(add, ripples, quadratic_well([[0.5]], [np.pi / 2]))


def anisotropic_quadratic(dim: int = 2, eps: float = 1e-5) -> Potential:
    r"""Quadratic with ripples along slanted directions.

    In the plane it is the paper's

    .. math:: V = \tfrac14 (2x + y - 1)^2 + (x - y - 1)^2
              + \varepsilon \sin\frac{x}{\varepsilon}
              + \varepsilon \sin\frac{x + y}{\varepsilon},

    whose quadratic part has the Hessian :math:`\bigl(\begin{smallmatrix} 4 & -1 \\ -1
    & 5/2 \end{smallmatrix}\bigr)` and the centre :math:`(2/3, -1/3)`. In other
    dimensions the Hessian goes on along its diagonals, the centre with zeros, and the
    ripples with :math:`\varepsilon \sin((q_1 + \dots + q_i)/\varepsilon)`.

    Parameters
    ----------
    dim : int
        Number of coordinates.
    eps : float
        Scale of the ripples.

    Returns
    -------
    Potential
        Of two parts.

    Examples
    --------
    >>> anisotropic_quadratic().microscopic_covariance(0).tolist()
    [[1.0, 0.5], [0.5, 0.5]]

    References
    ----------
    Li & Tao (2024), eq. (4.8).
    """
    check_count("dim", dim)
    hessian = 2.5 * np.eye(dim) - np.eye(dim, k=1) - np.eye(dim, k=-1)
    hessian[0, 0] = 4.0
    centre = np.zeros(dim)
    centre[:2] = np.array([2.0, -1.0])[:dim] / 3.0
    ripples = (ripple(eps, row) for row in np.tri(dim))
    return quadratic_well(hessian, centre) + reduce(add, ripples)
