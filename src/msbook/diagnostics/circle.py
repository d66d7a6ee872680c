"""Laws on a circle, and circles that nobody named."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_IN_USE = {"2π": 2.0 * np.pi, "π": np.pi, "1": 1.0, "24": 24.0, "360": 360.0}
_SMALL = 2 / 3  # of half the range: a step that is no jump
_FEW = 3  # jumps; less may be chance
_STRETCHES = 8  # of the range, each of which is passed through


def circular_wasserstein(a: NDArray[Any], b: NDArray[Any], period: float) -> float:
    r"""Wasserstein-1 distance of two samples of angles, (n,) and (m,).

    .. math:: W_1 = \min_c \int_0^P \lvert F(s) - G(s) - c \rvert\,ds ,

    where a median of :math:`F - G` is the best :math:`c`.

    References
    ----------
    Rabin, Delon & Gousseau (2011).
    """
    a, b = np.sort(a % period), np.sort(b % period)
    edges = np.sort(np.concatenate([a, b]))
    gaps = np.diff(edges, append=edges[0] + period)
    difference = np.searchsorted(a, edges, side="right") / len(a)
    difference -= np.searchsorted(b, edges, side="right") / len(b)
    order = np.argsort(difference)
    middle = np.searchsorted(np.cumsum(gaps[order]), gaps.sum() / 2)
    return float(gaps @ abs(difference - difference[order[middle]]))


def circular_std(angles: NDArray[Any], period: float) -> float:
    """Least standard deviation over all places where the circle may be cut."""
    values = np.sort(angles % period)
    n = len(values)
    values = values - values.mean()
    # The first k of them are moved behind the others.
    moved = np.arange(n) * period / n
    sums = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    variance = values.var() + (2.0 * period * sums) / n + moved * period - moved**2
    return float(np.sqrt(max(variance.min(), 0.0)))


def forgotten_period(series: list[NDArray[Any]], period: float | None) -> float | None:
    """Period by which a component jumps that was not, or wrongly, said, or None.

    A wrapped angle passes through its whole range in small steps, and now and then
    jumps by almost all of it, from close to one end to close to the other. ``series``
    has the component's states, (n_traj, n_time) by length, in half its range.
    """
    steps = np.concatenate([np.diff(part, axis=1).ravel() for part in series])
    if period is not None:
        steps -= period * np.round(steps / period)
    jumps = abs(steps) > 1.0
    if jumps.sum() < _FEW or jumps.all():
        return None
    largest = abs(steps[~jumps]).max()
    states = np.concatenate([part.ravel() for part in series])
    passes = (np.histogram(states, bins=_STRETCHES)[0] > 0).all()
    edge_to_edge = abs(steps[jumps]).min() > 2.0 - 2.0 * largest
    return 2.0 if passes and edge_to_edge and largest < _SMALL else None


def described(period: float) -> str:
    """A measured period as a reader would write it, if it is near one in use."""
    name, known = min(_IN_USE.items(), key=lambda item: abs(item[1] / period - 1.0))
    return f"{period:.4g}" + (f" ({name})" if abs(known / period - 1.0) < 0.02 else "")
