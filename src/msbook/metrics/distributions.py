"""Distances between laws."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from msbook._validation import check_callable, check_count, check_rng, finite_array
from msbook.metrics.checks import check_sample


def kolmogorov_distance(
    sample: ArrayLike, reference: ArrayLike | Callable[[NDArray[Any]], ArrayLike]
) -> NDArray[np.float64]:
    r"""Largest difference of two distribution functions, column by column.

    .. math:: d = \sup_s \lvert F_n(s) - F(s) \rvert

    For a sample of size :math:`n` from the reference itself the distance is about
    :math:`0.87 / \sqrt n`.

    Parameters
    ----------
    sample : array_like, shape (n,) or (n, dim)
    reference : array_like, shape (m,) or (m, dim), or callable
        A second sample, or a continuous distribution function that takes an array
        of the sample's shape, value by value.

    Returns
    -------
    ndarray, shape () or (dim,)

    Raises
    ------
    ValueError
        For empty or non-finite samples, or samples of different dimension.

    Examples
    --------
    >>> import numpy as np
    >>> from scipy.stats import norm
    >>> from msbook.metrics import kolmogorov_distance
    >>> sample = np.random.default_rng(0).normal(size=(10_000, 2))
    >>> bool(np.all(kolmogorov_distance(sample, norm.cdf) < 0.02))
    True
    """
    values = np.sort(check_sample("sample", sample), axis=0)
    n = len(values)
    steps = np.arange(n + 1).reshape(-1, *(1,) * (values.ndim - 1)) / n
    if callable(reference):
        cdf = finite_array("what reference returns", reference(values))
        if cdf.shape != values.shape:
            raise ValueError(
                f"reference must return values of the sample's shape, {values.shape}; "
                f"got {cdf.shape}."
            )
        above, below = steps[1:] - cdf, cdf - steps[:-1]
        return np.maximum(above, below).max(axis=0)
    _, others = _two_samples(sample, reference)
    pairs = zip(_columns(values), _columns(np.sort(others, axis=0)), strict=True)
    distances = [_between_samples(a, b) for a, b in pairs]
    return np.array(distances).reshape(values.shape[1:])


def wasserstein_distance(
    sample: ArrayLike, reference: ArrayLike
) -> NDArray[np.float64]:
    r"""Wasserstein-1 distance of two samples, column by column.

    .. math:: W_1 = \int_0^1 \lvert F_\mathrm{sample}^{-1}(u)
              - F_\mathrm{reference}^{-1}(u) \rvert\,du

    Parameters
    ----------
    sample : array_like, shape (n,) or (n, dim)
    reference : array_like, shape (m,) or (m, dim)

    Returns
    -------
    ndarray, shape () or (dim,)
        In the units of the samples. The mean over the columns is the distance that
        the reference below gives for random vectors.

    Raises
    ------
    ValueError
        For empty or non-finite samples, or samples of different dimension.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import wasserstein_distance
    >>> x = np.random.default_rng(0).normal(size=1000)
    >>> float(wasserstein_distance(x + 0.5, x).round(6))
    0.5

    References
    ----------
    Vlachas et al. (2022), eq. (24).
    """
    values, others = _two_samples(sample, reference)
    pairs = zip(_columns(values), _columns(others), strict=True)
    distances = [stats.wasserstein_distance(a, b) for a, b in pairs]
    return np.reshape(distances, values.shape[1:])


def histogram_distance(sample: ArrayLike, reference: ArrayLike) -> float:
    r"""Integrated difference of two histograms on a common grid.

    .. math:: d = \int \lvert h_\mathrm{sample}(s) - h_\mathrm{reference}(s)
              \rvert\,ds

    Both histograms have the integral 1, so that the distance lies between 0 and 2. The
    grid covers both samples with equal cells, by Rice's rule
    :math:`N = \lceil 2 \sqrt[3]{n} \rceil` of them for the smaller sample; in several
    dimensions the histogram is the joint one, with
    :math:`\lceil N^{1/d} \rceil` cells along each axis.

    Parameters
    ----------
    sample : array_like, shape (n,) or (n, dim)
        At most three columns; take more of them one at a time.
    reference : array_like, shape (m,) or (m, dim)

    Returns
    -------
    float

    Raises
    ------
    ValueError
        For empty or non-finite samples, of different dimension or of more than three.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import histogram_distance
    >>> x = np.random.default_rng(0).uniform(size=(100_000, 1))
    >>> abs(round(histogram_distance(x, x + 0.5), 1))
    1.0

    References
    ----------
    Vlachas et al. (2022), section 7.3, where the distance is one of random vectors.
    """
    values, others = (a.reshape(len(a), -1) for a in _two_samples(sample, reference))
    dim = values.shape[1]
    if dim > 3:
        raise ValueError(
            f"a joint histogram is for at most 3 columns; got {dim}. Compare them one "
            "at a time, x[:, i]."
        )
    n_cells = np.ceil(2 * min(len(values), len(others)) ** (1 / 3))
    n_bins = int(np.ceil(round(n_cells ** (1 / dim), 9)))
    both = np.concatenate((values, others))
    limits = list(zip(both.min(axis=0), both.max(axis=0), strict=True))
    first, second = (
        np.histogramdd(a, bins=n_bins, range=limits)[0] / len(a)
        for a in (values, others)
    )
    return float(np.abs(first - second).sum())


def self_similar_error(
    sample: ArrayLike,
    distance: Callable[[NDArray[Any], NDArray[Any]], ArrayLike],
    *,
    n_resamples: int = 10,
    rng: int | np.random.Generator | None = None,
) -> NDArray[np.float64]:
    """Distances between two samples of one law: the floor of any model of it.

    The law is that of the sample itself. Two samples of its size are drawn from it,
    rows with replacement, and compared, again and again.

    Parameters
    ----------
    sample : array_like, shape (n, ...)
        Independent rows: where times follow each other, let a row be a trajectory and
        have ``distance`` unfold it.
    distance : callable
        ``distance(a, b)`` of two arrays of the sample's shape, such as
        :func:`wasserstein_distance`.
    n_resamples : int
        How many pairs.
    rng : int or numpy.random.Generator, optional
        Seed or source of the randomness.

    Returns
    -------
    ndarray, shape (n_resamples, ...)
        The distances, as many as asked.

    Raises
    ------
    ValueError
        For fewer than two rows or no resamples.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import self_similar_error, wasserstein_distance
    >>> x = np.random.default_rng(0).normal(size=10_000)
    >>> floor = self_similar_error(x, wasserstein_distance, rng=1)
    >>> bool(0.005 < np.median(floor) < 0.03)
    True
    """
    rows, n_resamples = (
        finite_array("sample", sample),
        check_count("n_resamples", n_resamples),
    )
    if rows.ndim == 0 or len(rows) < 2 or not rows.size:
        raise ValueError(f"sample must have two or more rows; got shape {rows.shape}.")
    check_callable(
        "distance",
        distance,
        "a function of two samples, such as msbook.metrics.wasserstein_distance",
    )
    random = check_rng(rng)
    pairs = random.integers(len(rows), size=(n_resamples, 2, len(rows)))
    return np.array([distance(rows[first], rows[second]) for first, second in pairs])


def _between_samples(a: NDArray[Any], b: NDArray[Any]) -> float:
    points = np.concatenate((a, b))
    difference = np.searchsorted(a, points, side="right") / len(a) - np.searchsorted(
        b, points, side="right"
    ) / len(b)
    return np.abs(difference).max()


def _two_samples(
    sample: ArrayLike, reference: ArrayLike
) -> tuple[NDArray[Any], NDArray[Any]]:
    values = check_sample("sample", sample)
    others = check_sample("reference", reference)
    if values.shape[1:] != others.shape[1:]:
        raise ValueError(
            "sample and reference must have the same columns; got shapes "
            f"{values.shape} and {others.shape}."
        )
    return values, others


def _columns(values: NDArray[Any]) -> NDArray[Any]:
    return values.reshape(len(values), -1).T
