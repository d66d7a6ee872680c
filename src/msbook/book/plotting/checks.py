"""What is drawn, where, and in what colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import is_color_like
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_kind, finite_array


def check_canvas(ax: Any, colour: Any = "black") -> None:
    """Raise a ValueError for what is no axes or no colour."""
    check_kind("ax", ax, Axes, "axes of matplotlib")
    check_colour("colour", colour)


def check_colour(name: str, colour: Any) -> None:
    """Raise a ValueError for what is no colour."""
    # None and "none" are no colour to draw in, and numbers no name of one.
    named = isinstance(colour, str) and colour.lower() != "none"
    if not (named or isinstance(colour, tuple)) or not is_color_like(colour):
        raise ValueError(
            f'{name} must be a colour, such as "black" or "#0072B2"; got {colour!r}.'
        )


def check_points(
    name: str, points: ArrayLike, axes: Sequence[str]
) -> NDArray[np.float64]:
    """Finite points of the plane, of shape ``(*axes, 2)``."""
    array = finite_array(name, points)
    if array.ndim != len(axes) + 1 or array.shape[-1] != 2 or not array.size:
        raise ValueError(
            f"{name} must have shape ({', '.join(axes)}, 2); got {array.shape}. "
            "Select one path and two coordinates, as in path[0, :, :2]."
        )
    return array


def check_numbers(name: str, values: ArrayLike, size: int) -> tuple[float, ...]:
    """So many finite numbers."""
    array = finite_array(name, values)
    if array.shape != (size,):
        raise ValueError(f"{name} must be {size} numbers; got shape {array.shape}.")
    return tuple(array.tolist())


def check_series(name: str, values: ArrayLike) -> list[float]:
    """Finite numbers, one a frame."""
    array = finite_array(name, values)
    if array.ndim != 1 or not array.size:
        raise ValueError(
            f"{name} must have shape (n_frames,), one value a frame; got {array.shape}."
        )
    return array.tolist()
