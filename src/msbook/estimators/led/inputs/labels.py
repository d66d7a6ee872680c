"""Arrays with named axes, as xarray's DataArray, without importing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

TIME = "time"
TRAJECTORIES = ("trajectory", "traj", "sample", "run", "member", "realization")
FIELDS = ("field", "variable", "channel")


def is_labelled(given: Any) -> bool:
    """Whether axes have names."""
    return hasattr(given, "dims") and hasattr(given, "isel")


def order_of(
    name: str, dims: Sequence[Any]
) -> tuple[str | None, str | None, list[Any]]:
    """The axis of trajectories, that of fields, and those of the grid.

    Raises
    ------
    ValueError
        If there is no axis of the time, or nothing else.
    """
    if TIME not in dims:
        raise ValueError(
            f'{name} must have an axis named "{TIME}"; got {tuple(dims)}. Use rename.'
        )
    trajectories, fields = (
        next((dim for dim in dims if dim in words), None)
        for words in (TRAJECTORIES, FIELDS)
    )
    grid = [dim for dim in dims if dim not in (TIME, trajectories, fields)]
    if fields is None and not grid:
        raise ValueError(
            f"{name} must have an axis of a grid, or of {' or '.join(FIELDS)}; got "
            f'{tuple(dims)}. For one component use expand_dims("variable").'
        )
    return trajectories, fields, grid


def of_labelled(name: str, given: Any) -> tuple[list[NDArray[Any]], int]:
    """Arrays ``(n_time, *state)``, with fields first in a state, and their number."""
    values, has_trajectories, n_fields = values_of(name, given)
    if not values.size:
        raise ValueError(f"{name} must not be empty; got shape {values.shape}.")
    return list(values) if has_trajectories else [values], n_fields


def values_of(name: str, given: Any) -> tuple[NDArray[Any], bool, int]:
    """An array with trajectories first, if there are any, then the time and the state.

    Returns
    -------
    values : ndarray
        A view, where the DataArray holds an array.
    has_trajectories : bool
    n_fields : int
    """
    if not hasattr(given, "to_numpy"):
        raise ValueError(
            f"{name} must be a DataArray or arrays; got a {type(given).__name__}. Use "
            'to_dataarray("field").'
        )
    trajectories, fields, grid = order_of(name, given.dims)
    order = [dim for dim in (trajectories, TIME, fields, *grid) if dim is not None]
    values = np.asarray(given.transpose(*order).values)
    if values.dtype.kind not in "fiub":
        raise ValueError(
            f"{name} must hold real numbers; got values of type {values.dtype}."
        )
    n_fields = 1 if fields is None else int(given.sizes[fields])
    return values, trajectories is not None, n_fields
