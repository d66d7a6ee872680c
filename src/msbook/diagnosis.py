"""Is a stochastic flow map right for these data, and did it learn them?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.diagnosis_generator import compare
from msbook.diagnosis_report import Diagnosis
from msbook.diagnosis_series import (
    Context,
    Periods,
    Regression,
    contexts,
    increments,
    presents,
)
from msbook.integrators.solver import Seed
from msbook.metrics import closure_bias, closure_rate, statistical_floor
from msbook.sampling.pairs import Trajectories, as_groups, pairs

_LEAST_PIECES = 20  # that the error of a trend is taken from


def diagnose(
    trajectories: Trajectories,
    dt: float,
    *,
    lag: int = 1,
    periods: Periods = None,
    generator: Any = None,
    context: Context = None,
    rng: Seed = 0,
) -> Diagnosis:
    r"""Examine data, and a generator trained on them, for what spoils a flow map.

    The conditional mean of the increment, :math:`m(x)`, is fitted by a polynomial of
    degree 3 in the state and the context. What is left over are fluctuations,

    .. math:: \xi_n = q_{n+\ell} - q_n - m(q_n), \qquad
              \rho = \frac{E[\xi_n\,\xi_{n+\ell}]}{E[\xi_n^2]},

    and those of a Markov process are uncorrelated. A positive correlation tells how
    long the fast noise remembers, see :func:`msbook.metrics.closure_rate`; a negative
    one speaks of measurement noise.

    Both are so only if the law of the increment does not change with the time. The
    trend is the partial correlation of increment and time,

    .. math:: \frac{E[\xi_n\,\tilde t_n]}{\sqrt{E[\xi_n^2]\,E[\tilde t_n^2]}} ,

    where :math:`\tilde t` is the time since the start of its trajectory less what a
    polynomial in the state says of it. If it is found, :math:`m` depends on the time
    too before :math:`\rho` is taken, so that a drift is not mistaken for noise.

    One-step laws of a generator are compared state by state, in up to eight parts of
    each component: a law may be right for all states together and for none of them.

    Parameters
    ----------
    trajectories : array, shape (n_traj, n_time, dim), Solution, or list of arrays
        Slow states at equal distances in time.
    dt : float
        Time between two saved states.
    lag : int
        :math:`\ell`, saved states between the two of a pair.
    periods : sequence of float or None, length dim, optional
        Periods of components on a circle, see :func:`msbook.sampling.pairs`.
    generator : object, optional
        Anything with ``sample(x, rng=...)`` and ``rollout(x0, n_steps, rng=...)``, such
        as :class:`msbook.StochasticFlowMap`, trained at this lag.
    context : array, shape (n_time, n_context) or (n_traj, n_time, n_context), optional
        What else is known at the time of each state, of all trajectories or of each;
        a list of arrays where trajectories are one. The generator gets it as
        ``context=...``: rows in ``sample``, a function of the step in ``rollout``.
    rng : int or numpy.random.Generator
        Seed or source, for the generator.

    Returns
    -------
    Diagnosis
        Figures and findings.

    Raises
    ------
    ValueError
        If the trajectories, the context, the lag or ``dt`` do not fit.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.slow_ornstein_uhlenbeck(eps=0.2)
    >>> x = system.trajectories(500, 4.0, 0.04, rng=0)
    >>> print(ms.diagnose(x, dt=0.04).findings[0][:56])
    The lag is short beside the memory of the fast noise: su

    References
    ----------
    Chen & Xiu (2024), for what a flow map takes for granted.
    """
    if not 0 < dt < np.inf:
        raise ValueError(f"dt must be positive and finite; got {dt!r}.")
    groups = as_groups(trajectories)
    beside = contexts(context, groups)
    x, y = pairs(trajectories, lag, periods=periods)
    known, moved = np.hstack([x, presents(beside, lag)]), increments(x, y, periods)
    mean = Regression(known, moved, periods)
    rest = moved - mean(known)
    time = presents([_clock(group) for group in groups], lag)
    hidden = time - Regression(known, time, periods)(known)
    trend, trend_error = _trend(rest, hidden, groups, lag)
    steady = rest
    if (abs(trend) > 4 * trend_error).any():
        timed = np.hstack([known, time])
        steady = moved - Regression(timed, moved, periods)(timed)
    correlation, error = _successive_correlation(steady, groups, lag)
    rate = np.array(
        [
            closure_rate(min(c, 0.999), lag * dt) if c > max(4 * e, 0.01) else np.inf
            for c, e in zip(correlation, error, strict=True)
        ]
    )
    t_observed = dt * sum(len(group) * (group.shape[1] - 1) for group in groups)
    lengths = np.array(periods or [None] * x.shape[1], dtype=float)
    on_line = np.isnan(lengths)
    # On circles that of a uniform angle.
    variance = np.where(on_line, y.var(axis=0), lengths**2 / 12.0)
    return Diagnosis(
        dt=dt,
        lag=lag,
        n_pairs=len(x),
        t_observed=t_observed,
        correlation=correlation,
        correlation_error=error,
        trend=trend,
        trend_error=trend_error,
        closure_rate=rate,
        closure_bias=closure_bias(rate, lag * dt),
        explained=1.0 - rest.var(axis=0) / variance,
        floor=_floor(x, y, lag * dt, t_observed, on_line),
        generator=(
            None
            if generator is None
            else compare(generator, groups, beside, lag, periods, mean, rng)
        ),
    )


def _clock(group: NDArray) -> NDArray[np.float64]:
    """Number of each state in its trajectory, shape (n_traj, n_time, 1)."""
    return np.tile(np.arange(group.shape[1], dtype=float)[:, None], (len(group), 1, 1))


def _windows(rows: NDArray, groups: list[NDArray], lag: int) -> list[NDArray]:
    """Rows of pairs, by group: shape (n_traj, n_time - lag, n_columns)."""
    shapes = [(len(group), group.shape[1] - lag) for group in groups]
    ends = np.cumsum([n * m for n, m in shapes])[:-1]
    parts = zip(np.split(rows, ends), shapes, strict=True)
    return [part.reshape(*shape, rows.shape[1]) for part, shape in parts]


def _trend(
    rest: NDArray, hidden: NDArray, groups: list[NDArray], lag: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation of fluctuations with the hidden part of time, and its error."""
    if hidden.std() < 1e-6 * lag:  # state and context tell the time
        return np.full(rest.shape[1], np.nan), np.full(rest.shape[1], np.nan)
    # Trajectories are independent, their states are not: errors are between pieces.
    n_cuts = -(-_LEAST_PIECES // sum(map(len, groups)))
    sums = np.concatenate(
        [
            piece.sum(axis=1)
            for window in _windows(rest * hidden, groups, lag)
            for piece in np.array_split(window, n_cuts, axis=1)
        ]
    )
    unit = np.sqrt((rest**2).sum(axis=0) * (hidden**2).sum())
    return sums.sum(axis=0) / unit, np.sqrt((sums**2).sum(axis=0)) / unit


def _successive_correlation(
    rest: NDArray, groups: list[NDArray], lag: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation of fluctuations one lag apart, and its standard error."""
    dim = rest.shape[1]
    product = np.concatenate(
        [
            (window[:, :-lag] * window[:, lag:]).reshape(-1, dim)
            for window in _windows(rest, groups, lag)
        ]
    )
    if not len(product):
        return np.full(dim, np.nan), np.full(dim, np.nan)
    square = (rest**2).mean(axis=0)
    # Products that overlap are alike: only every lag-th one counts.
    error = product.std(axis=0) / np.sqrt(len(product) / lag)
    return product.mean(axis=0) / square, error / square


def _floor(
    x: NDArray, y: NDArray, time: float, t_observed: float, on_line: NDArray
) -> NDArray[np.float64]:
    """Floor of the mean, by the rate at which a linear model's correlation decays."""
    floor = np.full(len(on_line), np.nan)
    now, then = (
        x[:, on_line] - x[:, on_line].mean(axis=0),
        y[:, on_line] - y[:, on_line].mean(axis=0),
    )
    covariance = now.T @ now / len(now)
    step = np.linalg.lstsq(now, then, rcond=None)[0].T
    if on_line.any() and np.abs(np.linalg.eigvals(step)).max() < 1:
        # The integral of the correlation function, by the trapezoidal rule.
        total = np.linalg.solve(np.eye(len(step)) - step, covariance) - covariance / 2
        times = time * np.diag(total) / np.diag(covariance)
        floor[on_line] = statistical_floor(1.0 / times, t_observed)
    return floor
