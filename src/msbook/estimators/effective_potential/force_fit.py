"""A potential from the forces along a run: least squares on spline derivatives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array
from msbook.estimators.effective_potential.checks import check_histogram
from msbook.estimators.effective_potential.normal_equations import (
    NormalMatrix,
    along_axes,
)
from msbook.estimators.effective_potential.splines import TensorSplines


def fit_forces(
    splines: TensorSplines,
    edges: Sequence[ArrayLike],
    counts: ArrayLike,
    force_sums: ArrayLike,
) -> NDArray[np.float64]:
    r"""Fit a potential to gradients that were summed over bins.

    .. math:: \min_c \sum_b n_b \Bigl\lVert \bar g_b
              - \sum_i c_i \overline{\nabla\varphi_i}^{\,b} \Bigr\rVert^2
              + \sum \Bigl( \frac{\Delta^3 c}{h} \Bigr)^2 ,

    where :math:`\bar g_b` is the mean gradient of the :math:`n_b` samples in bin
    :math:`b` and :math:`\overline{\nabla\varphi_i}^{\,b}` the mean over the bin of a
    basis function's gradient. Ripples shorter than the knot spacing :math:`h` average
    out. No temperature is needed. The last sum weighs as much as one sample a knot; it
    decides nothing but what no sample has visited, and lets the force go on linearly
    there.

    Parameters
    ----------
    splines : TensorSplines
        Basis of the potential.
    edges : tuple of array_like, each shape (n_bins + 1,)
        Edges of the bins, one array a coordinate.
    counts : array_like, shape (n_bins, ...)
        Samples in each bin, one axis a coordinate.
    force_sums : array_like, shape (n_bins, ..., dim)
        Sums of their gradients, in units of energy over length.

    Returns
    -------
    ndarray
        Coefficients in the shape of the basis, in units of energy; up to a constant.

    Raises
    ------
    ValueError
        When the bins are empty, or the arguments do not fit each other.
    """
    numbers = check_histogram(splines, edges, counts)
    sums = finite_array("force_sums", force_sums)
    if sums.shape != (*numbers.shape, numbers.ndim):
        raise ValueError(
            "force_sums must have the shape of counts and the components of a force "
            f"last, {(*numbers.shape, numbers.ndim)}; got {sums.shape}."
        )
    matrix = NormalMatrix(splines)
    matrix.add_roughness(1 / splines.axes[0].spacing ** 2)
    right = np.zeros(splines.shape)
    for i in range(numbers.ndim):
        slopes = splines.bin_means(edges, along=i)
        matrix.add_squares(slopes, numbers)
        right += along_axes([means.T for means in slopes], sums[..., i])
    matrix.fix_constant()
    return matrix.solve(right)
