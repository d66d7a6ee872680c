"""Projections of points along their fast fibres onto the slow manifold."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import (
    check_count,
    check_positive,
    check_rng,
    check_states,
    finite_array,
)
from msbook.integrators import Solution
from msbook.integrators.solver import Seed
from msbook.sampling.burst_lengths import default_tau
from msbook.sampling.bursts import Source, burst_simulator, bursts, check_points
from msbook.sampling.covariances import check_covariance, exact_covariance
from msbook.sampling.slow_fast_data import SlowFastData
from msbook.sampling.times import check_times
from msbook.systems import SDE, ReactionNetwork, SlowFast


def project(
    source: Source | np.ndarray,
    paths: Any,
    n_points: int | None = None,
    n_bursts: int = 250,
    *,
    t: ArrayLike | None = None,
    tau: float | None = None,
    dt: float | None = None,
    covariance: ArrayLike | None = None,
    rng: Seed = None,
    executor: Executor | None = None,
) -> SlowFastData:
    r"""Project points of a trajectory onto the slow manifold by bursts.

    .. math:: \mathcal P(x) \approx \frac1J \sum_{j=1}^{J} X_\tau^{x, (j)}

    Parameters
    ----------
    source : system, callable, or array of shape (n_points, n_bursts, dim)
        A system or a burst simulator (see :func:`burst_simulator`), or the end points
        of bursts already made.
    paths : Solution or array, shape (..., dim)
        Trajectories, from which points are taken evenly; with an array of end points,
        their starts.
    n_points : int, optional
        Number of points; by default all.
    n_bursts : int
        Bursts from each point.
    t : float or array, shape (n_time,) or (...), optional
        Times of the points, for a system that depends on time; a Solution knows them.
    tau : float, optional
        Length of a burst; by default four relaxation times of a slow–fast system, and
        what :func:`choose_tau` finds for other systems.
    dt : float, optional
        Largest step of the bursts.
    covariance : array, shape (n_points, dim, dim), optional
        Local covariances of points given with their bursts. For systems they are
        computed.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.
    executor : concurrent.futures.Executor, optional
        Who computes the bursts, see :func:`msbook.solve`.

    Returns
    -------
    SlowFastData
        Points, projections and covariances.

    Raises
    ------
    ValueError
        If an argument does not fit; the message says how to mend it.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.QuadraticSlowFast(n_slow=2, n_fast=8)
    >>> paths = ms.solve(system, t_span=(0.0, 0.4), dt=1e-4, rng=0)
    >>> data = project(system, paths, n_points=2000, n_bursts=250, rng=1)
    >>> data.x.shape, data.projection.shape, data.covariance.shape
    ((2000, 10), (2000, 10), (2000, 10, 10))

    References
    ----------
    Zieliński & Hesthaven (2022), section 4.2.
    """
    given = isinstance(source, np.ndarray)
    if not given:
        burst_simulator(source, dt, executor)  # says what a source must be
    x, times = _points_and_times(paths, t)
    if isinstance(source, SlowFast | SDE | ReactionNetwork):
        check_states("paths", x, source.dim)
    if n_points is not None:
        if check_count("n_points", n_points) > len(x):
            raise ValueError(
                f"n_points must lie between 1 and the {len(x)} points of the paths; "
                f"got {n_points}."
            )
        chosen = np.linspace(0, len(x) - 1, n_points).round().astype(int)
        x, times = x[chosen], None if times is None else times[chosen]
    if given:
        ends = finite_array("source, an array of end points,", source)
        if ends.ndim != 3 or not ends.size or ends[:, 0].shape != x.shape:
            raise ValueError(
                "source, an array of end points, must have shape (n_points, n_bursts, "
                f"dim) with the {x.shape} starts in paths; got {ends.shape}."
            )
    else:
        rng = check_rng(rng)
        if tau is None:
            tau = default_tau(source, x, times, dt, rng)
        check_positive("tau", tau)
        ends = bursts(
            source, x, n_bursts, tau, t=times, dt=dt, rng=rng, executor=executor
        )
    if covariance is not None:
        covariance = check_covariance(covariance, x.shape)
    elif isinstance(source, SlowFast | SDE | ReactionNetwork):
        covariance = exact_covariance(source, x, times)
    return SlowFastData(x, ends.mean(axis=1), covariance)


def _points_and_times(
    paths: Any, t: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray | None]:
    """All points of paths (n, dim), and their times (n,) where they are known."""
    y = finite_array("paths", paths.y if isinstance(paths, Solution) else paths)
    if y.ndim < 2:
        raise ValueError(
            f"paths must have shape (..., dim), points along the axes before the last; "
            f"got {y.shape}. For one point use x[None]."
        )
    if t is None and isinstance(paths, Solution):
        t = paths.t.reshape(-1, *(1,) * (y.ndim - 3))  # clouds have one time a cloud
    times = check_times(t, y.shape[:-1])
    return check_points("paths", y.reshape(-1, y.shape[-1])), times
