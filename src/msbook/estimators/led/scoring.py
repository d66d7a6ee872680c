"""How good forecasts are on trajectories whose end is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.paths import PORTION, Paths, rows_within
from msbook.estimators.led.inputs.reading import read_paths
from msbook.estimators.led.inputs.splitting import long_enough
from msbook.estimators.led.settings import plan_of

MOST_FORECASTS = 2_000


def forecast_score(members: Sequence[Any], X: Any) -> float:
    """The score of the mean forecast of fitted LEDs; :meth:`msbook.LED.score`.

    Raises
    ------
    ValueError
        If states are sets, are not like those of the fit, or no trajectory has a
        window.
    """
    led, coder = members[0], LatentDynamics.of(members[0]).coder
    if coder.n_particles is not None:
        raise ValueError(
            "X must hold fields, of which a forecast is one state; got sets of "
            "particles, whose forecasts are draws from a law. Use log_likelihood."
        )
    paths = read_paths("X", X)
    coder.check(paths)
    plan = plan_of(led, max(paths.lengths))
    learned = (LatentDynamics.of(member) for member in members)
    n_warm_up = max(plan.n_warm_up, *(each.least_known for each in learned))
    n_steps = plan.n_steps
    if led.rollouts is None:
        n_steps = max(1, min(n_steps, max(paths.lengths) - n_warm_up))
    wrong, size = 0.0, 0.0
    for windows in _windows(paths, n_warm_up, n_steps):
        known = coder.as_given(windows[:, :n_warm_up])
        found = np.mean([each.forecast(known, n_steps) for each in members], axis=0)
        found = coder.scaling.scaled(found.reshape(windows[:, n_warm_up:].shape))
        true = coder.scaling.scaled(windows[:, n_warm_up:])
        wrong += float(((found - true) ** 2).sum())
        size += float((true**2).sum())
    return 1.0 - wrong / size if size else float(wrong == 0.0)


def _windows(paths: Paths, n_warm_up: int, n_steps: int) -> Any:
    """Windows ``(n, n_warm_up + n_steps, dim)`` without overlap, by portions."""
    length = n_warm_up + n_steps
    enough = long_enough(paths, length)
    if not enough.pieces:
        raise ValueError(
            f"X must have trajectories of {length} states or more, {n_warm_up} of "
            f"warm-up and {n_steps} of a forecast, as in the training; got "
            f"{max(paths.lengths)} at most."
        )
    pairs = zip(enough.lengths, np.cumsum(enough.lengths), strict=True)
    starts: NDArray[np.int64] = np.concatenate(
        [np.arange(end - n, end - length + 1, length) for n, end in pairs]
    )
    starts = starts[:: -(-len(starts) // MOST_FORECASTS)]
    most = rows_within(PORTION, (length, paths.dim))
    for first in range(0, len(starts), most):
        rows = starts[first : first + most, None] + np.arange(length)
        yield enough.rows(rows.ravel()).reshape(*rows.shape, paths.dim)
