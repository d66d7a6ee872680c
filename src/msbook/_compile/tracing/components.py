"""What a reader's function returns, taken apart into one row a component."""

from __future__ import annotations

from numbers import Number
from typing import Any

import numpy as np

from msbook._compile.tracing.expressions import Symbol


class ComponentsError(ValueError):
    """A function does not return what its system promises."""


def split_components(result: Any, n: int, ndim: int, name: str) -> list:
    """Components of a result: a tuple, a list or an array with one entry a component.

    Parameters
    ----------
    result : sequence or array, shape (n, ...)
        What the function returned; for ``n = 1`` also the one row itself.
    n : int
        Number of components.
    ndim : int
        Number of axes of a row.
    name : str
        Of the function, for messages.

    Returns
    -------
    list
        Rows or numbers, ``n`` of them.

    Raises
    ------
    ComponentsError
        If there are more or fewer, or none at all.
    """
    if isinstance(result, np.ndarray):
        if n == 1 and result.ndim <= ndim:
            return [result]
    elif n == 1 and isinstance(result, Number | np.generic | Symbol):
        result = [result]
    if isinstance(result, np.ndarray) and result.ndim > 0:
        result = list(result)
    if not isinstance(result, list | tuple) or len(result) != n:
        raise ComponentsError(
            f"{name} must return {_counted(n)}, as many as y0 has; got "
            f"{_described(result)}."
        )
    return [_checked(entry, name) for entry in result]


def split_rows(result: Any, n: int, ndim: int, name: str) -> list[list]:
    """Rows of a matrix: one entry a component, each with an entry a Brownian motion.

    Raises
    ------
    ComponentsError
        If they are not rows, or differ in length.
    """
    rows = []
    if not isinstance(result, list | tuple | np.ndarray) or len(result) != n:
        split_components(result, n, ndim, name)  # says what is wrong
    for row in result:
        nested = isinstance(row, list | tuple) or (
            isinstance(row, np.ndarray) and (row.ndim > ndim or _is_plain(row))
        )
        if not nested or len(row) == 0:
            raise ComponentsError(
                f"{name} must return a row of entries for each of the {n} components, "
                "one entry a Brownian motion, as noise='general' says; got "
                f"{_described(result)}. With one number a component the noise is "
                "'diagonal'."
            )
        rows.append([_checked(entry, name) for entry in row])
    lengths = [len(row) for row in rows]
    if min(lengths) != max(lengths):
        raise ComponentsError(
            f"the rows of {name} must be equally long, one entry a Brownian motion; "
            f"got rows of {lengths} entries. Fill up with 0.0."
        )
    return rows


def _is_plain(array: np.ndarray) -> bool:
    """Whether an array holds numbers that do not depend on the state."""
    return type(array) is np.ndarray and array.dtype != object and array.ndim == 1


def _checked(entry: Any, name: str) -> Any:
    if isinstance(entry, list | tuple):
        raise ComponentsError(
            f"a component of {name} must be a number or a row with one entry a path; "
            f"got {_described(entry)}. A row of entries for each component is general "
            "noise: say noise='general'."
        )
    if not isinstance(entry, Number | np.generic | np.ndarray | Symbol):
        raise ComponentsError(
            f"{name} must return numbers or rows of numbers; got {entry!r:.40}."
        )
    return entry


def _counted(n: int) -> str:
    return "one component" if n == 1 else f"{n} components, as a tuple or a list"


def _described(result: Any) -> str:
    if isinstance(result, list | tuple):
        return f"a {type(result).__name__} of {len(result)}"
    if isinstance(result, np.ndarray):
        return f"an array of shape {result.shape}"
    return "None (is a return missing?)" if result is None else f"{result!r:.60}"
