"""Text of compiled kernels: cells of the work array, and lines further in."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from numba import njit

from msbook._compile.kernels.elementary import INLINED

LANES = 32
"""Paths that advance side by side."""

# How a step of an ODE ends: it is done, or must be done again with exact sines and by
# differences, for a sine left the range of its fast form or a Jacobian is not finite.
DONE, BEYOND = -1, -2
END = f"    return {BEYOND} if beyond < 0 else {DONE}"


def cell(row: int) -> str:
    """A lane's number in a row of the work array."""
    return f"work[{row * LANES} + lane]"


def indent(lines: Iterable[str], levels: int = 1) -> list[str]:
    """Lines moved to the right."""
    return [" " * 4 * levels + line for line in lines]


def largest_of(terms: Iterable[str]) -> str:
    """Text of the largest term."""
    return reduce(lambda text, term: f"max({text}, {term})", terms)


@njit(**INLINED)
def copy_into(target, source):
    """Copy a row; ``target[:] = source`` compiles the text of its error, for 2 s."""
    for i in range(source.size):
        target[i] = source[i]
