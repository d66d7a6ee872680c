"""Normal equations of products of splines: set up axis by axis, solved by bands."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import permutations, product
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import LinAlgError, solve_banded, solveh_banded

from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.estimators.effective_potential.uniform_splines import (
    DEGREE,
    UniformSplines,
)

_MOST_NUMBERS = 2**28  # in the bands, two gigabytes


def along_axes(
    matrices: Sequence[Any], values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Apply one matrix along each axis of an array: their Kronecker product."""
    for matrix in matrices:
        others = values.shape[1:]
        turned = matrix @ values.reshape(len(values), -1)
        values = np.moveaxis(turned.reshape(-1, *others), 0, -1)
    return values


class NormalMatrix:
    r"""The matrix of a sum of squares of what is linear in coefficients.

    Splines of one coordinate overlap with few others. Where the sum is over the bins of
    a grid, with any weights, a sum over products of splines is one coordinate's after
    the other's, and only products of overlapping pairs are kept, one axis a coordinate.
    Their number is that of the coefficients times :math:`6^d`.

    The matrix is solved by Cholesky's decomposition of its bands, which takes
    :math:`n w^2` operations for :math:`n` coefficients and :math:`w` bands. In space
    :math:`w` is of the order of :math:`n^{2/3}`.

    Parameters
    ----------
    splines : TensorSplines
        The basis, whose coefficients are looked for.

    Attributes
    ----------
    entries : ndarray
        For each pair along each coordinate, the matrix's entry. The first pairs are
        those of a spline with itself.
    n_bands : int
        The diagonal, and the bands below it.

    Raises
    ------
    ValueError
        If the bands would take more than two gigabytes.
    """

    def __init__(self, splines: TensorSplines) -> None:
        self.shape = splines.shape
        self._differences = [axis.third_differences() for axis in splines.axes]
        self._pairs = [_overlapping(axis) for axis in splines.axes]
        self._places, self.n_bands = _numbering(splines)
        numbers = prod(self.shape) * self.n_bands
        if numbers > _MOST_NUMBERS:
            raise ValueError(
                f"{self.shape} splines would take {numbers / 2**27:.3g} GiB to fit, "
                f"beyond {_MOST_NUMBERS / 2**27:.3g}. Take a larger scale, or leave "
                "out points that lie far from the others."
            )
        self.entries = np.zeros([first.size for first, _ in self._pairs])

    def add_squares(self, factors: Sequence[Any], weights: NDArray) -> None:
        """Add the squares of sums over bins.

        Parameters
        ----------
        factors : sequence of csr_array, each shape (n_bins, n_splines)
            As :meth:`TensorSplines.bin_means` returns them.
        weights : ndarray, shape (n_bins, ...)
            Of the squares, one axis a coordinate.
        """
        products = [
            (factor[:, first] * factor[:, second]).T
            for factor, (first, second) in zip(factors, self._pairs, strict=True)
        ]
        self.entries += along_axes(products, weights)

    def add_roughness(self, weight: float) -> None:
        """Add the squares of third differences along all coordinates."""
        for i, differences in enumerate(self._differences):
            matrix = differences.T @ differences
            parts = [
                matrix[first, second] if j == i else first == second
                for j, (first, second) in enumerate(self._pairs)
            ]
            self.entries += weight * reduce(np.multiply.outer, parts)

    def fix_constant(self) -> None:
        """Hold the best known coefficient near 0, where any constant fits alike."""
        itself = self.entries[tuple(slice(n) for n in self.shape)]
        itself[np.unravel_index(itself.argmax(), itself.shape)] *= 2.0

    def solve(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        """Coefficients for a right side, both in the shape of the basis.

        Raises
        ------
        ValueError
            When the sum of squares does not determine the coefficients.
        """
        rows = reduce(np.add.outer, self._places)
        ordered = np.empty(right.size)
        ordered[rows] = right
        lower: Any = {"lower": True, "overwrite_ab": True, "check_finite": False}
        try:
            return solveh_banded(self._bands(), ordered, **lower)[rows]
        except LinAlgError:
            # Far from all samples the squares of a thousand third differences in a row
            # determine what they do only to rounding; pivots do not mind.
            return self._solve_with_pivots(ordered)[rows]

    def _bands(self) -> NDArray[np.float64]:
        """The diagonal and the bands below it, as LAPACK wants them."""
        bands = np.zeros((self.n_bands, prod(self.shape)), order="F")
        one, other = (
            [
                place[pair[k]]
                for place, pair in zip(self._places, self._pairs, strict=True)
            ]
            for k in (0, 1)
        )
        # A pair along one coordinate goes with a pair along another in either order.
        for turned in product((False, True), repeat=len(self.shape) - 1):
            rows, columns = (
                reduce(
                    np.add.outer, [b if t else a for a, b, t in zip(*both, strict=True)]
                )
                for both in (
                    (one, other, (False, *turned)),
                    (other, one, (False, *turned)),
                )
            )
            bands[np.abs(rows - columns), np.minimum(rows, columns)] = self.entries
        return bands

    def _solve_with_pivots(self, right: NDArray[np.float64]) -> NDArray[np.float64]:
        below = self._bands()
        n = self.n_bands - 1
        above = np.zeros((n, right.size))
        for k in range(1, n + 1):
            above[n - k, k:] = below[k, : right.size - k]
        try:
            return solve_banded((n, n), np.vstack([above, below]), right)
        except LinAlgError as error:
            raise ValueError(
                "the samples do not determine a potential with these splines. Take "
                "more steps, or a larger scale."
            ) from error


def _overlapping(axis: UniformSplines) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Numbers of the splines of a coordinate that overlap, first with themselves."""
    n = axis.n_splines
    distances = np.arange(min(DEGREE, n - 1) + 1)
    first = np.tile(np.arange(n), len(distances))
    second = first + np.repeat(distances, n)
    if axis.periodic:
        return first, second % n
    return first[second < n], second[second < n]


def _numbering(splines: TensorSplines) -> tuple[list[NDArray[np.intp]], int]:
    """Terms of a coefficient's row, one array a coordinate, that need few bands."""
    places, reaches = [], []
    for axis in splines.axes:
        n = axis.n_splines
        place = np.arange(n)
        if axis.periodic:  # the two ways around a circle by turns
            place = np.where(2 * place < n, 2 * place, 2 * (n - place) - 1)
        first, second = _overlapping(axis)
        places.append(place)
        reaches.append(int(np.abs(place[first] - place[second]).max()))

    def strides(order: tuple[int, ...]) -> list[int]:
        return [
            prod(splines.shape[j] for j in order[order.index(i) + 1 :])
            for i in range(len(order))
        ]

    def n_bands(order: tuple[int, ...]) -> int:
        return 1 + sum(r * s for r, s in zip(reaches, strides(order), strict=True))

    best = min(permutations(range(len(places))), key=n_bands)
    rows = [place * s for place, s in zip(places, strides(best), strict=True)]
    return rows, n_bands(best)
