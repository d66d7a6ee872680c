"""From a simulator to training data: bursts, projections, local covariances.

Everything here needs only the ability to start short simulations at chosen points.
A *burst simulator* is a callable ``simulate(starts, duration, rng)`` that takes
``starts`` of shape ``(n, dim)`` and returns the end points, of the same shape; a
system of :mod:`msbook.systems` is turned into one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from msbook.integrators import Solver
from msbook.integrators.solving import Seed
from msbook.systems import SDE, SlowFast

BurstSimulator = Callable[[np.ndarray, float, np.random.Generator], np.ndarray]

_STEPS_PER_RELAXATION = 50
_SMALLEST_GAP = 10


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
        if not 0 < fraction < 1:
            raise ValueError(f"fraction must lie between 0 and 1; got {fraction!r}.")
        order = np.random.default_rng(rng).permutation(len(self))
        n_first = len(self) - round(fraction * len(self))
        return self[order[:n_first]], self[order[n_first:]]


def burst_simulator(
    source: SlowFast | SDE | BurstSimulator, dt: float | None = None
) -> BurstSimulator:
    """Turn a system into a burst simulator.

    Parameters
    ----------
    source : SlowFast, SDE or callable
        A callable is returned as it is. A slow–fast system is stepped in its hidden
        coordinates and observed.
    dt : float, optional
        Largest step. By default one step where the method is exact, otherwise a
        fiftieth of the system's relaxation time; an :class:`msbook.SDE` needs it.

    Returns
    -------
    callable
        ``simulate(starts, duration, rng)``.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> simulate = burst_simulator(ms.systems.PeriodicSlowFast())
    >>> simulate(np.zeros((3, 2)), 1e-3, np.random.default_rng(0)).shape
    (3, 2)
    """
    if isinstance(source, SlowFast):
        if dt is None and not source.exact:
            dt = source.relaxation_time / _STEPS_PER_RELAXATION
        inner = _stepper(source.hidden, dt)
        return lambda x, duration, rng: source.observe(
            inner(source.hide(x), duration, rng)
        )
    if isinstance(source, SDE):
        if dt is None:
            raise ValueError("an SDE needs dt, the step of its bursts; got None.")
        return _stepper(source, dt)
    if callable(source):
        return source
    raise ValueError(
        "expected a system, or a callable simulate(starts, duration, rng); "
        f"got {type(source).__name__}."
    )


def _stepper(system: SDE, dt: float | None) -> BurstSimulator:
    def simulate(starts, duration, rng):
        n_steps = 1 if dt is None else max(1, int(np.ceil(duration / dt - 1e-9)))
        solver = Solver(system, dt=duration / n_steps, rng=rng)
        return solver.advance(starts, n_steps=n_steps)

    return simulate


def bursts(
    source: SlowFast | SDE | BurstSimulator,
    x: np.ndarray,
    n_bursts: int,
    duration: float,
    *,
    dt: float | None = None,
    rng: Seed = None,
) -> np.ndarray:
    """End points of short simulations, many from each point.

    Parameters
    ----------
    source : SlowFast, SDE or callable
        See :func:`burst_simulator`.
    x : array, shape (n_points, dim)
        Starts.
    n_bursts : int
        Simulations from each point.
    duration : float
        Length of a burst, in the system's unit of time.
    dt : float, optional
        Largest step.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.

    Returns
    -------
    ndarray, shape (n_points, n_bursts, dim)
        End points.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.PeriodicSlowFast()
    >>> bursts(system, [[3.0, 3.0]], 10, 1e-3, rng=0).shape
    (1, 10, 2)
    """
    x = _check_points(x)
    if n_bursts < 1 or not duration > 0:
        raise ValueError(
            "n_bursts must be at least 1 and duration positive; "
            f"got {n_bursts!r} and {duration!r}."
        )
    simulate = burst_simulator(source, dt)
    starts = np.repeat(x, n_bursts, axis=0)
    ends = np.asarray(simulate(starts, duration, np.random.default_rng(rng)))
    if ends.shape != starts.shape:
        raise ValueError(
            f"the simulator must return end points of shape {starts.shape}, one for "
            f"each start; got {ends.shape}."
        )
    return ends.reshape(len(x), n_bursts, x.shape[1])


def local_covariance(ends: np.ndarray, duration: float) -> np.ndarray:
    r"""Estimate the local noise covariance from very short bursts.

    .. math:: \hat\sigma(x) = \frac{1}{\tau (J - 1)}
              \sum_{j=1}^{J} (x_j - \bar x)(x_j - \bar x)^\top

    Parameters
    ----------
    ends : array, shape (n_points, n_bursts, dim)
        End points of bursts, :math:`x_j`.
    duration : float
        Length :math:`\tau` of the bursts. In curved coordinates it must be far below
        the *square* of the fast time scale, or curvature is taken for slow noise.

    Returns
    -------
    ndarray, shape (n_points, dim, dim)
        Covariances per unit of time.

    References
    ----------
    Zieliński & Hesthaven (2022), eq. (12), where the mean has lost its factor; see
    :doc:`/book/reference/errata`.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> system = ms.systems.QuadraticSlowFast()
    >>> ends = bursts(system, [[1.0, 0.0]], 100_000, 1e-8, rng=0)
    >>> bool(np.allclose(local_covariance(ends, 1e-8), np.diag([1, 1000]), rtol=0.02,
    ...                  atol=1))
    True
    """
    ends = np.asarray(ends, dtype=float)
    if ends.ndim != 3 or ends.shape[1] < 2:
        raise ValueError(
            "ends must have shape (n_points, n_bursts, dim) with at least two bursts; "
            f"got {ends.shape}."
        )
    deviations = ends - ends.mean(axis=1, keepdims=True)
    sums = np.einsum("nji,njk->nik", deviations, deviations)
    return sums / (duration * (ends.shape[1] - 1))


def slow_dimension(covariance: np.ndarray) -> int:
    """Number of slow variables: where the spectrum of the noise has its widest gap.

    Parameters
    ----------
    covariance : array, shape (n_points, dim, dim)
        Local noise covariances.

    Returns
    -------
    int
        Number of eigenvalues below the widest gap of the mean logarithmic spectrum.

    Raises
    ------
    ValueError
        If no gap is wider than a factor of ten, so that nothing is slow.

    Examples
    --------
    >>> import numpy as np
    >>> slow_dimension(np.diag([1.0, 2.0, 900.0, 1000.0])[None])
    2

    References
    ----------
    Zieliński & Hesthaven (2022), sections 3.2 and 4.1.
    """
    values = np.linalg.eigvalsh(np.asarray(covariance, dtype=float))
    if values.shape[-1] < 2 or not (values > 0).all():
        raise ValueError(
            "covariance must be positive definite, of shape (n_points, dim, dim) with "
            "dim at least 2; estimate it from more bursts than dimensions."
        )
    gaps = np.diff(np.log(values).mean(axis=0))
    if gaps.max() < np.log(_SMALLEST_GAP):
        raise ValueError(
            f"the widest gap of the spectrum is a factor {np.exp(gaps.max()):.3g}; "
            f"at least {_SMALLEST_GAP} is expected between slow and fast. Check that "
            "the bursts behind the covariance are short enough."
        )
    return int(gaps.argmax()) + 1


def choose_tau(
    source: SlowFast | SDE | BurstSimulator,
    x: np.ndarray,
    covariance: np.ndarray,
    n_slow: int,
    shortest: float,
    *,
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
    source : SlowFast, SDE or callable
        See :func:`burst_simulator`.
    x : array, shape (n_points, dim)
        Points; some twenty are enough.
    covariance : array, shape (n_points, dim, dim)
        Their local noise covariances.
    n_slow : int
        Number of slow variables.
    shortest : float
        First burst length tried; well below the answer.
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
    x = _check_points(x)
    rng = np.random.default_rng(rng)
    values, vectors = np.linalg.eigh(np.asarray(covariance, dtype=float))
    values, vectors = values[:, n_slow:], vectors[:, :, n_slow:]
    duration, spread = shortest, np.zeros_like(values)
    for _ in range(40):
        ends = bursts(source, x, n_bursts, duration, dt=dt, rng=rng)
        previous = spread
        spread = np.einsum("njd,ndf->njf", ends, vectors).var(axis=1)
        if spread.mean() < 1.1 * previous.mean():
            return float(4 * np.quantile(2 * spread / values, 0.9))
        duration *= 2
    raise ValueError(
        "the spread of the bursts never levels off: no gap between slow and fast was "
        f"found up to bursts of length {duration:.3g}. Check n_slow and the start."
    )


def project(
    source: SlowFast | SDE | BurstSimulator | np.ndarray,
    paths: Any,
    n_points: int | None = None,
    n_bursts: int = 250,
    *,
    tau: float | None = None,
    dt: float | None = None,
    covariance: np.ndarray | None = None,
    rng: Seed = None,
) -> SlowFastData:
    r"""Project points of a trajectory onto the slow manifold by bursts.

    .. math:: \mathcal P(x) \approx \frac1J \sum_{j=1}^{J} X_\tau^{x, (j)}

    Parameters
    ----------
    source : SlowFast, SDE, callable, or array of shape (n_points, n_bursts, dim)
        A system or a burst simulator (see :func:`burst_simulator`), or the end points
        of bursts already made.
    paths : Solution or array, shape (..., dim)
        Trajectories, from which points are taken evenly; with an array of end points,
        their starts.
    n_points : int, optional
        Number of points; by default all.
    n_bursts : int
        Bursts from each point.
    tau : float, optional
        Length of a burst; by default four relaxation times of a slow–fast system, and
        what :func:`choose_tau` finds for an :class:`msbook.SDE`.
    dt : float, optional
        Largest step of the bursts.
    covariance : array, shape (n_points, dim, dim), optional
        Local covariances of points given with their bursts. For systems they are
        computed.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.

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
    x = getattr(paths, "y", paths)
    x = np.asarray(x, dtype=float)
    x = _check_points(x.reshape(-1, x.shape[-1]))
    if n_points is not None:
        if not 1 <= n_points <= len(x):
            raise ValueError(
                f"n_points must lie between 1 and the {len(x)} points of the paths; "
                f"got {n_points}."
            )
        x = x[np.linspace(0, len(x) - 1, n_points).round().astype(int)]
    if isinstance(source, np.ndarray):
        ends = source
        if ends.ndim != 3 or ends[:, 0].shape != x.shape:
            raise ValueError(
                "end points must have shape (n_points, n_bursts, dim) with the "
                f"{x.shape} starts in paths; got {ends.shape}."
            )
    else:
        rng = np.random.default_rng(rng)
        if tau is None:
            tau = _default_tau(source, x, dt, rng)
        ends = bursts(source, x, n_bursts, tau, dt=dt, rng=rng)
    if covariance is None and isinstance(source, SlowFast | SDE):
        covariance = source.covariance(x)
    return SlowFastData(x, ends.mean(axis=1), covariance)


def _default_tau(source, x, dt, rng) -> float:
    if isinstance(source, SlowFast):
        return 4 * source.relaxation_time
    if not isinstance(source, SDE) or dt is None:
        raise ValueError(
            "tau, the length of a burst, is needed: choose_tau finds one. For an SDE "
            "it is enough to give dt, the step of the bursts."
        )
    some = x[np.linspace(0, len(x) - 1, min(len(x), 20)).round().astype(int)]
    covariance = source.covariance(some)
    n_slow = slow_dimension(covariance)
    return choose_tau(source, some, covariance, n_slow, dt, dt=dt, rng=rng)


def _check_points(x: np.ndarray) -> np.ndarray:
    x = np.asarray(x, dtype=float)
    if x.ndim != 2:
        raise ValueError(
            f"points must have shape (n_points, dim); got {x.shape}. "
            "For one point use x[None]."
        )
    if not np.isfinite(x).all():
        raise ValueError("points must be finite; got NaN or infinity.")
    return x
