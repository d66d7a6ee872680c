"""States in the form a reader has them, and the same states as networks take them."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook._validation import finite_array
from msbook.estimators.led.inputs.labels import is_labelled, values_of
from msbook.estimators.led.inputs.paths import PORTION, flat_shape, rows_within
from msbook.estimators.led.inputs.reading import numbers
from msbook.sampling.pieces import as_paths


def read_states(
    name: str, given: Any, shape: tuple[int, ...], n_axes: int
) -> NDArray[Any]:
    """States ``(..., *shape)``; of particles there may be other numbers.

    Nothing is copied but what is no array of numbers yet.

    Raises
    ------
    ValueError
        If a state has another shape.
    """
    states = _array(name, given)
    found = states.shape[-len(shape) :]
    fits = found == shape or (
        n_axes == 2 and len(found) == 2 and found[-1] == shape[-1] and 0 not in found
    )
    if not fits:
        raise ValueError(_other_shape(name, states.shape, shape, n_axes))
    return states


def read_known(
    name: str, given: Any, shape: tuple[int, ...], n_axes: int
) -> NDArray[np.float64]:
    """Known states as networks take them, ``(n_traj, n_known, *flat)``, all finite.

    Raises
    ------
    ValueError
        If they have another shape, or lists differ in length.
    """
    paths = given if is_labelled(given) else as_paths(given)
    states = _array(name, paths)
    if is_labelled(given) and states.ndim == 1 + len(shape):
        states = states[None]
    states = read_states(name, states, shape, n_axes)
    if states.ndim != 2 + len(shape) or not states.size:
        one = states.ndim == 1 + len(shape)
        advice = " For one trajectory use trajectory[None]." if one else ""
        raise ValueError(
            f"{name} must have shape (n_traj, n_time, {_named(shape, n_axes)}); got "
            f"{states.shape}.{advice}"
        )
    return finite_array(name, states).reshape(
        *states.shape[:2], *flat_shape(states.shape[2:], n_axes)
    )


def portions_of(
    name: str, states: NDArray[Any], n_axes: int, n_state_axes: int
) -> Iterator[NDArray[np.float64]]:
    """States as networks take them, ``(n, *flat)``, a portion of all each, finite."""
    shape = states.shape[states.ndim - n_state_axes :]
    flat = flat_shape(shape, n_axes)
    most = rows_within(PORTION, flat)
    if states.size <= most * prod(flat):
        yield finite_array(name, states).reshape(-1, *flat)
        return
    rows = states.reshape(-1, *shape)
    for first in range(0, len(rows), most):
        part = finite_array(name, rows[first : first + most])
        yield part.reshape(-1, *flat)


def _array(name: str, given: Any) -> NDArray[Any]:
    """Numbers, with the axes of labelled arrays in the order of states."""
    if is_labelled(given):
        return values_of(name, given)[0]
    if isinstance(given, list | tuple):
        several: Any = [values_of(name, o)[0] if is_labelled(o) else o for o in given]
        if len({np.shape(one) for one in several if hasattr(one, "shape")}) > 1:
            lengths = [len(one) for one in several if np.ndim(one)]
            raise ValueError(
                f"{name} must be a list of arrays of one shape; got lengths "
                f"{lengths[:6]}. Cut them to one, such as the last 30 states of each."
            )
        return numbers(name, several)
    return numbers(name, given)


def _named(shape: tuple[int, ...], n_axes: int) -> str:
    if n_axes == 2:
        return "n_particles, dim"
    return "dim" if len(shape) == 1 else ", ".join(map(str, shape))


def _other_shape(
    name: str, found: tuple[int, ...], shape: tuple[int, ...], n_axes: int
) -> str:
    """What a state must be, what came, and what was likely meant."""
    wanted = f"{name} must have shape (..., {_named(shape, n_axes)})"
    if len(shape) == 1 or n_axes == 2:
        wanted += f", with {shape[-1]} components in its last axis"
    else:
        wanted += ", with states like those of fit"
    same = any(prod(found[-k:]) == prod(shape) for k in range(1, len(found) + 1))
    advice = f" Reshape each state to {shape}." if same and n_axes == 1 else ""
    return f"{wanted}; got {found}.{advice}"
