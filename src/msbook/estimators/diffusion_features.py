"""Which features a coarse equation needs, by diffusion maps."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.linalg import eigh
from scipy.spatial import KDTree
from scipy.spatial.distance import pdist, squareform

from msbook.estimators.field_derivatives import Feature, pointwise_data
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led_forecasting import check_trajectories

_N_NEIGHBOURS = 20


def diffusion_coordinates(
    points: NDArray[np.float64], n_coordinates: int
) -> NDArray[np.float64]:
    r"""Leading coordinates of a cloud of points, whatever its density.

    .. math:: K_{ij} = e^{-|x_i - x_j|^2/\epsilon}, \qquad
              \tilde K_{ij} = \frac{K_{ij}}{q_i q_j}, \; q_i = \sum_j K_{ij}, \qquad
              \tilde K \varphi = \lambda\, D \varphi, \; D_{ii} = \sum_j \tilde K_{ij}

    The constant :math:`\varphi_0` is left out, and :math:`\epsilon` is a fifth of the
    median squared distance.

    Parameters
    ----------
    points : ndarray, shape (n, n_features)
        Of the size of one.
    n_coordinates : int

    Returns
    -------
    ndarray, shape (n, n_coordinates)
        Each with mean square one, the slowest first.

    Examples
    --------
    On an interval they are cosines:

    >>> import numpy as np
    >>> from msbook.estimators.diffusion_features import diffusion_coordinates
    >>> x = np.linspace(0, 1, 200)[:, None]
    >>> first = diffusion_coordinates(x, 1)[:, 0]
    >>> bool(abs(np.corrcoef(first, np.cos(np.pi * x[:, 0]))[0, 1]) > 0.99)
    True

    References
    ----------
    Coifman & Lafon (2006), Diffusion maps, with their :math:`\alpha = 1`.
    """
    squares = pdist(points, "sqeuclidean")
    kernel = np.exp(-squareform(squares) / (np.median(squares) / 5))
    density = kernel.sum(axis=1)
    kernel /= density[:, None] * density
    root = np.sqrt(kernel.sum(axis=1))
    n = len(points)
    window = (n - 1 - n_coordinates, n - 2)
    vectors = eigh(kernel / (root[:, None] * root), subset_by_index=window)[1]
    coordinates = vectors[:, ::-1] / root[:, None]
    return coordinates / np.sqrt((coordinates**2).mean(axis=0))


def feature_ranking(
    X: ArrayLike,
    *,
    n_fields: int = 2,
    dt: float = 1.0,
    dx: float = 1.0,
    n_chosen: int = 3,
    n_coordinates: int = 8,
    n_samples: int = 1500,
    random_state: int | None = None,
) -> list[list[tuple[Feature, ...]]]:
    """Sets of features that can stand for all of them, for each field, best first.

    The features of all cells and times lie near a surface of few dimensions. Its
    diffusion coordinates that best predict the time derivative of a field span what
    its equation needs; a set of features is as good as it predicts these coordinates.
    Both predictions are local linear fits to the nearest neighbours, the point itself
    left out.

    Parameters
    ----------
    X : array_like, shape (n_traj, n_time, dim)
        Trajectories on one time grid.
    n_fields, dt, dx
        As in :class:`msbook.estimators.CoarsePDE`.
    n_chosen : int
        Features of a set, and diffusion coordinates that are kept.
    n_coordinates : int
        Leading coordinates to choose these from.
    n_samples : int
        Points that are drawn.
    random_state : int, optional
        Fixes the points.

    Returns
    -------
    list of list of tuple of (int, int)
        For each field all sets of ``n_chosen`` features, as pairs of a field and the
        order of its derivative.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.estimators import feature_ranking
    >>> t, x = np.arange(21)[:, None] * 0.1, np.arange(0.025, 1, 0.05)
    >>> wave = np.exp(-0.1 * np.pi**2 * t) * np.cos(np.pi * x)
    >>> ranking = feature_ranking(
    ...     wave[None], n_fields=1, dt=0.1, dx=0.05, n_chosen=1, random_state=0
    ... )
    >>> sorted(ranking[0])
    [((0, 0),), ((0, 1),), ((0, 2),)]

    References
    ----------
    Lee et al. (2020), section V, for the idea: coordinates by what they predict, and
    features by how they predict the coordinates. Local linear fits and the numbers are
    ours.
    """
    trajectories = check_trajectories("X", X)
    features, rates, derivatives = pointwise_data(trajectories, n_fields, dt, dx)
    rng = np.random.default_rng(random_state)
    drawn = rng.choice(len(features), min(n_samples, len(features)), replace=False)
    points = FieldScaling.of(features, None).scaled(features)[drawn]
    targets = FieldScaling.of(rates, None).scaled(rates)[drawn]
    coordinates = diffusion_coordinates(points, n_coordinates)
    ranking = []
    for target in targets.T:
        kept = min(
            combinations(range(n_coordinates), n_chosen),
            key=lambda some: local_linear_error(coordinates[:, some], target[:, None]),
        )
        sets = sorted(
            combinations(range(points.shape[1]), n_chosen),
            key=lambda some: local_linear_error(points[:, some], coordinates[:, kept]),
        )
        ranking.append(
            [tuple(derivatives.features[k] for k in some) for some in sets]
        )
    return ranking


def local_linear_error(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Mean squared error of leaving one out, shapes (n, d) and (n, n_outputs)."""
    _, nearest = KDTree(x).query(x, k=_N_NEIGHBOURS + 1)
    near = nearest[:, 1:]
    shifts = x[near] - x[:, None]
    ones = np.ones((*near.shape, 1))
    design = np.concatenate((ones, shifts), axis=-1)
    # A trace of ridge, for neighbours that lie in a plane.
    gram = np.swapaxes(design, 1, 2) @ design
    ridge = 1e-6 * np.trace(gram, axis1=1, axis2=2)[:, None, None]
    gram += ridge * np.eye(design.shape[-1])
    fitted = np.linalg.solve(gram, np.swapaxes(design, 1, 2) @ y[near])
    return float(((fitted[:, 0] - y) ** 2).mean())
