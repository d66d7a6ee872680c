"""Splines on equidistant knots, in one coordinate and as tensor products.

The degree is five: a fit of the slope then passes on no more than about one per cent
of a wave shorter than the knot distance. Cubic splines pass on up to ten, and what
they pass on comes back as a false long wave.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import BSpline
from scipy.sparse import csr_array, diags_array, kron

from msbook.systems.potentials import Potential
from msbook.systems.spline_potentials import spline_potential

DEGREE = 5
# Its declared types leave out several diagonals at once.
_diags_array: Any = diags_array
_MARGIN = 0.15  # of the width of the points, on either side
_MOST_BINS = 2**18
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

    @property
    def n_splines(self) -> int:
        """Number of basis functions."""
        return self.n_intervals + DEGREE

    def edges(self, bins_per_interval: int) -> NDArray[np.float64]:
        """Edges of bins that divide each interval evenly."""
        n_bins = self.n_intervals * bins_per_interval
        width = self.spacing / bins_per_interval
        return self.start + width * np.arange(n_bins + 1.0)

    @property
    def knots(self) -> NDArray[np.float64]:
        """Knots between the first and the last, shape (n_intervals + 1,)."""
        return self.start + self.spacing * np.arange(self.n_intervals + 1.0)

    def design(self, x: NDArray, derivative: int = 0) -> csr_array:
        """Values of all basis functions between the ends, or their derivatives.

        Parameters
        ----------
        x : ndarray, shape (n,)
        derivative : int
            Order of the derivative.

        Returns
        -------
        csr_array, shape (n, n_splines)
        """
        degree = DEGREE - derivative
        first = np.arange(-degree, self.n_intervals + degree + 1)
        knots = self.start + self.spacing * first
        # Rounding must not push a point past the last knot.
        inside = np.clip(x, knots[degree], knots[-degree - 1])
        rows = csr_array(BSpline.design_matrix(inside, knots, degree))
        for n_columns in range(self.n_splines - derivative, self.n_splines):
            shape = (n_columns, n_columns + 1)
            difference = _diags_array([-1.0, 1.0], offsets=[0, 1], shape=shape)
            rows = rows @ difference / self.spacing
        return csr_array(rows)

    def bin_means(self, edges: NDArray, derivative: int = 0) -> csr_array:
        """Means over bins of all basis functions, shape (n_bins, n_splines)."""
        middles, halves = (edges[1:] + edges[:-1]) / 2, np.diff(edges) / 2
        parts = [
            weight / 2 * self.design(middles + node * halves, derivative)
            for node, weight in zip(_NODES, _WEIGHTS, strict=True)
        ]
        return csr_array(sum(parts[1:], parts[0]))

    def third_differences(self) -> csr_array:
        """Third differences of the coefficients, which vanish for a parabola."""
        shape = (self.n_splines - 3, self.n_splines)
        return csr_array(
            _diags_array([-1.0, 3.0, -3.0, 1.0], offsets=[0, 1, 2, 3], shape=shape)
        )


@dataclass(frozen=True)
class TensorSplines:
    """Products of splines, one factor a coordinate.

    Parameters
    ----------
    axes : tuple of UniformSplines
        One set of splines a coordinate.
    """

    axes: tuple[UniformSplines, ...]

    @classmethod
    def covering(cls, points: NDArray, spacing: float) -> TensorSplines:
        """Knots at a distance around points (n, dim), with a margin on each side."""
        lowest, highest = points.min(axis=0), points.max(axis=0)
        margin = _MARGIN * (highest - lowest) + spacing
        starts = np.floor((lowest - margin) / spacing) * spacing
        numbers = np.ceil((highest + margin - starts) / spacing).astype(int)
        return cls(
            tuple(
                UniformSplines(float(start), spacing, int(number))
                for start, number in zip(starts, numbers, strict=True)
            )
        )

    def edges(self) -> tuple[NDArray[np.float64], ...]:
        """Edges of bins along each coordinate: fine, as far as memory likes it."""
        dim = len(self.axes)
        most = _MOST_BINS ** (1 / dim)
        finest = 16 if dim == 1 else 8  # bins in an interval between knots
        return tuple(
            axis.edges(int(np.clip(most // axis.n_intervals, 2, finest)))
            for axis in self.axes
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of basis functions along each coordinate."""
        return tuple(axis.n_splines for axis in self.axes)

    def bin_means(self, edges: tuple[NDArray, ...], along: int | None) -> csr_array:
        """Means over all bins of the products, or of their derivatives.

        Parameters
        ----------
        edges : tuple of ndarray
            Edges of the bins along each coordinate.
        along : int or None
            Coordinate of the derivative; None for the values.

        Returns
        -------
        csr_array, shape (number of bins, number of products)
        """
        factors = [
            axis.bin_means(edge, derivative=int(i == along))
            for i, (axis, edge) in enumerate(zip(self.axes, edges, strict=True))
        ]
        return csr_array(reduce(lambda a, b: kron(a, b, format="csr"), factors))

    def potential(self, coefficients: NDArray) -> Potential:
        """Sum of the products with these coefficients, in the shape of the basis."""
        knots = [axis.knots for axis in self.axes]
        given = knots[0] if len(knots) == 1 else knots
        return spline_potential(given, coefficients, degree=DEGREE)

    def roughness(self) -> csr_array:
        """Matrix of the squared third differences, summed over all coordinates."""
        total = None
        for i, axis in enumerate(self.axes):
            difference = axis.third_differences()
            factors = [
                difference.T @ difference if j == i else csr_array(np.eye(n))
                for j, n in enumerate(self.shape)
            ]
            part = reduce(lambda a, b: kron(a, b, format="csr"), factors)
            total = part if total is None else total + part
        return csr_array(total)
