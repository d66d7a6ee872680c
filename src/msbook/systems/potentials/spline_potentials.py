"""Potentials made of B-splines, such as fitted ones, that compile."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from scipy.interpolate import BSpline, PPoly

from msbook._validation import check_count, finite_array
from msbook.equations.generated import GeneratedFunction
from msbook.equations.potential import Potential


def spline_potential(
    knots: ArrayLike | Sequence[ArrayLike],
    coefficients: ArrayLike,
    degree: int = 3,
    periodic: Sequence[bool] | None = None,
) -> Potential:
    r"""Tensor product of B-splines on equally spaced knots.

    .. math:: V(q) = \sum_{i_1, \dots, i_d} c_{i_1 \dots i_d}
              \prod_{k=1}^{d} \varphi_{i_k}(q_k)

    Beyond the ends of the knots each :math:`\varphi_i` goes on as a parabola, with its
    value, slope and curvature there; the force is then linear.

    Parameters
    ----------
    knots : array_like, shape (n + 1,), or sequence of d of them
        Ends of the intervals along each coordinate.
    coefficients : array_like, shape (n_1 + degree, ..., n_d + degree)
        :math:`c`, as those of :class:`scipy.interpolate.BSpline` on the knots and
        ``degree`` more on either side.
    degree : int
        Degree of the splines, at least 2.
    periodic : sequence of bool, length d, optional
        Coordinates whose last knot is the first one again; their first ``degree``
        coefficients come once more as the last.

    Returns
    -------
    Potential

    Raises
    ------
    ValueError
        If knots are not equally spaced, or do not fit the coefficients.

    Examples
    --------
    Splines with the coefficients :math:`i` make a straight line:

    >>> import numpy as np
    >>> line = spline_potential(np.arange(5.0), np.arange(7.0))
    >>> line.gradient([[0.3], [9.0]]).round(12).tolist()
    [[1.0], [1.0]]
    """
    table = np.atleast_1d(
        np.ascontiguousarray(finite_array("coefficients", coefficients))
    )
    check_count("degree", degree, 2)
    dim = table.ndim
    several = dim > 1 and isinstance(knots, Sequence | np.ndarray)
    given = cast(Sequence[ArrayLike], knots if several else [knots])
    axes = [finite_array("knots", axis) for axis in given]
    if len(axes) != dim or any(axis.ndim != 1 for axis in axes):
        raise ValueError(
            "knots must be one array for each axis of the coefficients; got "
            f"{len(axes)} of shapes {[axis.shape for axis in axes]} for {dim} axes."
        )
    for axis, n_splines in zip(axes, table.shape, strict=True):
        gaps = np.diff(axis)
        if len(gaps) < 1 or not gaps[0] > 0 or not np.allclose(gaps, gaps[0], atol=0.0):
            raise ValueError(f"knots must increase by equal steps; got {axis!r:.60}.")
        if n_splines != len(gaps) + degree:
            raise ValueError(
                f"knots of {len(gaps)} intervals need, with degree {degree}, "
                f"{len(gaps) + degree} coefficients; got {n_splines}."
            )
    comes_back = (False,) * dim if periodic is None else tuple(map(bool, periodic))
    if len(comes_back) != dim:
        raise ValueError(
            f"periodic must say it of {dim} coordinates; got {periodic!r:.60}."
        )
    gradient, potential = _write_out(dim, degree, comes_back)
    numbers = [
        number
        for axis, size in zip(axes, table.shape, strict=True)
        for number in (axis[0], 1.0 / (axis[1] - axis[0]), len(axis) - 1.0, size)
    ]
    centre = tuple(float(0.5 * (axis[0] + axis[-1])) for axis in axes)
    spread = min(float(axis[-1] - axis[0]) for axis in axes) / 8.0
    return Potential(
        gradient, dim, potential, (*numbers, table.ravel()),
        centres=(centre,), spread=spread,
    )  # fmt: skip


@lru_cache
def _write_out(
    dim: int, degree: int, periodic: tuple[bool, ...]
) -> tuple[GeneratedFunction, GeneratedFunction]:
    """Gradient and potential; parameters: start, 1 / spacing and sizes, then table."""
    axes, cell = range(dim), range(degree + 1)
    lines = [f"table = p[{4 * dim}]"]
    for i in axes:
        lines += [
            f"u{i} = (q[{i}] - p[{4 * i}]) * p[{4 * i + 1}]",
            *(
                [f"u{i} -= p[{4 * i + 2}] * np.floor(u{i} / p[{4 * i + 2}])"]
                if periodic[i]
                else []
            ),
            # fmin and fmax bring NaN to an end: it must not become an index.
            f"c{i} = np.fmax(np.fmin(u{i}, p[{4 * i + 2}]), 0.0)",
            f"k{i} = np.floor(np.fmin(c{i}, p[{4 * i + 2}] - 1.0))",
            f"t{i}, over{i} = c{i} - k{i}, u{i} - c{i}",
        ]
        for m, polynomial in enumerate(_cell_polynomials(degree)):
            t, over = f"t{i}", f"over{i}"
            value, slope, curvature = (
                _horner(np.polyder(polynomial, order), t) for order in range(3)
            )
            lines += [
                f"s = {curvature}",
                f"v = {slope}",
                f"w{i}_{m} = {value} + {over} * (v + 0.5 * {over} * s)",
                f"v{i}_{m} = (v + {over} * s) * p[{4 * i + 1}]",
            ]
    index = "k0"
    for i in axes[1:]:
        index = f"({index} * p[{4 * i + 3}] + k{i})"
    lines.append(f"first = {index}")
    corners = list(product(cell, repeat=dim))
    for corner in corners:
        offset = str(corner[0])
        for i in axes[1:]:
            offset = f"({offset} * p[{4 * i + 3}] + {corner[i]})"
        lines.append(f"{_name(corner)} = look_up(table, first + {offset})")

    def total(along: int | None) -> str:
        terms = (
            f"{_name(corner)} * "
            + " * ".join(f"{'v' if i == along else 'w'}{i}_{corner[i]}" for i in axes)
            for corner in corners
        )
        return " + ".join(terms)

    rows = "".join(f"{total(i)}, " for i in axes)
    return (
        GeneratedFunction((*lines, f"return ({rows})")),
        GeneratedFunction((*lines, f"return {total(None)}")),
    )


def _name(corner: tuple[int, ...]) -> str:
    return "a" + "_".join(map(str, corner))


def _cell_polynomials(degree: int) -> list[np.ndarray]:
    """The splines of one cell there, as powers of the place in it, from 0 to 1."""
    spline = BSpline.basis_element(np.arange(degree + 2.0), extrapolate=False)
    pieces = PPoly.from_spline(spline.tck).c
    # As many empty pieces come first, and the last spline is in its first piece here.
    return [pieces[:, 2 * degree - m] for m in range(degree + 1)]


def _horner(polynomial: np.ndarray, t: str) -> str:
    text = repr(float(polynomial[0]))
    for number in polynomial[1:]:
        text = f"({text} * {t} + {float(number)!r})"
    return text
