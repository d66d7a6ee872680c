"""Laws on a circle, and circles that nobody named."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_KNOWN = {1.0: "", 2.0 * np.pi: " (2π)", np.pi: " (π)", 24.0: "", 180.0: "", 360.0: ""}


def circular_wasserstein(a: NDArray, b: NDArray, period: float) -> float:
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


def circular_std(angles: NDArray, period: float) -> float:
    """Least standard deviation over all places where the circle may be cut."""
    values = np.sort(angles % period)
    n = len(values)
    values = values - values.mean()
    # The first k of them are moved behind the others.
    moved = np.arange(n) * period / n
    sums = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    variance = values.var() + (2.0 * period * sums) / n + moved * period - moved**2
    return float(np.sqrt(max(variance.min(), 0.0)))


def forgotten_period(groups: list[NDArray], component: int) -> float | None:
    """Period by which a component jumps, or None.

    A wrapped angle passes through its whole range in small steps, and now and then
    jumps by almost all of it, from close to one end to close to the other.
    """
    series = [group[:, :, component] for group in groups]
    low = min(part.min() for part in series)
    high = max(part.max() for part in series)
    size = high / 2.0 - low / 2.0
    states = np.concatenate([part.ravel() for part in series])
    states = (states / 2.0 - low / 2.0) / size if size > 0 else 0.0 * states
    steps = np.concatenate(
        [np.diff((part / 2.0 - low / 2.0) / (size or 1.0)).ravel() for part in series]
    )
    jumps = abs(steps) > 0.5
    if not jumps.any() or jumps.all():
        return None
    largest = abs(steps[~jumps]).max()
    passes = np.histogram(states, bins=8, range=(0.0, 1.0))[0] > 0
    if (
        largest > 1 / 3
        or abs(steps[jumps]).min() < 1 - 1.5 * largest
        or not passes.all()
    ):
        return None
    near = [p for p in _KNOWN if abs(2.0 * size / p - 1.0) < max(0.01, 0.5 * largest)]
    return min(near, key=lambda p: abs(2.0 * size - p)) if near else float(2.0 * size)


def described(period: float) -> str:
    """The period as a reader would write it."""
    return f"{period:.4g}{_KNOWN.get(period, '')}"
