"""Projections onto the slow manifold from paths alone, without bursts."""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook._validation import check_count, finite_array
from msbook.integrators import Solution
from msbook.sampling.slow_fast_data import SlowFastData


def project_path(
    paths: Any, gap: int, window: int, n_points: int | None = None
) -> SlowFastData:
    r"""Project states of paths onto the slow manifold by means over time.

    .. math:: \mathcal P(x_k) \approx \frac{1}{2w} \sum_{j=g}^{g+w-1}
              (x_{k-j} + x_{k+j})

    While the slow variables hardly move, a path visits the fast fibre as bursts would.
    The gap :math:`g` on both sides keeps out the states that still know, or are still
    known by, where on its fibre the state is. Such projections are noisier than those
    of bursts, as one path holds fewer independent states, and are made up for by more
    points.

    Parameters
    ----------
    paths : Solution or array, shape (n_time, dim) or (n_traj, n_time, dim)
        States at even intervals of time.
    gap : int
        Intervals left out, :math:`g`: four to five times the fast relaxation time.
    window : int
        Intervals averaged over on either side, :math:`w`: many fast relaxation times,
        in which the slow variables move little beside the range that they have. Some
        twenty relaxation times are a start.
    n_points : int, optional
        Number of points, taken evenly; by default all with whole windows.

    Returns
    -------
    SlowFastData
        Points and projections, without covariances.

    Raises
    ------
    ValueError
        If an argument does not fit, or a path is shorter than its two windows.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.QuadraticSlowFast(eps=1e-3)
    >>> path = ms.solve(system, t_span=(0, 1.0), dt=1e-3, rng=0)
    >>> data = project_path(path, gap=5, window=20, n_points=500)
    >>> data.x.shape, data.projection.shape
    ((500, 2), (500, 2))

    References
    ----------
    The ergodic average in place of that over bursts of Zieliński & Hesthaven (2022),
    section 4.2.
    """
    gap, window = check_count("gap", gap), check_count("window", window)
    y = finite_array("paths", paths.y if isinstance(paths, Solution) else paths)
    if y.ndim not in (2, 3) or not y.size:
        raise ValueError(
            "paths must have shape (n_time, dim) or (n_traj, n_time, dim); got "
            f"{y.shape}."
        )
    y = y.reshape(-1, *y.shape[-2:])
    reach = gap + window - 1
    n_inner = y.shape[1] - 2 * reach
    if n_inner < 1:
        raise ValueError(
            f"paths must have more than the {2 * reach} states of two windows of "
            f"{window} with gaps of {gap}; got {y.shape[1]}."
        )
    # Sums of what is centred keep their digits.
    centre = y.mean(axis=(0, 1))
    sums = np.cumsum(np.pad(y - centre, ((0, 0), (1, 0), (0, 0))), axis=1)
    windows = sums[:, window:] - sums[:, :-window]
    before, after = windows[:, :n_inner], windows[:, reach + gap :]
    means = centre + (before + after) / (2 * window)
    x = y[:, reach : reach + n_inner].reshape(-1, y.shape[-1])
    data = SlowFastData(x, means.reshape(x.shape))
    if n_points is None:
        return data
    if check_count("n_points", n_points) > len(x):
        raise ValueError(
            f"n_points must lie between 1 and the {len(x)} states with whole windows; "
            f"got {n_points}."
        )
    return data[np.linspace(0, len(x) - 1, n_points).round().astype(int)]
