"""What generators are given: states, next states, context, and what they are for."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array
from msbook.estimators.flow_map.outliers import usable_rows
from msbook.estimators.samples import check_targets

Context = ArrayLike | Callable[[int], ArrayLike] | None

NEXT_STATES = "next states, such as those of msbook.sampling.pairs"


def check_following(y: Any, n: int, dim: int) -> NDArray[np.float64]:
    """Next states (n, dim) of as many states; with one component also (n,)."""
    return check_targets("y", y, n, NEXT_STATES, dim).reshape(n, dim)


def checked_pairs(
    states: NDArray, y: Any, context: ArrayLike | None, memory: int
) -> tuple[NDArray, NDArray, NDArray]:
    """States, next states and contexts to fit to, without rows that are no data."""
    following = check_targets("y", y, len(states), NEXT_STATES)
    following = following.reshape(len(states), -1)
    dim = following.shape[1]
    if states.shape[1] != (memory + 1) * dim:
        raise ValueError(
            f"X must have shape (n, {(memory + 1) * dim}), the present state and "
            f"{memory} earlier ones of {dim} components, as y has; got "
            f"{states.shape}. Set memory, or mend y."
        )
    known = check_context(context, len(states))
    refuse_scaled_states(states[:, :dim], following)
    usable = usable_rows((states, following, known))
    return states[usable], following[usable], known[usable]


def check_context(
    context: ArrayLike | None, n: int, n_context: int | None = None
) -> NDArray[np.float64]:
    """Context (n, n_context), finite; without columns where there is none."""
    known = np.empty((n, 0)) if context is None else finite_array("context", context)
    columns = known.shape[1] if n_context is None and known.ndim == 2 else n_context
    if known.shape != (n, columns):
        wanted = "n_context" if columns is None else columns
        raise ValueError(
            f"context must have shape ({n}, {wanted}), a row a state and the columns "
            f"seen in fit; got {known.shape}."
        )
    return known


def contexts_by_step(
    context: Context, n_steps: int, n: int, n_context: int
) -> Callable[[int], NDArray[np.float64]]:
    """Contexts (n, n_context) of so many paths as a function of the step."""
    if not callable(context):
        rows = check_context(context, n_steps, n_context)
        return lambda step: np.broadcast_to(rows[step], (n, n_context))

    def known(step: int) -> NDArray[np.float64]:
        found = finite_array("context", context(step))
        try:
            return np.broadcast_to(found, (n, n_context))
        except ValueError as error:
            raise ValueError(
                f"context must return ({n_context},) values, the same for all paths, "
                f"or {(n, n_context)}; at step {step} got {found.shape}."
            ) from error

    return known


def refuse_scaled_states(present: NDArray, following: NDArray) -> None:
    """Refuse states that were scaled to a normal form that next states do not have.

    A rollout feeds next states back as states, so that both must be in one unit. As
    the last step of a pipeline an estimator is given scaled ``X`` and bare ``y``.
    Ranges from 0 to 1 occur without a scaler too: for them there is a warning.
    """
    moving = np.ptp(present, axis=0) > 0
    x, y = present[:, moving], following[:, moving]
    if len(x) < _FEWEST or not moving.any():
        return
    by_chance = 4 / np.sqrt(len(x))
    for form, far in _NORMAL_FORMS:
        scaled = np.abs(form(x)).max() < _ROUNDING
        if scaled and np.abs(form(y)).max() > max(far, by_chance):
            if form is not _in_unit_range:
                raise ValueError(_SCALED)
            warnings.warn(_SCALED, UserWarning, stacklevel=4)
            return


_SCALED = (
    "X must be in the unit of y; X looks scaled and y does not, as behind a scaler in "
    "a Pipeline, which scales X alone. A rollout feeds y back as X, and would be "
    "wrong. Leave the scaler out, for the estimator scales both itself, or scale "
    "trajectories before they are cut into pairs."
)


def _standardised(x: NDArray) -> NDArray:
    """Departures of means from 0 and of standard deviations from 1."""
    return np.concatenate([x.mean(axis=0), x.std(axis=0) - 1])


def _robust(x: NDArray) -> NDArray:
    """Departures of medians from 0 and of interquartile ranges from 1."""
    low, middle, high = np.quantile(x, (0.25, 0.5, 0.75), axis=0)
    return np.concatenate([middle, high - low - 1])


def _in_unit_range(x: NDArray) -> NDArray:
    """Departures of least values from 0 and of ranges from 1."""
    return np.concatenate([x.min(axis=0), np.ptp(x, axis=0) - 1])


_FEWEST = 10  # pairs
_ROUNDING = 1e-9
# How far next states may be from the form of their states: a range is that of few.
_NORMAL_FORMS = ((_standardised, 0.1), (_robust, 0.1), (_in_unit_range, 0.5))
