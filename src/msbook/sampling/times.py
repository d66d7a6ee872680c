"""Points of a system that depends on time, and the times at which they were."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array
from msbook.systems import SDE, SlowFast

_FEW = 20  # points at which equations are compared
_PROBES = (0.0, 0.17, 0.38, 0.71, 1.0)  # shares of a span, in no simple ratio
_SPAN = 27.3  # of times, where nothing is known of them


def check_times(t: ArrayLike | None, shape: tuple[int, ...]) -> NDArray[Any] | None:
    """Times of points, one each; None where they are not known."""
    if t is None:
        return None
    times = finite_array("t", t)
    try:
        return np.broadcast_to(times, shape).ravel()
    except ValueError as error:
        raise ValueError(
            f"t must be one time, or times that fit points of shape {shape}; got "
            f"shape {times.shape}."
        ) from error


def at_their_times(
    source: Any,
    function: Callable[[NDArray[Any], float], NDArray[Any]],
    x: NDArray[np.float64],
    t: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    """A function of points and of the time, at the time of each point.

    Parameters
    ----------
    source : system or callable
        What the function asks. If its equations do not depend on time, the function is
        called once, at time zero.
    function : callable
        From points (n, dim) and a time to an array (n, ...).
    x : ndarray, shape (n, dim)
    t : ndarray, shape (n,), or None
        None where the times are not known.

    Raises
    ------
    ValueError
        If the equations depend on time and the times are not known.
    """
    if not depends_on_time(source, x, t):
        return function(x, 0.0)
    if t is None:
        raise ValueError(
            "the equations of this system depend on time, so that t, the times of the "
            "points, is needed: hand over the Solution of msbook.solve, which knows "
            "them, or t=... beside the array."
        )
    times, which = np.unique(t, return_inverse=True)
    parts = [function(x[which == i], float(time)) for i, time in enumerate(times)]
    found = np.empty((len(x), *parts[0].shape[1:]))
    for i, part in enumerate(parts):
        found[which == i] = part
    return found


def depends_on_time(
    source: Any, x: NDArray[np.float64], t: NDArray[np.float64] | None
) -> bool:
    """Whether drift or diffusion at a few points are others at another time."""
    if isinstance(source, SlowFast):
        return depends_on_time(source.hidden, source.hide(x), t)
    if not isinstance(source, SDE):
        return False
    some = x[:: -(-len(x) // _FEW)]
    first, last = (0.0, _SPAN) if t is None else (float(t.min()), float(t.max()))
    span = (last - first) or _SPAN
    found = [_equations(source, first + share * span, some) for share in _PROBES]
    return not all(np.array_equal(f, found[0], equal_nan=True) for f in found)


def _equations(system: SDE, t: float, x: NDArray[Any]) -> NDArray[np.float64]:
    """Drift and diffusion, side by side; NaN where they are not defined."""
    with np.errstate(all="ignore"):
        try:
            diffusion = system.diffusion(t, x).reshape(len(x), -1)
            return np.hstack([system.drift(t, x), diffusion])
        except ArithmeticError:
            return np.full((len(x), 1), np.nan)
