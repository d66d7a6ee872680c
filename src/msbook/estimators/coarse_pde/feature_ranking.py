"""Which features a coarse equation needs, by leaving one point out."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.spatial import KDTree

from msbook._validation import (
    LARGEST,
    check_between,
    check_count,
    check_rng,
)
from msbook.estimators.coarse_pde.field_derivatives import Feature, pointwise_data
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.state_checks import check_trajectories

_N_NEIGHBOURS = 20


def feature_ranking(
    X: ArrayLike,
    *,
    n_fields: int = 2,
    dt: float = 1.0,
    dx: float = 1.0,
    n_chosen: int = 3,
    n_samples: int = 3000,
    random_state: int | None = None,
) -> list[list[tuple[Feature, ...]]]:
    """Sets of features of one size for the rate of each field, the best first.

    A set is as good as it predicts the time derivative of the field at a point from
    those at the nearest other points, by a local linear fit.

    Lee et al. go by way of diffusion maps: features that predict those coordinates of
    the cloud of points which predict the time derivative. On FitzHugh–Nagumo that
    choice changed with the points drawn, and left out the second derivatives
    without which the equation is not well posed.

    Parameters
    ----------
    X : array_like, shape (n_traj, n_time, dim)
        Trajectories on one time grid.
    n_fields, dt, dx
        As in :class:`msbook.estimators.CoarsePDE`.
    n_chosen : int
        Features of a set.
    n_samples : int
        Points that are drawn from all cells and times.
    random_state : int, optional
        Fixes the points.

    Returns
    -------
    list of list of tuple of (int, int)
        For each field all sets of ``n_chosen`` features, as pairs of a field and the
        order of its derivative.

    Raises
    ------
    ValueError
        If the trajectories do not fit or have too few points, or ``n_chosen`` is not a
        number of features.

    Examples
    --------
    Two modes that diffuse:

    >>> import numpy as np
    >>> from msbook.estimators import feature_ranking
    >>> t, x = np.arange(21)[:, None] * 0.1, np.arange(0.01, 1, 0.02)
    >>> u = sum(np.exp(-0.1 * (k * np.pi) ** 2 * t) * np.cos(k * np.pi * x)
    ...         for k in (1, 2))
    >>> feature_ranking(
    ...     u[None], n_fields=1, dt=0.1, dx=0.02, n_chosen=1, random_state=0
    ... )[0][0]
    ((0, 2),)

    References
    ----------
    Lee et al. (2020), for the question.
    """
    trajectories = check_trajectories("X", X)
    n_fields, n_samples, n_chosen = (
        check_count(name, value)
        for name, value in (
            ("n_fields", n_fields),
            ("n_samples", n_samples),
            ("n_chosen", n_chosen),
        )
    )
    dt, dx = (check_between(n, v, 0.0, LARGEST) for n, v in (("dt", dt), ("dx", dx)))
    rng = check_rng(random_state, "random_state")
    features, rates, derivatives = pointwise_data(trajectories, n_fields, dt, dx)
    n_features = features.shape[1]
    if min(n_samples, len(features)) <= _N_NEIGHBOURS:
        raise ValueError(
            f"a ranking takes more than {_N_NEIGHBOURS} points; got "
            f"{min(n_samples, len(features))}. Raise n_samples, or give more states."
        )
    if n_chosen > n_features:
        raise ValueError(
            f"n_chosen must lie between 1 and the number of features, {n_features}; "
            f"got {n_chosen!r}."
        )
    drawn = rng.choice(len(features), min(n_samples, len(features)), replace=False)
    points = FieldScaling.of(features).scaled(features)[drawn]
    targets = FieldScaling.of(rates).scaled(rates)[drawn]
    sets = list(combinations(range(n_features), n_chosen))
    errors = np.stack([_errors(points[:, some], targets) for some in sets], axis=-1)
    return [
        [tuple(derivatives.features[k] for k in sets[best]) for best in order]
        for order in errors.argsort(axis=1).tolist()
    ]


def _errors(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean squared errors (n_outputs,) of predicting (n, n_outputs) from (n, d)."""
    near = np.asarray(KDTree(x).query(x, k=_N_NEIGHBOURS + 1)[1])[:, 1:]
    shifts = x[near] - x[:, None]
    design = np.concatenate((np.ones((*near.shape, 1)), shifts), axis=-1)
    transposed = np.swapaxes(design, 1, 2)
    gram = transposed @ design
    # A trace of ridge, for neighbours that lie in a plane.
    ridge = 1e-6 * np.trace(gram, axis1=1, axis2=2)[:, None, None]
    gram += ridge * np.eye(design.shape[-1])
    predicted = np.linalg.solve(gram, transposed @ y[near])[:, 0]
    return ((predicted - y) ** 2).mean(axis=0)
