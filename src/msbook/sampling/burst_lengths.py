"""How long a burst must last."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import LARGEST, check_count, check_number, check_rng
from msbook.integrators.solver import Seed
from msbook.sampling.bursts import Source, bursts, check_points
from msbook.sampling.covariances import (
    check_covariance,
    exact_covariance,
    slow_dimension,
)
from msbook.systems import SDE, ReactionNetwork, SlowFast


def choose_tau(
    source: Source,
    x: ArrayLike,
    covariance: ArrayLike,
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


def default_tau(
    source: Source,
    x: np.ndarray,
    times: np.ndarray | None,
    dt: float | None,
    rng: np.random.Generator,
) -> float:
    """Length of a burst where none is given: of a system, at a few of the points.

    Raises
    ------
    ValueError
        If the source is no system, or an SDE whose step is not given.
    """
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
    covariance = exact_covariance(source, some, when)
    n_slow = slow_dimension(covariance)
    return choose_tau(
        source, some, covariance, n_slow, shortest, t=when, dt=dt, rng=rng
    )
