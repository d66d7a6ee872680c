"""A trained generator against the data: one-step laws by the state, long-run laws."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.diagnosis_report import GeneratorReport, Part
from msbook.diagnosis_series import (
    MOST_PAIRS,
    Periods,
    Regression,
    increments,
    presents,
)
from msbook.integrators import IntegrationError
from msbook.integrators.solver import Seed
from msbook.metrics import relative_wasserstein
from msbook.sampling.pairs import pairs

_PARTS = 8  # of the states, in each of which one-step laws are compared
_LEAST_PAIRS = 2000  # in a part; two samples of one law then differ by about 4 %
_BINS = 20  # of equal weight, in which the long-run law is looked for


def compare(
    generator: Any,
    groups: list[NDArray],
    beside: list[NDArray],
    lag: int,
    periods: Periods,
    mean: Regression,
    rng: Seed,
) -> GeneratorReport:
    """One-step and long-run laws of the generator beside those of the data."""
    rng = np.random.default_rng(rng)
    memory, dim = getattr(generator, "memory", 0), groups[0].shape[2]

    def given(context: Any) -> dict[str, Any]:
        return {"context": context} if beside[0].shape[2] else {}

    paths = [path for group in groups for path in group]
    x, y = pairs(paths, lag, memory=memory, periods=periods)
    chosen = rng.permutation(len(x))[:MOST_PAIRS]
    x, y, context = x[chosen], y[chosen], presents(beside, lag, memory)[chosen]
    now = x[:, :dim]
    sampled = np.asarray(generator.sample(x, rng=rng, **given(context)))
    expected = mean(np.hstack([now, context]))
    data = increments(now, y, periods) - expected
    model = increments(now, sampled, periods) - expected
    one_step, where = _by_state(model, data, now, periods)
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
        true_end.append(states[:, half:].reshape(-1, dim))
        model_end.append(np.asarray(rolled)[:, half:].reshape(-1, dim))
    truth, ours = np.concatenate(true_end), np.concatenate(model_end)
    finite = bool(np.isfinite(ours).all())
    nowhere = np.full(dim, np.nan)
    return GeneratorReport(
        one_step=one_step,
        where=where,
        spread=model.std(axis=0) / data.std(axis=0),
        long_run=relative_wasserstein(ours, truth) if finite else nowhere,
        coverage=_coverage(ours, truth) if finite else nowhere,
    )


def _by_state(
    model: NDArray, data: NDArray, states: NDArray, periods: Periods
) -> tuple[NDArray[np.float64], tuple[Part, ...]]:
    """Largest Wasserstein distance over std in any part of the states, and the part."""
    worst, where = np.full(data.shape[1], -np.inf), {}
    n_parts = int(np.clip(len(states) // _LEAST_PAIRS, 1, _PARTS))
    for i, period in enumerate(periods or [None] * states.shape[1]):
        values = states[:, i] if period is None else states[:, i] % period
        edges = np.unique(np.quantile(values, np.linspace(0, 1, n_parts + 1)))
        which = np.searchsorted(edges[1:-1], values, side="right")
        for k in range(max(len(edges) - 1, 1)):
            distances = relative_wasserstein(model[which == k], data[which == k])
            for j in np.flatnonzero(distances > worst):
                worst[j] = distances[j]
                where[j] = i, float(edges[k]), float(edges[min(k + 1, len(edges) - 1)])
    return worst, tuple(where[j] for j in range(len(worst)))


def _coverage(sample: NDArray, reference: NDArray) -> NDArray[np.float64]:
    """Share of bins of equal weight that get a tenth of their share or more."""
    shares = []
    for ours, true in zip(sample.T, reference.T, strict=True):
        edges = np.quantile(true, np.arange(1, _BINS) / _BINS)
        counts = np.bincount(np.searchsorted(edges, ours), minlength=_BINS)
        shares.append(np.mean(counts >= 0.1 * len(ours) / _BINS))
    return np.array(shares)
