"""Arrays with named axes, as xarray's DataArray, without importing it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

TIME = "time"
TRAJECTORIES = ("trajectory", "traj", "sample", "run", "member", "realization")
EQUAL = 1e-6  # of a step, by which steps may differ and be one
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
    paths = list(values) if has_trajectories else [values]
    edges = _jumps(name, given)
    return [part for path in paths for part in np.split(path, edges)], n_fields


def continued(given: Any, states: NDArray[np.float64], dt: float) -> Any:
    """States ``(n_traj, n_steps, *state)`` that follow those of a DataArray, as one.

    Raises
    ------
    ValueError
        If its times are not at distances of ``dt``.
    """
    check_dt("X", given, dt)
    trajectories, fields, grid = order_of("X", given.dims)
    order = [dim for dim in (trajectories, TIME, fields, *grid) if dim is not None]
    coords = {n: c for n, c in given.coords.items() if TIME not in c.dims}
    if TIME in given.coords:
        times = _times_after(given[TIME].values, states.shape[1], dt)
        coords[TIME] = (TIME, times, given[TIME].attrs)
    values = states if trajectories is not None else states[0]
    found = type(given)(
        values, dims=order, coords=coords, name=given.name, attrs=given.attrs
    )
    return found.transpose(*given.dims)


def _jumps(name: str, given: Any) -> NDArray[np.int_]:
    """Where the time does not go on by the usual step, if it is known."""
    if TIME not in given.coords or given.sizes[TIME] < 2:
        return np.empty(0, int)
    times = np.asarray(given[TIME].values)
    steps = np.diff(times)
    usual = np.median(steps)
    rounding = 0.0 if times.dtype.kind in "mM" else 4 * np.spacing(np.abs(times).max())
    allowed = EQUAL + (float(rounding / usual) if rounding else 0.0)
    steps = steps / usual
    irregular = np.abs(steps - 1.0) > allowed
    if irregular.mean() > 0.5 or not (steps > 0).all():
        raise ValueError(
            f"{name} must have times that increase by equal steps, but for gaps; got "
            f"steps from {steps.min():.6g} to {steps.max():.6g} times the usual one. "
            "Interpolate to equal distances."
        )
    return np.flatnonzero(irregular) + 1


def check_dt(name: str, given: Any, dt: float) -> None:
    """Raise a ValueError if states are labelled with times at another distance."""
    if isinstance(given, list | tuple):
        for i, one in enumerate(cast("Sequence[Any]", given)):
            check_dt(f"{name}[{i}]", one, dt)
        return
    if not is_labelled(given) or TIME not in given.coords:
        return
    times = np.asarray(given[TIME].values)
    if times.dtype.kind in "mM" or len(times) < 2:  # a date, whose unit is its own
        return
    step = float(np.median(np.diff(times)))
    if abs(step - dt) > EQUAL * dt + 4 * np.spacing(np.abs(times).max()):
        raise ValueError(
            f"dt must be the time between states, which in {name} is {step:.6g}; got "
            f'{dt:.6g}. Set it, or leave the times out, by drop_vars("time").'
        )


def _times_after(times: NDArray[Any], n_steps: int, dt: float) -> NDArray[Any]:
    """Times that go on where those of known states end."""
    count = np.arange(1, n_steps + 1)
    if times.dtype.kind in "mM":  # a date or a duration, which knows its unit
        return times[-1] + count * np.diff(times[-2:]).sum()
    return times[-1] + dt * count


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
