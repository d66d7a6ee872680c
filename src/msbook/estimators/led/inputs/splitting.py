"""What LED is trained on, and what chooses its networks."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.led.inputs.paths import PORTION, Paths, rows_within
from msbook.estimators.led.inputs.reading import read_paths

ENOUGH = 5  # pieces, of which every fifth is held out


def training_and_validation(
    paths: Paths, watched: Paths | None, *, n_warm_up: int, n_steps: int
) -> tuple[Paths, Paths]:
    """Pieces to train on and pieces that choose, each of a window or more.

    Parameters
    ----------
    paths : Paths
        All that is known.
    watched : Paths, optional
        What chooses, where a reader says so. By default every fifth of five pieces or
        more; else the last fifth of each, of those where a window fits there.
    n_warm_up, n_steps : int
        Known states of a window, and those of its forecast.

    Raises
    ------
    ValueError
        If nothing is long enough, or there is no change with the time.

    Warns
    -----
    UserWarning
        If pieces are too short, and are left out.
    """
    least = n_warm_up + n_steps
    training = long_enough(paths, least)
    if watched is None:
        training, chosen = held_out(training, least)
    else:
        chosen = long_enough(watched, least)
    if not training.pieces or not chosen.pieces:
        raise ValueError(_too_short(paths, watched, n_warm_up, n_steps))
    if not any(map(_changes, training.pieces)):
        raise ValueError(
            "X must change with the time, or there is no dynamics to learn; got "
            f"{len(training.pieces)} trajectories of {max(training.lengths)} equal "
            "states each. Look whether time is the second axis."
        )
    return training, chosen


def longest_window(paths: Paths, watched: Paths | None) -> int:
    """States of the longest window with which half of all states are trained on."""
    if watched is not None:
        return min(_usual(paths.lengths), _usual(watched.lengths))
    if len(paths.pieces) >= ENOUGH:
        # With a window that leaves fewer pieces their last fifth would choose.
        return min(_usual(paths.lengths), sorted(paths.lengths)[-ENOUGH])
    return _usual([n - _cut(n) for n in paths.lengths])


def read_validation(given: Any, paths: Paths) -> Paths:
    """Trajectories that choose, of states like those that are trained on."""
    watched = read_paths("validation", given, paths.n_axes)
    if watched.shape != paths.shape:
        raise ValueError(
            f"validation must have states like those of X, of shape {paths.shape}; got "
            f"states of shape {watched.shape}."
        )
    return watched


def long_enough(paths: Paths, least: int) -> Paths:
    """Pieces of so many states or more, with a word on the others, if it is not all."""
    enough = paths.of(piece for piece in paths.pieces if len(piece) >= least)
    n_short = len(paths.pieces) - len(enough.pieces)
    if n_short and enough.pieces:
        warnings.warn(
            f"{n_short} of {len(paths.pieces)} trajectories of {paths.name} are left "
            f"out, for they have fewer than {least} states, warm-up and forecast of "
            f"the longest window; the shortest has {min(paths.lengths)}. Give longer "
            "trajectories, or shorter rollouts.",
            UserWarning,
            stacklevel=2,
        )
    return enough


def held_out(paths: Paths, least: int) -> tuple[Paths, Paths]:
    """Pieces to train on, and those that choose: by default, as ``fit`` has it."""
    pieces = paths.pieces
    if len(pieces) >= ENOUGH:
        last = ENOUGH - 1
        training = [p for i, p in enumerate(pieces) if i % ENOUGH != last]
        return paths.of(training), paths.of(pieces[last::ENOUGH])
    cuts = [n if n - _cut(n) < least else _cut(n) for n in paths.lengths]
    both = list(zip(pieces, cuts, strict=True))
    return (
        paths.of(piece[:cut] for piece, cut in both),
        paths.of(piece[cut:] for piece, cut in both if cut < len(piece)),
    )


def _cut(n_states: int) -> int:
    """Where the last fifth begins."""
    return n_states * 4 // 5


def _usual(lengths: list[int]) -> int:
    """The greatest length for which longer pieces hold half of all states."""
    ordered = np.sort(lengths)[::-1]
    return int(ordered[np.cumsum(ordered) >= ordered.sum() / 2][0])


def _changes(piece: NDArray[Any]) -> bool:
    """Whether a trajectory leaves its first state."""
    most = rows_within(PORTION, piece.shape[1:])
    return any(
        bool((piece[first : first + most] != piece[0]).any())
        for first in range(0, len(piece), most)
    )


def _too_short(
    paths: Paths, watched: Paths | None, n_warm_up: int, n_steps: int
) -> str:
    """What is too short, and what would fit."""
    least, longest = n_warm_up + n_steps, max(paths.lengths)
    how = ""
    if watched is not None:
        got = longest, max(watched.lengths)
    elif len(paths.pieces) >= ENOUGH and longest < least:
        got, how = (longest, longest), ", by default every fifth trajectory"
    else:
        got = _cut(longest), longest - _cut(longest)
        how = ", by default the last fifth"
    most = min(got) - n_warm_up
    advice = (
        f"Forecast {most} steps or fewer in every stage of rollouts, or give longer "
        "trajectories."
        if most > 0
        else f"Not even the warm-up of {n_warm_up} fits: give longer trajectories."
    )
    return (
        f"X is too short: the longest window has {least} states, {n_warm_up} of "
        f"warm-up and the forecast; got {got[0]} states a trajectory for training and "
        f"{got[1]} for validation{how}. {advice}"
    )
