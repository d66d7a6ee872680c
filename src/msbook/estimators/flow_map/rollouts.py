"""What rollouts check before they start and say when they end."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._memory import new_array
from msbook._validation import check_choice, check_count, finite_array
from msbook.estimators.flow_map.increments import IncrementScaling
from msbook.integrators.solution import IntegrationError

BEYOND = ("warn", "raise", "stop", "reflect")

_LARGEST_SHARE_OUTSIDE = 0.01
_FARTHEST_OUTSIDE = 1.0  # widths of the range


def check_starts(
    x0: ArrayLike, n_features: int, n_paths: int | None, n_steps: int
) -> NDArray[np.float64]:
    """Starts of all paths (n_paths, n_features), or a ValueError."""
    check_count("n_steps", n_steps)
    starts = np.atleast_2d(finite_array("x0", x0))
    if starts.ndim != 2 or starts.shape[1] != n_features or not len(starts):
        raise ValueError(
            f"x0 must have shape ({n_features},) or (n, {n_features}); got "
            f"{np.shape(x0)}."
        )
    if n_paths is None:
        return starts
    if check_count("n_paths", n_paths) and len(starts) > 1:
        raise ValueError(
            "n_paths is the positive number of paths from one start; got "
            f"n_paths={n_paths} and {len(starts)} starts."
        )
    repeated = new_array("the starts", (n_paths, n_features), "Take fewer n_paths.")
    repeated[:] = starts
    return repeated


def roll(
    scaling: IncrementScaling,
    draw: Callable[[NDArray, NDArray], NDArray],
    states: NDArray,
    known_at: Callable[[int], NDArray],
    n_steps: int,
    beyond: str,
) -> NDArray[np.float64]:
    """Paths; see :meth:`msbook.estimators.OneStepGenerator.rollout`.

    Parameters
    ----------
    scaling : IncrementScaling
    draw : callable
        Next states of states and contexts.
    states : ndarray, shape (n_paths, (memory + 1) dim)
        Starts.
    known_at : callable
        Contexts of a step.
    n_steps : int
    beyond : str
    """
    check_choice("beyond", beyond, BEYOND)
    dim, starts = scaling.dim, states
    shape = (len(states), n_steps + 1, dim)
    paths = new_array("the paths", shape, "Take fewer n_steps or n_paths.")
    paths[:, 0] = states[:, :dim]
    for step in range(n_steps):
        gone = np.flatnonzero(np.isnan(states).any(axis=1))
        here = states
        if len(gone):  # what comes of them is not used
            here = states.copy()
            here[gone] = starts[gone]
        following = draw(here, known_at(step))
        lost = ~np.isfinite(following).all(axis=1)
        if lost.any():
            raise IntegrationError(
                f"a state is not finite after step {step + 1} of the rollout, of path "
                f"{np.argmax(lost)}. Start within the range of the data, or train on "
                "more of them."
            )
        following = _kept_within(scaling, following, beyond, step + 1)
        following[gone] = np.nan
        paths[:, step + 1] = following
        states = np.concatenate((following, states[:, :-dim]), axis=1)
    warn_outside(scaling, paths, stacklevel=4)
    return paths


def _kept_within(
    scaling: IncrementScaling, states: NDArray, beyond: str, step: int
) -> NDArray[np.float64]:
    """What becomes of states (n, dim) of a step that left the data's range."""
    outside = scaling.outside(states)
    if beyond == "warn" or not outside.any():
        return states
    if beyond == "raise":
        path = int(np.argmax(outside))
        raise IntegrationError(
            f"path {path} left the range of the data, from {scaling.low.tolist()} to "
            f"{scaling.high.tolist()}, in step {step}: it is at "
            f"{states[path].tolist()}. Train on data from there too, or choose "
            'beyond="stop", "reflect" or "warn".'
        )
    if beyond == "stop":
        return np.where(outside[:, None], np.nan, states)
    return _folded(scaling, states)


def _folded(scaling: IncrementScaling, states: NDArray) -> NDArray[np.float64]:
    """States reflected at the edges, as often as it takes; circles have none."""
    width = scaling.high - scaling.low
    place = np.divide(states - scaling.low, width, out=states * 0, where=width > 0)
    folded = scaling.low + width * (1 - np.abs(place % 2 - 1))
    return np.where(np.isfinite(scaling.periods), states, folded)


def warn_outside(
    scaling: IncrementScaling, paths: NDArray, stacklevel: int = 3
) -> None:
    """Warn if many states of paths (n_paths, n_time, dim) left the data's range.

    Or if one left it by more than the range is wide.
    """
    outside = scaling.outside(paths)
    width = np.where(np.isfinite(scaling.periods), np.inf, scaling.high - scaling.low)
    reach = _FARTHEST_OUTSIDE * width
    far = ((paths < scaling.low - reach) | (paths > scaling.high + reach)).any(axis=-1)
    if outside.mean() > _LARGEST_SHARE_OUTSIDE or far.any():
        path, step = np.argwhere(far if far.any() else outside)[0]
        warnings.warn(
            f"{outside.mean():.2g} of the states of the rollout lie beyond the range "
            f"of the data, from {scaling.low.tolist()} to {scaling.high.tolist()}, "
            "where the law of the increment is that at the edge; path "
            f"{path} at step {step} is at {paths[path, step].tolist()}. Train on data "
            'from there too, or choose beyond="stop" or "reflect".',
            UserWarning,
            stacklevel=stacklevel,
        )
