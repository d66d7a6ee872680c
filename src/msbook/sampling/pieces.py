"""Trajectories as they are measured, cut into pieces at equal distances in time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from msbook._validation import finite_array

_EQUAL = 1e-6  # of a step, by which steps may differ and be one
_USUAL = 0.5  # of all steps, of which fewer are no usual step


def as_paths(given: Any) -> Any:
    """Data frames and series, alone or in a list, as arrays (n_time, dim)."""
    if _is_frame(given):
        return [_states(given)]
    if isinstance(given, list | tuple):
        several = cast("Sequence[Any]", given)
        return [_states(one) if _is_frame(one) else one for one in several]
    return given


def _is_frame(values: Any) -> bool:
    """Whether rows are times, as in the frames and series of pandas and polars."""
    return hasattr(values, "to_numpy") and not isinstance(values, np.ndarray)


def _states(frame: Any) -> NDArray[Any]:
    values = np.asarray(frame.to_numpy())
    return values[:, None] if values.ndim == 1 else values


def cut(
    groups: list[NDArray[np.float64]], times: Any, burn_in: int
) -> tuple[list[NDArray[np.float64]], bool]:
    """Groups (n_traj, n_time, dim) without gaps, in order, and whether there were any.

    A gap is a time at which a component is NaN, or a step that is not the usual one.
    """
    clocks = None if times is None else _clocks(times, groups)
    if clocks is None and not any(np.isnan(group).any() for group in groups):
        return [group[:, burn_in:] for group in groups], False
    pieces: list[NDArray[np.float64]] = []
    for i, path in enumerate(path for group in groups for path in group):
        known = ~np.isnan(path).any(axis=1)
        joined = known[1:] & known[:-1]
        if clocks is not None:
            joined &= clocks[i]
        # A piece ends where a state is not joined to the one before it.
        edges = np.flatnonzero(~joined) + 1
        parts = zip(
            np.split(path, edges), np.split(known, edges), [0, *edges], strict=True
        )
        for part, is_known, first in parts:
            rest = part[max(burn_in - first, 0) :]
            if is_known.all() and len(rest):
                pieces.append(rest[None])
    return pieces, True


def _clocks(times: Any, groups: list[NDArray[np.float64]]) -> list[NDArray[np.bool_]]:
    """Which steps of each path are the usual one."""
    lengths = [group.shape[1] for group in groups for _ in group]
    own: list[Any] = [times] * len(lengths)
    if hasattr(times, "__len__") and len(times) and np.ndim(times[0]) == 1:
        own = list(times)  # an array of times for each
    clocks = [finite_array(f"times[{i}]", t) for i, t in enumerate(own)]
    if [clock.shape for clock in clocks] != [(n,) for n in lengths]:
        raise ValueError(
            "times must have a time for each state, of shape (n_time,) for all "
            f"trajectories or one array for each; got shapes "
            f"{[clock.shape for clock in clocks][:4]} for lengths {lengths[:4]}."
        )
    steps = [np.diff(clock) for clock in clocks]
    every = np.concatenate(steps)
    if not len(every) or not (every > 0).all():
        raise ValueError("times must increase from state to state, and be two or more.")
    usual = float(np.median(every))
    rounding = 4 * np.spacing(max(np.abs(clock).max() for clock in clocks))
    regular = [np.abs(step - usual) <= _EQUAL * usual + rounding for step in steps]
    if np.concatenate(regular).mean() <= _USUAL:
        raise ValueError(
            "times must be at equal distances but for gaps, for a flow map knows one "
            f"lag; got steps from {every.min():.6g} to {every.max():.6g}, of which "
            f"fewer than half are {usual:.6g}. Interpolate to equal distances, or "
            "make pairs yourself and hand the step over as context."
        )
    return regular
