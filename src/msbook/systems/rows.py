"""Component functions: called on arrays of states, or written out as text."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

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


def check_states(y: Any, dim: int) -> np.ndarray:
    """States of shape ``(..., dim)`` as an array of floats.

    Raises
    ------
    ValueError
        If their shape is another.
    """
    y = np.asarray(y, dtype=float)
    if y.ndim == 0 or y.shape[-1] != dim:
        raise ValueError(
            f"states must have shape (..., {dim}), components last; got {y.shape}."
        )
    return y


def stack_rows(rows: tuple, shape: tuple[int, ...]) -> np.ndarray:
    """Components, numbers or arrays, as one array with the components last.

    Examples
    --------
    >>> stack_rows((np.arange(2.0), 7.0), (2,))
    array([[0., 7.],
           [1., 7.]])
    """
    return np.stack([np.broadcast_to(row, shape) for row in rows], axis=-1)
