"""From what a reader has to pieces of trajectories without gaps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from msbook._validation import LARGEST, real_array
from msbook.estimators.led.inputs.labels import is_labelled, of_labelled
from msbook.estimators.led.inputs.paths import PORTION, Paths, rows_within
from msbook.sampling.pieces import as_paths

_WANTED = {
    1: "(n_traj, n_time, dim) or, of fields, (n_traj, n_time, n_fields, *grid)",
    2: "(n_traj, n_time, n_particles, dim)",
}


def read_paths(name: str, given: Any, n_axes: int = 1) -> Paths:
    """Trajectories in any form that :meth:`msbook.LED.fit` takes.

    Nothing is copied but what is no array of numbers yet. Finite numbers are looked
    for a portion at a time; states with a NaN are gaps, which cut a trajectory.

    Raises
    ------
    ValueError
        If they have another form, or a number is infinite.
    """
    if isinstance(given, Paths):
        return given
    pieces, n_fields = _pieces(name, given, n_axes)
    shape = pieces[0].shape[1:]
    if any(piece.shape[1:] != shape for piece in pieces):
        others = sorted({piece.shape[1:] for piece in pieces})
        raise ValueError(
            f"{name} must have states of one shape; got states of shapes "
            f"{others!s:.80}."
        )
    if n_fields is None and n_axes == 1 and len(shape) > 1:
        n_fields = shape[0]
    known = [part for i, p in enumerate(pieces) for part in _between_gaps(name, i, p)]
    if not known:
        raise ValueError(
            f"{name} must be finite but for gaps; got a NaN in each of its "
            f"{sum(map(len, pieces))} states. Leave out the component that is missing."
        )
    return Paths(name, known, shape, n_axes, n_fields)


def fields_of(paths: Paths, n_fields: Any) -> int | None:
    """Fields that lie side by side in a state, as its shape or the reader tells."""
    if paths.n_fields is None or n_fields is None:
        return paths.n_fields if n_fields is None else n_fields
    if n_fields != paths.n_fields:
        raise ValueError(
            f"n_fields must be {paths.n_fields}, as {paths.name} has it, or None; got "
            f"{n_fields!r} with states of shape {paths.shape}."
        )
    return paths.n_fields


def numbers(name: str, values: Any) -> NDArray[Any]:
    """An array of real numbers: itself, or a copy of what is none."""
    masked = isinstance(values, np.ma.MaskedArray)
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiub" and not masked:
        return np.asarray(values)
    return real_array(name, values)


def _pieces(
    name: str, given: Any, n_axes: int
) -> tuple[list[NDArray[Any]], int | None]:
    """Arrays ``(n_time, *shape)``, and the number of fields where labels tell."""
    if is_labelled(given):
        return of_labelled(name, given)
    if isinstance(given, list | tuple) and any(map(is_labelled, cast(Any, given))):
        return _of_several_labelled(name, cast("Sequence[Any]", given))
    paths = as_paths(given)
    if isinstance(paths, list | tuple):
        several = cast("Sequence[Any]", paths)
        pieces = [numbers(f"{name}[{i}]", path) for i, path in enumerate(several)]
        shapes = [piece.shape for piece in pieces]
        fit = all(_fits(shape, n_axes) for shape in shapes)
        if not pieces or not fit:
            advice = " Of one component use path[:, None]." if shapes else ""
            raise ValueError(
                f"{name} must be a list of arrays of shape {_of_a_path(n_axes)}, or an "
                f"array of shape {_WANTED[n_axes]}; got a list of shapes "
                f"{shapes[:4]}.{advice}"
            )
        return pieces, None
    array = numbers(name, paths)
    if not array.size or not _fits(array.shape[1:], n_axes):
        one = array.ndim == 1 + n_axes
        advice = " For one trajectory use trajectory[None]." if one else ""
        raise ValueError(
            f"{name} must have shape {_WANTED[n_axes]}; got {array.shape}.{advice}"
        )
    return list(array), None


def _of_several_labelled(
    name: str, several: Sequence[Any]
) -> tuple[list[NDArray[Any]], int | None]:
    if not all(map(is_labelled, several)):
        raise ValueError(
            f"{name} must be a list of arrays or of DataArrays; got both. Take the "
            "values of all."
        )
    read = [of_labelled(f"{name}[{i}]", one) for i, one in enumerate(several)]
    if len({n_fields for _, n_fields in read}) > 1:
        raise ValueError(
            f"{name} must have DataArrays of the same fields; got "
            f"{[n_fields for _, n_fields in read][:9]} fields."
        )
    return [piece for pieces, _ in read for piece in pieces], read[0][1]


def _fits(shape: tuple[int, ...], n_axes: int) -> bool:
    """Whether a trajectory may have this shape."""
    n = len(shape) - 1
    return 0 not in shape and (n == 2 if n_axes == 2 else n >= 1)


def _of_a_path(n_axes: int) -> str:
    return _WANTED[n_axes].replace("n_traj, ", "")


def _between_gaps(
    name: str, number: int, piece: NDArray[Any]
) -> Iterator[NDArray[Any]]:
    """Parts of a trajectory without NaN, or a ValueError about infinite numbers."""
    most = rows_within(PORTION, piece.shape[1:])
    known = [
        _known(name, number, first, piece[first : first + most])
        for first in range(0, len(piece), most)
    ]
    if all(mask.all() for mask in known):
        yield piece
        return
    edges = np.flatnonzero(np.diff(np.concatenate(([False], *known, [False]))))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        yield piece[first:last]


def _known(
    name: str, number: int, first: int, states: NDArray[Any]
) -> NDArray[np.bool_]:
    """Which states have no NaN."""
    if max(-float(states.min()), float(states.max())) <= LARGEST:
        return np.ones(len(states), bool)
    rows = states.reshape(len(states), -1)
    wrong = np.abs(rows.astype(np.float64)) > LARGEST  # a comparison with NaN is false
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(
            f"{name} must be finite, of no more than {LARGEST:g} in size; got "
            f"{rows[row, column]} in state {first + row} of trajectory {number}. "
            "Choose another unit, or make a gap of it, by numpy.nan."
        )
    return np.logical_not(np.isnan(rows).any(axis=1))
