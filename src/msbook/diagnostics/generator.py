"""A trained generator against the data: one-step laws by the state, long-run laws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.model_selection import cross_val_predict

from msbook.diagnostics.circle import circular_std, circular_wasserstein
from msbook.diagnostics.generator_report import GeneratorReport, Part
from msbook.diagnostics.series import (
    MOST_PAIRS,
    Periods,
    Units,
    features,
    fitted,
    increments,
    presents,
)
from msbook.integrators import IntegrationError
from msbook.metrics import wasserstein_distance
from msbook.sampling.pairs import pairs

_PARTS = 8  # of the states, in each of which one-step laws are compared
_LEAST_PAIRS = 2000  # in a part; two samples of one law then differ by about 4 %
_BINS = 20  # of equal weight, in which the long-run law is looked for
_MISFIT = 0.05  # of the variance of what a fit leaves over
_OF_TWO_SAMPLES = 1.8  # Wasserstein-1 over std, times the root of their size


def compare(
    generator: Any,
    groups: list[NDArray[Any]],
    beside: list[NDArray[Any]],
    lag: int,
    periods: Periods,
    units: Units,
    misfit: NDArray[Any],
    floor: NDArray[Any],
    rng: np.random.Generator,
) -> GeneratorReport:
    """One-step and long-run laws of the generator beside those of the data.

    ``misfit`` is the share of a polynomial's residuals that is its own error, and
    ``floor`` the error of the mean over the std, component by component.
    """
    memory, dim = getattr(generator, "memory", 0), groups[0].shape[2]
    inner, has_context = units.periods(periods), beside[0].shape[2] > 0

    def given(context: Any) -> dict[str, Any]:
        return {"context": context} if has_context else {}

    least = (memory + 1) * lag + 1
    long = [i for i, group in enumerate(groups) if group.shape[1] >= least]
    if long:  # otherwise ``pairs`` says how many states it takes
        groups, beside = [groups[i] for i in long], [beside[i] for i in long]
    paths = [path for group in groups for path in group]
    x, y = pairs(paths, lag, memory=memory, periods=periods)
    chosen = rng.permutation(len(x))[:MOST_PAIRS]
    x, y, context = x[chosen], y[chosen], presents(beside, lag, memory)[chosen]
    sampled = np.asarray(generator.sample(x, rng=rng, **given(context)), dtype=float)
    if sampled.shape != y.shape:
        raise ValueError(
            f"generator.sample must return {y.shape} states, one beside each that it "
            f"is given; got shape {sampled.shape}."
        )
    now = units(x[:, :dim])
    data = increments(now, units(y), inner)
    model = increments(now, units(sampled), inner)
    told = np.hstack([now, Units.of([context[None]])(context)])
    expected = _means(features(told, inner), data, misfit)
    finite = bool(np.isfinite(sampled).all())
    nowhere = np.full(dim, np.nan)
    one_step, where, spread = nowhere, ((0, np.nan, np.nan),) * dim, nowhere
    n_parts = int(np.clip(len(x) // _LEAST_PAIRS, 1, _PARTS))
    if finite:
        model, data = model - expected, data - expected
        one_step, where = _by_state(model, data, x[:, :dim], periods, n_parts)
        spread = _over(model.std(axis=0), data.std(axis=0))
    true_end, model_end = [], []
    for group, known in zip(groups, beside, strict=True):
        starts = [
            pairs(g[None], lag, memory=memory, periods=periods)[0][0] for g in group
        ]
        states, rows = group[:, memory * lag :: lag], known[:, memory * lag :: lag]
        try:
            rolled = generator.rollout(
                np.array(starts),
                states.shape[1] - 1,
                rng=rng,
                **given(lambda step, rows=rows: rows[:, step]),
            )
        except IntegrationError:
            rolled = np.full_like(states, np.nan)
        half = states.shape[1] // 2
        true_end.append(units(states[:, half:].reshape(-1, dim)))
        model_end.append(units(np.asarray(rolled)[:, half:].reshape(-1, dim)))
    truth, ours = np.concatenate(true_end), np.concatenate(model_end)
    finite = finite and bool(np.isfinite(ours).all())
    circles = [*inner] if inner else [None] * dim
    # Half of the time that the floor is for; where nothing relaxes, the trajectories.
    spare = np.where(np.isnan(floor), len(paths) ** -0.5, np.sqrt(2.0) * floor)
    return GeneratorReport(
        one_step=one_step,
        one_step_floor=np.full(dim, _OF_TWO_SAMPLES / np.sqrt(len(x) / n_parts)),
        where=where,
        spread=spread,
        spread_floor=np.full(dim, 1.0 / np.sqrt(len(x))),
        finite=finite,
        long_run=_long_run(ours, truth, circles) if finite else nowhere,
        long_run_floor=_OF_TWO_SAMPLES * spare,
        coverage=_coverage(ours, truth, circles) if finite else nowhere,
    )


def _means(
    known: NDArray[Any], moved: NDArray[Any], misfit: NDArray[Any]
) -> NDArray[np.float64]:
    """Expected increments; by trees, cross-validated, where polynomials do not fit."""
    expected = np.array(fitted(known, moved))
    trees = HistGradientBoostingRegressor(random_state=0)
    for i in np.flatnonzero(misfit > _MISFIT):
        rest = moved[:, i] - expected[:, i]
        unit = rest.std()
        if unit > 0 and len(rest) >= _LEAST_PAIRS:
            expected[:, i] += unit * cross_val_predict(trees, known, rest / unit, cv=5)
    return expected


def _over(model: NDArray[Any], data: NDArray[Any]) -> NDArray[np.float64]:
    """A ratio of spreads; NaN where the data have none, but for rounding."""
    return np.divide(model, data, out=np.full(len(data), np.nan), where=data > 1e-11)


def _by_state(
    model: NDArray[Any],
    data: NDArray[Any],
    states: NDArray[Any],
    periods: Periods,
    n_parts: int,
) -> tuple[NDArray[np.float64], tuple[Part, ...]]:
    """Largest Wasserstein distance over std in any part of the states, and the part."""
    dim = data.shape[1]
    worst, where = np.full(dim, np.nan), [(0, np.nan, np.nan)] * dim
    for i, period in enumerate(periods or [None] * dim):
        values = states[:, i] if period is None else states[:, i] % period
        edges = np.unique(np.quantile(values, np.linspace(0, 1, n_parts + 1)))
        which = np.searchsorted(edges[1:-1], values, side="right")
        for k in np.unique(which):
            part = which == k
            distances = _over(
                wasserstein_distance(model[part], data[part]), data[part].std(axis=0)
            )
            for j in np.flatnonzero(~(distances <= worst) & ~np.isnan(distances)):
                worst[j] = distances[j]
                last = min(k + 1, len(edges) - 1)
                where[j] = i, float(edges[k]), float(edges[last])
    return worst, tuple(where)


def _long_run(
    sample: NDArray[Any], reference: NDArray[Any], circles: list[float | None]
) -> NDArray[np.float64]:
    """Wasserstein-1 distance over std, on the line or on the circle."""
    distance = wasserstein_distance(sample, reference)
    std = reference.std(axis=0)
    for i, period in enumerate(circles):
        if period is not None:
            distance[i] = circular_wasserstein(sample[:, i], reference[:, i], period)
            std[i] = circular_std(reference[:, i], period)
    return _over(distance, std)


def _coverage(
    sample: NDArray[Any], reference: NDArray[Any], circles: list[float | None]
) -> NDArray[np.float64]:
    """Share of the law whose bins get a tenth of their share or more."""
    shares = []
    for drawn, truth, period in zip(sample.T, reference.T, circles, strict=True):
        ours, true = drawn, truth
        if period is not None:
            ours, true = drawn % period, truth % period
        if np.ptp(true) == 0:
            shares.append(np.nan)
            continue
        # Equal states, as of integers, make bins of unequal weight.
        edges = np.unique(np.quantile(true, np.arange(1, _BINS) / _BINS))
        theirs, wanted = (
            np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
            / len(values)
            for values in (ours, true)
        )
        shares.append(1.0 - wanted[theirs < 0.1 * wanted].sum())
    return np.array(shares)
