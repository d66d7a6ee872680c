"""Splines of several coordinates: products of those of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array, eye_array, kron

from msbook._validation import (
    LARGEST,
    check_between,
    check_count,
    check_periods,
    finite_array,
)
from msbook.equations.potential import Potential
from msbook.estimators.effective_potential.uniform_splines import (
    DEGREE,
    UniformSplines,
    on_a_line,
)
from msbook.systems.potentials.spline_potentials import spline_potential

_MARGIN = 0.15  # of the width of the points, on either side
_FEWEST_IN_A_PERIOD = 6
_MOST_BINS = 2**18
# Where bins are wide beside the distance of the knots, how the states lie in them
# counts: with three an interval a potential is off by a tenth, with eight by .01.
_MOST_BINS_IN_SPACE = 2**21
_MOST_PRODUCTS = 10**7  # a fit solves for as many numbers


@dataclass(frozen=True)
class TensorSplines:
    """Products of splines, one factor a coordinate.

    Parameters
    ----------
    axes : tuple of UniformSplines
        One set of splines a coordinate.

    Raises
    ------
    ValueError
        If they are no splines.
    """

    axes: tuple[UniformSplines, ...]

    def __post_init__(self) -> None:
        axes = self.axes
        if (
            not isinstance(axes, Sequence)
            or not axes
            or not all(isinstance(axis, UniformSplines) for axis in axes)
        ):
            raise ValueError(
                "axes must be a tuple of UniformSplines, one a coordinate; got "
                f"{axes!r:.60}."
            )

    @classmethod
    def covering(
        cls,
        points: ArrayLike,
        spacing: float,
        periods: Sequence[float | None] | None = None,
    ) -> TensorSplines:
        """Knots around points, with a margin on each side.

        Parameters
        ----------
        points : array_like, shape (n, dim)
        spacing : float
            Distance of neighbouring knots; in a period it is changed to divide it.
        periods : sequence of float or None, length dim, optional
            Of coordinates that come back; their knots lie about 0.

        Returns
        -------
        TensorSplines

        Raises
        ------
        ValueError
            If the points do not fit, or that many knots would not, or too few would
            divide a period.
        """
        known = finite_array("points", points)
        if known.ndim != 2 or not known.size:
            raise ValueError(f"points must have shape (n, dim); got {known.shape}.")
        check_between("spacing", spacing, 0.0, LARGEST)
        lowest, highest = known.min(axis=0), known.max(axis=0)
        margin = _MARGIN * (highest - lowest) + spacing
        starts = np.floor((lowest - margin) / spacing) * spacing
        wanted = np.ceil((highest + margin - starts) / spacing)
        if not np.prod(wanted) <= _MOST_PRODUCTS:
            raise ValueError(
                f"points from {lowest.tolist()} to {highest.tolist()} would take more "
                f"than {_MOST_PRODUCTS} splines; got spacing = {spacing}. Take a "
                "larger one, or leave out points that lie far from the others."
            )
        axes = []
        dim = known.shape[1]
        given = check_periods("periods", periods, dim) or (None,) * dim
        for i, period in enumerate(given):
            if period is None:
                axes.append(UniformSplines(float(starts[i]), spacing, int(wanted[i])))
                continue
            number = round(period / spacing)
            if number < _FEWEST_IN_A_PERIOD:
                raise ValueError(
                    f"spacing must divide a period of {period:g} into "
                    f"{_FEWEST_IN_A_PERIOD} parts or more; got {spacing:g}."
                )
            parts = (-period / 2, period / number, number)
            axes.append(UniformSplines(*parts, periodic=True))
        return cls(tuple(axes))

    def edges(self) -> tuple[NDArray[np.float64], ...]:
        """Edges of bins along each coordinate: fine, as far as memory likes it."""
        dim = len(self.axes)
        most = (_MOST_BINS_IN_SPACE if dim == 3 else _MOST_BINS) ** (1 / dim)
        finest = 16 if dim == 1 else 8  # bins in an interval between knots
        return tuple(
            axis.edges(int(np.clip(most // axis.n_intervals, 2, finest)))
            for axis in self.axes
        )

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of basis functions along each coordinate."""
        return tuple(axis.n_splines for axis in self.axes)

    def bin_means(
        self, edges: Sequence[ArrayLike], along: int | None = None
    ) -> tuple[csr_array, ...]:
        """Means over bins of the splines, whose products are those of the products.

        Parameters
        ----------
        edges : tuple of array_like, each shape (n_bins + 1,)
            Edges of the bins along each coordinate, in rising order, between the first
            knot and the last.
        along : int, optional
            Coordinate of the derivative; without it the values are averaged.

        Returns
        -------
        tuple of csr_array, each shape (n_bins, n_splines)
            One a coordinate. The matrix of all bins and products is their Kronecker
            product, which in space is too large to be kept.

        Raises
        ------
        ValueError
            If the edges do not fit the knots, or there is no such coordinate.
        """
        dim = len(self.axes)
        check_axes(edges, dim)
        if along is not None and check_count("along", along, 0) >= dim:
            raise ValueError(
                f"along must be one of the {dim} coordinates, counted from 0; got "
                f"{along}."
            )
        return tuple(
            axis.bin_means(edge, derivative=int(i == along))
            for i, (axis, edge) in enumerate(zip(self.axes, edges, strict=True))
        )

    def potential(self, coefficients: NDArray) -> Potential:
        """Sum of the products with these coefficients, in the shape of the basis."""
        knots = [axis.knots for axis in self.axes]
        given = knots[0] if len(knots) == 1 else knots
        for i, axis in enumerate(self.axes):
            coefficients = on_a_line(axis, coefficients, along=i)
        periodic = [axis.periodic for axis in self.axes]
        return spline_potential(given, coefficients, DEGREE, periodic)

    def roughness(self) -> csr_array:
        """Matrix of the squared third differences, summed over all coordinates."""
        total = None
        for i, axis in enumerate(self.axes):
            difference = axis.third_differences()
            factors = [
                difference.T @ difference if j == i else eye_array(n)
                for j, n in enumerate(self.shape)
            ]
            part = reduce(lambda a, b: kron(a, b, format="csr"), factors)
            total = part if total is None else total + part
        return csr_array(total)


def check_axes(edges: Any, dim: int) -> None:
    """One array of edges for each coordinate."""
    is_sequence = isinstance(edges, Sequence | np.ndarray) and not isinstance(
        edges, str
    )
    if not is_sequence or len(edges) != dim:
        came = f"{len(edges)}" if is_sequence else f"{edges!r:.60}"
        raise ValueError(
            "edges must be a sequence of arrays, one for each coordinate, of which "
            f"there are {dim}; got {came}."
        )
