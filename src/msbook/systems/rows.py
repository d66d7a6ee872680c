"""Component functions for systems whose dimension is a parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache

import numpy as np


def write_out(components: Iterable[str]) -> Callable:
    """Turn one expression a component into a function ``f(t, y, p)``.

    A compiled loop needs every component by name; a system of any dimension is
    therefore written out here once its dimension is known.

    Parameters
    ----------
    components : iterable of str
        Expressions in ``t``, ``y``, ``p`` and ``np``, written by the system itself.

    Returns
    -------
    callable
        The function; its value is a tuple with one entry a component. Its text is
        kept as ``components``, for functions without a module cannot be pickled.

    Examples
    --------
    >>> decay = write_out(f"-p[0] * y[{i}]" for i in range(3))
    >>> decay(0.0, (1.0, 2.0, 3.0), (2.0,))
    (-2.0, -4.0, -6.0)
    """
    return _write_out(tuple(components))


@lru_cache  # the same text gives the same function, which is compiled once
def _write_out(components: tuple[str, ...]) -> Callable:
    names: dict = {"np": np}
    exec(f"def rows(t, y, p):\n    return ({', '.join(components)},)", names)
    names["rows"].components = components
    return names["rows"]
