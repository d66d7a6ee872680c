"""Compiled loops in slices, between which an interrupt is heard.

A compiled loop hears no Ctrl-C. So the loops of this package run a part of their steps
a call, about a tenth of a second, and go on from where they were: the numbers do not
depend on the slices.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_FIRST = 4096  # of work; some milliseconds at most
_AIM, _GROWTH = 0.1, 8.0  # seconds, and how much longer the next slice may be

_here = threading.local()


class NobodyWaitsError(Exception):
    """Work that nobody waits for any more."""


def listen() -> None:
    """Raise an error in work of :func:`stopping_when` that is over."""
    is_over = getattr(_here, "is_over", None)
    if is_over is not None and is_over():
        raise NobodyWaitsError


@contextmanager
def stopping_when(is_over: Callable[[], bool]) -> Iterator[None]:
    """Within it, loops of this thread end once ``is_over()`` is true."""
    before = getattr(_here, "is_over", None)
    _here.is_over = is_over
    try:
        yield
    finally:
        _here.is_over = before


class Slices:
    """Lengths of slices of work that take about a tenth of a second each.

    Examples
    --------
    >>> slices = Slices()
    >>> [slices.take(6000) for _ in range(2)]
    [4096, 6000]
    """

    def __init__(self) -> None:
        self.length = _FIRST
        self._began: float | None = None

    def take(self, left: int) -> int:
        """Length of the next slice, at most ``left``.

        Raises
        ------
        NobodyWaitsError
            If nobody waits for the work.
        """
        now = time.perf_counter()
        if self._began is not None:
            growth = min(_GROWTH, _AIM / max(now - self._began, 1e-9))
            self.length = max(1, int(self.length * growth))
            listen()
        self._began = now
        return min(self.length, left)


def run_in_slices(
    n_blocks: int,
    n_steps: int,
    run: Callable[[tuple[int, int], tuple[int, int]], T | None],
) -> T | None:
    """Run blocks of paths over all steps, some of it a call.

    Parameters
    ----------
    n_blocks, n_steps : int
        How much there is to do.
    run : callable
        ``run(blocks, steps)`` does a part of it, several blocks from the first step to
        the last, or one block from where it is. What is not None ends the work.

    Returns
    -------
    object or None
        What a call returned.
    """
    slices = Slices()
    block = step = 0
    while block < n_blocks:
        if step == 0 and n_steps <= slices.length:
            length = slices.take((n_blocks - block) * n_steps)
            last, until = block + max(1, length // n_steps), n_steps
        else:
            last, until = block + 1, step + slices.take(n_steps - step)
        result = run((block, last), (step, until))
        if result is not None:
            return result
        block, step = (last, 0) if until == n_steps else (block, until)
    return None
