"""Projections of points along their fast fibres onto the slow manifold."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import (
    LARGEST,
    check_between,
    check_count,
    check_number,
    check_positive,
    check_rng,
    check_states,
    finite_array,
)
from msbook.integrators import Solution
from msbook.integrators.solver import Seed
from msbook.sampling.bursts import Source, burst_simulator, bursts, check_points
from msbook.sampling.covariances import check_covariance, slow_dimension
from msbook.sampling.times import at_their_times, check_times
from msbook.systems import SDE, ReactionNetwork, SlowFast


@dataclass(frozen=True)
class SlowFastData:
    """Points, their projections onto the slow manifold, and local covariances.

    Attributes
    ----------
    x : ndarray, shape (n_points, dim)
        Points of a trajectory.
    projection : ndarray, shape (n_points, dim)
        Means of the bursts started at the points.
    covariance : ndarray, shape (n_points, dim, dim) or None
        Local noise covariances, where known.
    """

    x: np.ndarray
    projection: np.ndarray
    covariance: np.ndarray | None = None

    def __post_init__(self) -> None:
        x = finite_array("x", self.x)
        if x.ndim < 1:
            raise ValueError(f"x must have shape (n_points, dim); got {x.shape}.")
        expected = {"projection": x.shape}
        if self.covariance is not None:
            expected["covariance"] = (*x.shape, x.shape[-1])
        for name, shape in expected.items():
            values = finite_array(name, getattr(self, name))
            if values.shape != shape:
                raise ValueError(
                    f"{name} must have shape {shape}, with x of shape {x.shape}; got "
                    f"{values.shape}."
                )

    def __getitem__(self, index: Any) -> SlowFastData:
        """The points that an index or a mask picks."""
        covariance = None if self.covariance is None else self.covariance[index]
        return SlowFastData(self.x[index], self.projection[index], covariance)

    def __len__(self) -> int:
        return len(self.x)

    def split(
        self, fraction: float, rng: Seed = None
    ) -> tuple[SlowFastData, SlowFastData]:
        """Split at random into two parts; the second has ``fraction`` of the points.

        Examples
        --------
        >>> import numpy as np
        >>> data = SlowFastData(np.zeros((100, 2)), np.zeros((100, 2)))
        >>> train, test = data.split(0.33, rng=0)
        >>> len(train), len(test)
        (67, 33)
        """
        check_between("fraction", fraction, 0.0, 1.0)
        order = check_rng(rng).permutation(len(self))
        n_first = len(self) - round(fraction * len(self))
        return self[order[:n_first]], self[order[n_first:]]


def project(
    source: Source | np.ndarray,
    paths: Any,
    n_points: int | None = None,
    n_bursts: int = 250,
    *,
    t: ArrayLike | None = None,
    tau: float | None = None,
    dt: float | None = None,
    covariance: np.ndarray | None = None,
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
            tau = _default_tau(source, x, times, dt, rng)
        check_positive("tau", tau)
        ends = bursts(
            source, x, n_bursts, tau, t=times, dt=dt, rng=rng, executor=executor
        )
    if covariance is not None:
        covariance = check_covariance(covariance, x.shape)
    elif isinstance(source, SlowFast | SDE | ReactionNetwork):
        covariance = _covariance(source, x, times)
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


def _covariance(
    source: SlowFast | SDE | ReactionNetwork, x: np.ndarray, times: np.ndarray | None
) -> np.ndarray:
    if isinstance(source, ReactionNetwork):
        return source.covariance(x)
    law = source.observed if isinstance(source, SlowFast) else source
    return at_their_times(source, law.covariance, x, times)


def _default_tau(source, x, times, dt, rng) -> float:
    if isinstance(source, SlowFast):
        return 4 * source.relaxation_time
    chosen = np.linspace(0, len(x) - 1, min(len(x), 20)).round().astype(int)
    some, when = x[chosen], None if times is None else times[chosen]
    if isinstance(source, ReactionNetwork):
        # No burst forgets anything before it has seen a few reactions.
        shortest = 1.0 / source.propensities(some).sum(axis=1).mean()
    elif isinstance(source, SDE) and dt is not None:
        shortest = dt
    else:
        raise ValueError(
            "tau, the length of a burst, is needed: choose_tau finds one. For an SDE "
            "it is enough to give dt, the step of the bursts."
        )
    covariance = _covariance(source, some, when)
    n_slow = slow_dimension(covariance)
    return choose_tau(
        source, some, covariance, n_slow, shortest, t=when, dt=dt, rng=rng
    )


def choose_tau(
    source: Source,
    x: np.ndarray,
    covariance: np.ndarray,
    n_slow: int,
    shortest: float,
    *,
    t: ArrayLike | None = None,
    dt: float | None = None,
    n_bursts: int = 200,
    rng: Seed = None,
) -> float:
    r"""Choose how long a burst must last to forget where on its fibre it started.

    Along a fast eigenvector with eigenvalue :math:`\lambda` the spread of a burst
    grows like :math:`\lambda t` and levels off at :math:`v`: an
    Ornstein–Uhlenbeck process does so at the rate :math:`\lambda / 2v`. Bursts are
    doubled in length until their spread levels off, and
    :math:`\tau = 4 \cdot 2 v / \lambda`, taken at the slowest tenth of the points.

    The eigenvalue alone is no inverse time (it carries the square of the
    coordinates' unit), which is why :math:`v` is measured.

    Parameters
    ----------
    source : SlowFast, SDE, ReactionNetwork or callable
        See :func:`burst_simulator`.
    x : array, shape (n_points, dim)
        Points; some twenty are enough.
    covariance : array, shape (n_points, dim, dim)
        Their local noise covariances.
    n_slow : int
        Number of slow variables.
    shortest : float
        First burst length tried; well below the answer.
    t : float or array, shape (n_points,), optional
        Times of the points, for a system that depends on time.
    dt : float, optional
        Largest step.
    n_bursts : int
        Bursts from each point.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.

    Returns
    -------
    float
        Burst length, in the system's unit of time.

    Raises
    ------
    ValueError
        If the spread keeps growing: there is no gap between slow and fast.

    References
    ----------
    Zieliński & Hesthaven (2022), section 4.2, take a multiple of
    :math:`1/|\lambda|`.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.QuadraticSlowFast(eps=1e-3)
    >>> x = [[1.0, 0.0], [1.3, 0.5], [0.8, -0.4]]
    >>> tau = choose_tau(system, x, system.covariance(x), 1, 1e-5, rng=0)
    >>> 3e-3 < tau < 5e-3
    True
    """
    x = check_points("x", x)
    rng = check_rng(rng)
    covariance = check_covariance(covariance, x.shape)
    if check_count("n_slow", n_slow) >= x.shape[1]:
        raise ValueError(
            f"n_slow must be less than the {x.shape[1]} components of a point, or "
            f"nothing is fast; got {n_slow}."
        )
    duration = check_number("shortest", shortest, 1.0 / LARGEST, LARGEST)
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = values[:, n_slow:], vectors[:, :, n_slow:]
    spread = np.zeros_like(values)
    for _ in range(40):
        ends = bursts(source, x, n_bursts, duration, t=t, dt=dt, rng=rng)
        previous = spread
        spread = np.einsum("njd,ndf->njf", ends, vectors).var(axis=1)
        if spread.mean() < 1.1 * previous.mean():
            return float(4 * np.quantile(2 * spread / values, 0.9))
        duration *= 2
    raise ValueError(
        "the spread of the bursts never levels off: no gap between slow and fast was "
        f"found up to bursts of length {duration:.3g}. Check n_slow and the start."
    )
