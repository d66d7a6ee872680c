"""A potential from the density of a run: maximum likelihood on splines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import LARGEST, check_between, check_kind, finite_array
from msbook.estimators.effective_potential.checks import check_histogram
from msbook.estimators.effective_potential.normal_equations import (
    NormalMatrix,
    along_axes,
)
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.sampling.large_steps.result import LargeSteps

_MOST_ITERATIONS = 100
_TOLERANCE = 1e-3  # of the logarithm of the likelihood, whose noise is of order one
_HIGHEST_RISE = 5.0  # of the logarithm of the greatest density in a step
_SLOPE = 0.1  # share of the expected gain that a step must bring


def gibbs_temperature(run: LargeSteps) -> float:
    r"""Temperature of the Gibbs law at the midpoints of large steps.

    .. math:: T = \frac{1}{2 d} \operatorname{Tr} \bigl( (I + A)\,
              \mathbb{E}[p p^\top] \bigr)

    For unit mass and a quadratic potential it is exact at any step. The whole steps,
    and the plain variance of the momentum as temperature, are not.

    Parameters
    ----------
    run : LargeSteps

    Returns
    -------
    float
        In units of energy.

    References
    ----------
    Li & Tao (2024), eq. (3.5), corrected; see :doc:`/book/reference/errata`.
    """
    check_kind("run", run, LargeSteps, "the LargeSteps that a run of large steps made")
    momenta = run.momentum_covariance
    return float(np.trace(momenta + run.decay @ momenta)) / (2 * len(momenta))


def fit_density(
    splines: TensorSplines,
    edges: Sequence[ArrayLike],
    counts: ArrayLike,
    temperature: float,
    start: ArrayLike | None = None,
) -> NDArray[np.float64]:
    r"""Fit the potential of a Gibbs law to a histogram.

    .. math:: \max_c \sum_b \bigl( n_b \eta_b - e^{\eta_b} \bigr)
              - \frac{1}{2 T^2} \sum (\Delta^3 c)^2,
              \qquad \eta_b = -\frac1T \sum_i c_i \bar\varphi_i^{\,b} ,

    the likelihood of Poisson counts :math:`n_b` in bins of equal size, found by
    Newton's iteration. Empty bins count as what they are. The last sum weighs as much
    as one sample a knot and continues the potential as a parabola where no sample is.

    Parameters
    ----------
    splines : TensorSplines
        Basis of the potential.
    edges : tuple of array_like, each shape (n_bins + 1,)
        Edges of equidistant bins, one array a coordinate.
    counts : array_like, shape (n_bins, ...)
        Samples in each bin, one axis a coordinate.
    temperature : float
        :math:`T` of the Gibbs law, in units of energy.
    start : array_like, optional
        Coefficients of a similar potential, from which the iteration starts; up to a
        constant.

    Returns
    -------
    ndarray
        Coefficients in the shape of the basis, in units of energy.

    Raises
    ------
    ValueError
        When the bins are empty or not equal, the arguments do not fit each other, or
        the iteration does not end.

    References
    ----------
    Li & Tao (2024), eq. (3.9), with its sign corrected; see
    :doc:`/book/reference/errata`.
    """
    numbers = check_histogram(splines, edges, counts)
    for along in edges:
        widths = np.diff(np.asarray(along, dtype=float))
        if not np.allclose(widths, widths[0], atol=0.0):
            raise ValueError(
                "edges must rise by equal steps, as those of numpy.linspace; got steps "
                f"from {widths.min():g} to {widths.max():g}."
            )
    temperature = check_between("temperature", temperature, 0.0, LARGEST)
    means, roughness = splines.bin_means(edges), splines.roughness()
    transposed = [factor.T for factor in means]

    def solve(weights: NDArray, right: NDArray) -> NDArray[np.float64]:
        matrix = NormalMatrix(splines)
        matrix.add_squares(means, weights)
        matrix.add_roughness(1.0)
        return matrix.solve(right)

    def roughen(logarithms: NDArray) -> NDArray[np.float64]:
        return (roughness @ logarithms.ravel()).reshape(splines.shape)

    if start is None:
        # The logarithms of the counts, each as certain as its number.
        weights = np.maximum(numbers, 0.1)
        right = along_axes(transposed, weights * np.log(weights))
        logarithms = solve(weights, right)
    else:
        known = finite_array("start", start)
        if known.shape != splines.shape:
            raise ValueError(
                f"start must have the shape of the basis, {splines.shape}; got "
                f"{known.shape}."
            )
        logarithms = -known / temperature
        logarithms += np.log(
            numbers.sum() / np.exp(along_axes(means, logarithms)).sum()
        )

    def likelihood(logarithms: NDArray) -> float:
        etas = along_axes(means, logarithms)
        rough = np.vdot(logarithms, roughen(logarithms))
        return np.vdot(numbers, etas) - np.exp(etas).sum() - rough / 2

    for _ in range(_MOST_ITERATIONS):
        etas = along_axes(means, logarithms)
        expected = np.exp(etas)
        residual = along_axes(transposed, numbers - expected) - roughen(logarithms)
        step = solve(expected, residual)
        gain = np.vdot(residual, step)
        if gain < _TOLERANCE:
            return -temperature * logarithms
        # The likelihood is concave: a fraction of Newton's step always improves it.
        # Where the density is low a long step harms nothing; at its peak the
        # exponential would overflow.
        least = likelihood(logarithms)
        headroom = np.log(expected.max()) + _HIGHEST_RISE - etas
        step /= max(1.0, (along_axes(means, step) / headroom).max())
        while likelihood(logarithms + step) < least + _SLOPE * np.vdot(residual, step):
            step /= 2
        logarithms = logarithms + step
    raise ValueError(
        f"the density could not be fitted in {_MOST_ITERATIONS} iterations; the "
        f"logarithm of its likelihood may still grow by {gain:.2g}. Take more samples "
        "or a larger scale."
    )
