"""Whether a stochastic flow map is right for data, and did learn them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook._validation import check_methods, check_positive, check_rng
from msbook.diagnostics.circle import forgotten_period
from msbook.diagnostics.floor import floor_of_mean
from msbook.diagnostics.generator import compare
from msbook.diagnostics.neighbours import Neighbours, Residual, seen_of
from msbook.diagnostics.report import Diagnosis
from msbook.diagnostics.series import (
    Context,
    Periods,
    Units,
    contexts,
    degree_of_fit,
    features,
    fitted,
    increments,
    presents,
    usable,
)
from msbook.integrators.solution import Solution
from msbook.integrators.solver import Seed
from msbook.metrics import closure_bias, closure_rate
from msbook.sampling.pairs import Trajectories, as_groups, pairs
from msbook.sampling.pieces import cut

_BLIND = 0.2  # of a variance: noise that would be overlooked
_GENERATOR = "a fitted generator, with sample and rollout, or None"
_ROUNDING = 1e-11  # of a fit, in half the range of a component


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

    What neighbouring states have in common, far apart in time, is no fluctuation but
    the polynomial's misfit; it is taken out of both, and where no states are near
    enough to judge, the diagnosis says that it cannot tell.

    One-step laws of a generator are compared state by state, in up to eight parts of
    each component: a law may be right for all states together and for none of them.

    Parameters
    ----------
    trajectories : array, shape (n_traj, n_time, dim), Solution, or list of arrays
        Slow states at equal distances in time. Without a context, states with a NaN
        are gaps, and no pair crosses one.
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
        If the trajectories, the context, the lag or ``dt`` do not fit, or the
        generator is none.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.slow_ornstein_uhlenbeck(eps=0.2)
    >>> x = system.trajectories(500, 4.0, 0.04, rng=0)
    >>> print(ms.diagnose(x, dt=0.04).findings[0][:56])
    The lag is short beside the memory of the fast noise: su

    References
    ----------
    Chen & Xiu (2024), for what a flow map takes for granted. Evans & Jones (2002), for
    the limit of near neighbours.
    """
    dt, rng = check_positive("dt", dt), check_rng(rng)
    if isinstance(trajectories, Solution):
        _check_times(trajectories.t, dt)
    if generator is not None:
        check_methods("generator", generator, ("sample", "rollout"), _GENERATOR)
    groups = as_groups(trajectories, gaps=context is None)
    groups, _ = cut(groups, None, 0)
    if not groups:
        raise ValueError(
            "trajectories must be finite but for gaps; got NaN throughout."
        )
    groups, beside, n_copies = usable(groups, contexts(context, groups), lag)
    x, y = pairs([path for group in groups for path in group], lag, periods=periods)
    units, lengths = Units.of(groups), np.array(periods or [None] * x.shape[1], float)
    on_line = np.isnan(lengths)
    inner = units.periods(periods)
    x, y = units(x), units(y)
    moved = increments(x, y, inner)
    told = [Units.of(beside)(part) for part in beside]
    known = features(np.hstack([x, presents(told, lag)]), inner)
    time = presents([_clock(group) for group in groups], lag)
    path = np.repeat(np.arange(sum(map(len, groups))), _n_pairs(groups, lag))
    rest, hidden = moved - fitted(known, moved), time - fitted(known, time)
    tells_time = bool(hidden.std() < 1e-6 * lag)
    alike = Neighbours(known, path, time[:, 0].astype(int), lag, tells_time)
    # What is smaller is rounding: of the states, or of the fit.
    still = rest.std(axis=0) < _ROUNDING + 100.0 * units.resolution
    noise = alike.variance(rest)
    trend, trend_error = np.full((2, x.shape[1]), np.nan)
    if not tells_time:
        trend, trend_error = _trend(rest, hidden, noise, alike)
    steady = rest
    if (abs(trend) > 4 * trend_error).any():
        timed = features(np.hstack([x, presents(told, lag), time]), inner)
        steady = moved - fitted(timed, moved)
    correlation, error, doubt = _successive_correlation(steady, path, alike, lag)
    for figure in (trend, trend_error, correlation, error, doubt):
        figure[still] = np.nan
    seen = correlation > np.maximum(4 * np.hypot(error, doubt), 0.01)
    rate = np.array(
        [
            closure_rate(min(c, 0.999), lag * dt) if above else np.inf
            for c, above in zip(correlation, seen, strict=True)
        ]
    )
    t_observed = dt * sum(len(group) * (group.shape[1] - 1) for group in groups)
    # On circles that of a uniform angle.
    variance = np.where(on_line, y.var(axis=0), (lengths / units.scale) ** 2 / 12.0)
    misfit = np.where(noise.value < 1 - noise.uncertainty(), 1 - noise.value, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        explained = 1.0 - rest.var(axis=0) * np.clip(1 - misfit, 0, None) / variance
    explained = np.clip(explained, 0.0, 1.0)
    constant = (np.vstack([x, y]) == x[0]).all(axis=0)
    few = degree_of_fit(known) == 0
    if few:
        explained[:] = np.nan
    # No noise is seen between neighbours: the next state is a function of this one.
    certain = still | (np.isnan(correlation) & (noise.uncertainty() <= _BLIND))
    # Pairs overlap: those that do not are as many as lags, or as trajectories.
    n_apart = max(len(x) / lag, path[-1] + 1)
    share = np.maximum(explained, 0.25)  # which a small one may be, by chance
    chance = np.maximum(2.0 * np.sqrt(share) * (1.0 - share), n_apart**-0.5)
    floor = floor_of_mean(x, y, inner, lag * dt, t_observed)
    return Diagnosis(
        dt=dt,
        lag=lag,
        longest_lag=_longest_lag(groups),
        n_pairs=len(x),
        n_successive=sum(len(g) * max(g.shape[1] - 2 * lag, 0) for g in groups),
        t_observed=t_observed,
        n_copies=n_copies,
        forgotten=_forgotten(groups, units, inner),
        noise_free=constant | (certain & (not few)),
        correlation=correlation,
        correlation_error=error,
        correlation_doubt=doubt,
        trend=trend,
        trend_error=trend_error,
        closure_rate=rate,
        closure_bias=closure_bias(rate, lag * dt),
        explained=explained,
        explained_error=chance / np.sqrt(n_apart),
        floor=np.where(on_line, floor, np.nan),
        generator=(
            None
            if generator is None
            else compare(
                generator, groups, beside, lag, periods, units, misfit, floor, rng
            )
        ),
    )


def _check_times(t: NDArray[Any], dt: float) -> None:
    """A Solution knows the time between its states."""
    steps = np.diff(t)
    rounding = 1e-6 * dt + 4 * np.spacing(abs(t).max())
    if (abs(steps - dt) > rounding).any():
        wrong = steps[np.argmax(abs(steps - dt))]
        raise ValueError(
            "dt must be the time between two saved states, which in trajectories.t is "
            f"{wrong:.6g}; got {dt:.6g}. Write dt=solution.t[1] - solution.t[0], and "
            "leave out a last state that is nearer."
        )


def _forgotten(
    groups: list[NDArray[Any]], units: Units, periods: Periods
) -> tuple[float | None, ...]:
    """Periods of jumps, of each component, in its own units."""
    found = []
    for i, period in enumerate(periods or [None] * groups[0].shape[2]):
        series = [units(group)[:, :, i] for group in groups]
        jump = forgotten_period(series, period)
        found.append(None if jump is None else float(jump * units.scale[i]))
    return tuple(found)


def _clock(group: NDArray[Any]) -> NDArray[np.float64]:
    """Number of each state in its trajectory, shape (n_traj, n_time, 1)."""
    return np.tile(np.arange(group.shape[1], dtype=float)[:, None], (len(group), 1, 1))


def _n_pairs(groups: list[NDArray[Any]], lag: int) -> NDArray[np.int_]:
    """Pairs of each trajectory."""
    return np.concatenate([np.full(len(g), g.shape[1] - lag) for g in groups])


def _longest_lag(groups: list[NDArray[Any]]) -> int:
    """Of which half the states lie in trajectories where two lags fit."""
    lengths = np.sort(np.concatenate([[g.shape[1]] * len(g) for g in groups]))
    behind = np.cumsum(lengths[::-1])[::-1]
    return max(1, int((lengths[behind >= behind[0] / 2][-1] - 1) // 2))


def _trend(
    rest: NDArray[Any], hidden: NDArray[Any], noise: Residual, alike: Neighbours
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation of fluctuations with the hidden part of time, and its error."""
    clock = alike.variance(hidden)
    together = alike.covariance(rest, np.broadcast_to(hidden, rest.shape))
    unit = np.sqrt(seen_of(rest, noise) * seen_of(hidden, clock))
    return together.value / unit, np.hypot(together.error, together.doubt) / unit


def _successive_correlation(
    rest: NDArray[Any], path: NDArray[Any], alike: Neighbours, lag: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Correlation of fluctuations one lag apart, its standard error, and the doubt."""
    before = np.full_like(rest, np.nan)
    same = path[lag:] == path[:-lag]
    before[lag:][same] = rest[:-lag][same]
    together, noise = alike.covariance(rest, before), alike.variance(rest)
    unit = seen_of(rest, noise)
    # Without neighbours that are near it may all be misfit; if no noise is seen
    # between those that are, the next state is a function of this one.
    blind = np.isnan(unit) & (noise.uncertainty() > _BLIND) & ~np.isnan(together.value)
    unit = np.where(blind, (rest**2).mean(axis=0), unit)
    doubt = np.where(blind, np.inf, together.doubt / unit)
    return together.value / unit, together.error / unit, doubt
