"""Splines on equidistant knots of a line.

The degree is five: a fit of the slope then passes on no more than about one per cent
of a wave shorter than the knot distance. Cubic splines pass on up to ten, and what
they pass on comes back as a false long wave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import BSpline
from scipy.sparse import csr_array, diags_array, eye_array

from msbook._validation import (
    LARGEST,
    check_between,
    check_count,
    check_flag,
    check_number,
    finite_array,
)

DEGREE = 5
# Its declared types leave out several diagonals at once.
_diags_array: Any = diags_array
_ROUNDING = 1e-9  # of a spacing, by which points may lie beyond the last knot
# Exact for a polynomial of degree five, as a spline is between the edges of a bin.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(3)


@dataclass(frozen=True)
class UniformSplines:
    r"""B-splines :math:`\varphi_i` of degree five on equidistant knots of a line.

    Parameters
    ----------
    start, spacing : float
        First knot, and the distance of neighbours.
    n_intervals : int
        Number of intervals between knots.
    periodic : bool
        Whether the last knot is the first one again.

    Raises
    ------
    ValueError
        If they are no numbers of these kinds.

    Examples
    --------
    They add up to one:

    >>> import numpy as np
    >>> splines = UniformSplines(0.0, 0.5, 4)
    >>> splines.design(np.array([0.0, 0.3, 2.0])).sum(axis=1).round(12)
    array([1., 1., 1.])
    """

    start: float
    spacing: float
    n_intervals: int
    periodic: bool = False

    def __post_init__(self) -> None:
        check_number("start", self.start)
        check_between("spacing", self.spacing, 0.0, LARGEST)
        check_count("n_intervals", self.n_intervals)
        check_flag("periodic", self.periodic)

    @property
    def n_splines(self) -> int:
        """Number of basis functions."""
        return self.n_intervals if self.periodic else self._n_open

    @property
    def _n_open(self) -> int:
        """Number of those on a line with two ends."""
        return self.n_intervals + DEGREE

    def edges(self, bins_per_interval: int) -> NDArray[np.float64]:
        """Edges of bins that divide each interval evenly."""
        check_count("bins_per_interval", bins_per_interval)
        n_bins = self.n_intervals * bins_per_interval
        width = self.spacing / bins_per_interval
        return self.start + width * np.arange(n_bins + 1.0)

    @property
    def knots(self) -> NDArray[np.float64]:
        """Knots between the first and the last, shape (n_intervals + 1,)."""
        return self.start + self.spacing * np.arange(self.n_intervals + 1.0)

    def design(self, x: ArrayLike, derivative: int = 0) -> csr_array:
        """Values of all basis functions between the ends, or their derivatives.

        Parameters
        ----------
        x : array_like, shape (n,)
            Points between the first knot and the last.
        derivative : int
            Order of the derivative, at most the degree.

        Returns
        -------
        csr_array, shape (n, n_splines)

        Raises
        ------
        ValueError
            If points lie beyond the knots, or there is no such derivative.
        """
        points = self._between_knots("x", x)
        if check_count("derivative", derivative, 0) > DEGREE:
            raise ValueError(
                f"derivative must not exceed the degree, {DEGREE}; got {derivative}."
            )
        degree = DEGREE - derivative
        first = np.arange(-degree, self.n_intervals + degree + 1)
        knots = self.start + self.spacing * first
        inside = np.clip(points, knots[degree], knots[-degree - 1])
        rows = csr_array(BSpline.design_matrix(inside, knots, degree))
        for n_columns in range(self._n_open - derivative, self._n_open):
            shape = (n_columns, n_columns + 1)
            difference = _diags_array([-1.0, 1.0], offsets=[0, 1], shape=shape)
            rows = rows @ difference / self.spacing
        return csr_array(rows @ self._fold())

    def bin_means(self, edges: ArrayLike, derivative: int = 0) -> csr_array:
        """Means over bins of all basis functions, or of their derivatives.

        Parameters
        ----------
        edges : array_like, shape (n_bins + 1,)
            Edges of the bins, in rising order, between the first knot and the last.
        derivative : int
            Order of the derivative, at most the degree.

        Returns
        -------
        csr_array, shape (n_bins, n_splines)

        Raises
        ------
        ValueError
            If the edges do not rise or lie beyond the knots, or there is no such
            derivative.
        """
        ends = self._between_knots("edges", check_edges(edges))
        middles, halves = (ends[1:] + ends[:-1]) / 2, np.diff(ends) / 2
        parts = [
            weight / 2 * self.design(middles + node * halves, derivative)
            for node, weight in zip(_NODES, _WEIGHTS, strict=True)
        ]
        return csr_array(sum(parts[1:], parts[0]))

    def _between_knots(self, name: str, values: ArrayLike) -> NDArray[np.float64]:
        """Points of the line where the splines are known."""
        points = finite_array(name, values)
        if points.ndim != 1 or not points.size:
            raise ValueError(f"{name} must have shape (n,); got {points.shape}.")
        first, last = self.knots[[0, -1]]
        # Beyond a knot that was reached by arithmetic a point may lie by its rounding.
        slack = _ROUNDING * self.spacing
        if points.min() < first - slack or points.max() > last + slack:
            raise ValueError(
                f"{name} must lie between the first knot and the last, {first:g} and "
                f"{last:g}; got values from {points.min():g} to {points.max():g}."
            )
        return points

    def third_differences(self) -> csr_array:
        """Third differences of the coefficients, which vanish for a parabola."""
        shape = (self._n_open - 3, self._n_open)
        differences = csr_array(
            _diags_array([-1.0, 3.0, -3.0, 1.0], offsets=[0, 1, 2, 3], shape=shape)
        )
        if self.periodic:
            differences = differences[: self.n_intervals]  # the rest come again
        return csr_array(differences @ self._fold())

    def _fold(self) -> csr_array:
        """From the splines of a line to these."""
        places = np.arange(self._n_open) % self.n_splines
        return csr_array(eye_array(self.n_splines, format="csr")[places])


def on_a_line(axis: UniformSplines, coefficients: NDArray, along: int = 0) -> NDArray:
    """Coefficients of the same sum by the splines of a line with two ends."""
    if not axis.periodic:
        return coefficients
    places = np.arange(axis.n_intervals + DEGREE) % axis.n_intervals
    return coefficients.take(places, along)


def check_edges(edges: ArrayLike) -> NDArray[np.float64]:
    """Edges of bins along a line, in rising order."""
    ends = finite_array("edges", edges)
    if ends.ndim != 1 or len(ends) < 2 or not (np.diff(ends) > 0).all():
        raise ValueError(
            "edges of bins must be two numbers or more in rising order, along each "
            f"coordinate; got {ends.tolist()!r:.60}."
        )
    return ends
