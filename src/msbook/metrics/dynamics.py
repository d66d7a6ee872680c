"""How alike two dynamics are: mean paths, autocorrelations, phase portraits."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import fftconvolve
from scipy.spatial import KDTree

from msbook._validation import check_count, finite_array
from msbook.metrics.checks import check_trajectories


class Estimate(NamedTuple):
    """An average over trajectories and its standard error.

    Parameters
    ----------
    value, standard_error : ndarray
        Of the same shape; with a single trajectory the standard error is NaN.
    """

    value: NDArray[np.float64]
    standard_error: NDArray[np.float64]


def mean_path(trajectories: ArrayLike) -> Estimate:
    r"""Average of an ensemble at every time.

    .. math:: \bar q(t_n) = \frac1M \sum_{\ell=1}^{M} q^{(\ell)}(t_n)

    Parameters
    ----------
    trajectories : array_like, shape (n_traj, n_time) or (n_traj, n_time, dim)
        Independent trajectories at the same times.

    Returns
    -------
    Estimate
        Value and standard error, of shape (n_time,) or (n_time, dim), in the units of
        the trajectories.

    Raises
    ------
    ValueError
        For trajectories that are empty, not finite or of another shape.

    Examples
    --------
    >>> from msbook.metrics import mean_path
    >>> mean_path([[0.0, 1.0, 2.0], [0.0, 3.0, 4.0]]).value
    array([0., 2., 3.])

    References
    ----------
    Li & Tao (2024), eq. (4.3).
    """
    paths = check_trajectories(trajectories)
    n_traj = len(paths)
    if n_traj == 1:
        return Estimate(paths[0], np.full(paths.shape[1:], np.nan))
    return Estimate(paths.mean(axis=0), paths.std(axis=0, ddof=1) / np.sqrt(n_traj))


def autocorrelation(trajectories: ArrayLike, n_lags: int) -> Estimate:
    r"""Normalised autocorrelation, component by component.

    .. math:: \rho(\tau) = \frac{\mathbb{E}[q_t\, q_{t+\tau}] - \mathbb{E}[q_t]\,
              \mathbb{E}[q_{t+\tau}]}{\operatorname{var} q}

    All averages run over the trajectories and over the times at which both factors are
    known. The standard error is that of the jackknife: the average is repeated with
    each trajectory left out in turn.

    Parameters
    ----------
    trajectories : array_like, shape (n_traj, n_time) or (n_traj, n_time, dim)
        Independent trajectories, sampled at equal intervals.
    n_lags : int
        Number of lags, the lag zero included; at most ``n_time``.

    Returns
    -------
    Estimate
        Value and standard error, of shape (n_lags,) or (n_lags, dim), without unit;
        the value at lag zero is one.

    Raises
    ------
    ValueError
        For trajectories or lags that cannot be used, or a component that is constant.

    Examples
    --------
    The correlation of an autoregression of order one falls by the same factor a step:

    >>> import numpy as np
    >>> from scipy.signal import lfilter
    >>> from msbook.metrics import autocorrelation
    >>> noise = np.random.default_rng(0).normal(size=(400, 1000))
    >>> paths = lfilter([1.0], [1.0, -0.5], noise)
    >>> autocorrelation(paths, 4).value.round(2)
    array([1.  , 0.5 , 0.25, 0.12])

    References
    ----------
    Li & Tao (2024), eq. (4.4).
    """
    given = check_trajectories(trajectories)
    n_traj, n_time = given.shape[:2]
    if not check_count("n_lags", n_lags) <= n_time:
        raise ValueError(
            f"n_lags must lie between 1 and the {n_time} times of a trajectory; got "
            f"{n_lags}."
        )
    # A common offset changes nothing, and without it fewer digits are lost.
    paths = given.reshape(n_traj, n_time, -1)
    paths = paths - paths.mean(axis=(0, 1))
    products, early, late = _lagged_sums(paths, n_lags)
    if not np.all(products[:, 0].sum(axis=0) > 0):
        raise ValueError(
            "a component is constant on all trajectories and has no autocorrelation; "
            "leave it out."
        )
    pairs = (n_time - np.arange(n_lags))[:, None]
    sums = np.stack((products, early, late))
    total = sums.sum(axis=1)
    value = _correlation(total, n_traj * pairs)
    error = np.full(value.shape, np.nan)
    if n_traj > 1:
        without = _correlation(total[:, None] - sums, (n_traj - 1) * pairs)
        error = without.std(axis=0) * np.sqrt(n_traj - 1)
    shape = (n_lags, *given.shape[2:])
    return Estimate(value.reshape(shape), error.reshape(shape))


def phase_portrait_distance(a: ArrayLike, b: ArrayLike) -> float:
    r"""Mean distance between two curves in phase space.

    .. math:: d(a, b) = \frac12 \Bigl(
              \frac1n \sum_{i=1}^{n} \operatorname{dist}(a_i, \bar b)
              + \frac1m \sum_{j=1}^{m} \operatorname{dist}(b_j, \bar a) \Bigr),

    where :math:`\bar a` and :math:`\bar b` join the points in their order by straight
    lines. Neither the times nor the starting points matter, only where the curves lie,
    and coarse steps along the same curve cost no more than the bend between them. The
    distance to a line is that to the two segments at its nearest point.

    Parameters
    ----------
    a, b : array_like, shapes (n, dim) and (m, dim)
        Points of the two trajectories, in order, at least two each. Positions and
        momenta enter alike: bring them to comparable units before.

    Returns
    -------
    float
        Euclidean distance, in the units of the coordinates.

    Raises
    ------
    ValueError
        For points that are not finite or whose shapes do not fit together.

    Examples
    --------
    Two concentric circles, sampled differently:

    >>> import numpy as np
    >>> from msbook.metrics import phase_portrait_distance
    >>> def circle(radius, n):
    ...     angle = np.linspace(0, 2 * np.pi, n)
    ...     return radius * np.column_stack((np.cos(angle), np.sin(angle)))
    >>> round(phase_portrait_distance(circle(1.0, 200), circle(1.1, 1000)), 3)
    0.1

    References
    ----------
    Li & Tao (2024), figures 3, 5 and 8, which are compared there by eye.
    """
    first, second = finite_array("a", a), finite_array("b", b)
    for name, curve in (("a", first), ("b", second)):
        if curve.ndim != 2 or len(curve) < 2 or not curve.size:
            raise ValueError(
                f"{name} must be a curve of two or more points in shape (n, dim); got "
                f"shape {curve.shape}."
            )
    if first.shape[1] != second.shape[1]:
        raise ValueError(
            "both curves must lie in the same space; got shapes "
            f"{first.shape} and {second.shape}."
        )
    there, back = _distances(first, second), _distances(second, first)
    return float(there.mean() + back.mean()) / 2


def _distances(points: NDArray[Any], curve: NDArray[Any]) -> NDArray[np.float64]:
    """Distance of points to the polygon through a curve's points."""
    nearest = KDTree(curve).query(points)[1]
    last = len(curve) - 1
    to_segments = [
        _to_segment(points, curve[nearest], curve[np.clip(nearest + step, 0, last)])
        for step in (-1, 1)
    ]
    return np.minimum(*to_segments)


def _to_segment(
    points: NDArray[Any], start: NDArray[Any], end: NDArray[Any]
) -> NDArray[np.float64]:
    along, offset = end - start, points - start
    squared = np.sum(along**2, axis=1)
    share = np.sum(offset * along, axis=1) / np.where(squared > 0, squared, 1.0)
    foot = np.clip(share, 0.0, 1.0)[:, None] * along
    return np.linalg.norm(offset - foot, axis=1)


def _lagged_sums(
    paths: NDArray[Any], n_lags: int
) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Sums over a trajectory's pairs: of products, of earlier and of later values."""
    n_time = paths.shape[1]
    full = fftconvolve(paths, paths[:, ::-1], axes=1)
    products = full[:, n_time - 1 : n_time - 1 + n_lags]
    partial = np.cumsum(paths, axis=1)
    early = partial[:, ::-1][:, :n_lags]
    late = partial[:, -1:] - (partial - paths)[:, :n_lags]
    return products, early, late


def _correlation(sums: NDArray[Any], pairs: NDArray[Any]) -> NDArray[np.float64]:
    products, early, late = sums
    covariance = products / pairs - early * late / pairs**2
    return covariance / covariance[..., :1, :]
