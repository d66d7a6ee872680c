"""Numbers that stand in the code of a function, and so in its text.

All others may change from call to call: they are handed in, so that the text, and what
is compiled of it, is the same for all their values.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msbook._compile.tracing.walking import codes_in

_ALWAYS = (-1.0, 0.0, 0.5, 1.0, 2.0)  # factors that a compiler makes use of


def literals_in(read: Iterable[tuple[str, Any]]) -> frozenset[float]:
    """Numbers in the code of a function and of those that it calls.

    Parameters
    ----------
    read : iterable of (str, object)
        From :func:`msbook._compile.tracing.walking.walk`.

    Examples
    --------
    >>> from msbook._compile.tracing.walking import walk
    >>> k = 4.0
    >>> numbers = literals_in(walk(lambda y: 3 * y**2 - k * y))
    >>> 3.0 in numbers, 4.0 in numbers
    (True, False)
    """
    constants = (constant for _, code in codes_in(read) for constant in code.co_consts)
    return frozenset(_ALWAYS).union(
        number
        for constant in constants
        for number in (constant if isinstance(constant, tuple) else (constant,))
        if isinstance(number, int | float) and abs(number) <= 64.0
    )
