"""Distances between laws."""

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray


def kolmogorov_distance(
    sample: ArrayLike, reference: ArrayLike | Callable[[NDArray], ArrayLike]
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
    values = np.sort(_sample("sample", sample), axis=0)
    n = len(values)
    steps = np.arange(n + 1).reshape(-1, *(1,) * (values.ndim - 1)) / n
    if callable(reference):
        cdf = np.asarray(reference(values), dtype=np.float64)
        above, below = steps[1:] - cdf, cdf - steps[:-1]
        return np.maximum(above, below).max(axis=0)
    other = np.sort(_sample("reference", reference), axis=0)
    if other.shape[1:] != values.shape[1:]:
        raise ValueError(
            "both samples must have the same columns; got shapes "
            f"{values.shape} and {other.shape}."
        )
    columns = zip(values.reshape(n, -1).T, other.reshape(len(other), -1).T, strict=True)
    distances = [_between_samples(a, b) for a, b in columns]
    return np.array(distances).reshape(values.shape[1:])


def _between_samples(a: NDArray, b: NDArray) -> float:
    points = np.concatenate((a, b))
    difference = np.searchsorted(a, points, side="right") / len(a) - np.searchsorted(
        b, points, side="right"
    ) / len(b)
    return np.abs(difference).max()


def _sample(name: str, values: ArrayLike) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in (1, 2) or not array.size or not np.isfinite(array).all():
        raise ValueError(
            f"{name} must hold finite numbers in shape (n,) or (n, dim) with n ≥ 1; "
            f"got shape {array.shape}."
        )
    return array
