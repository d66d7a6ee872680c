"""Whether a text gives what its function gives: both are called on some states.

A function can notice that it is called on symbols, by their type, say, or by an error
that it catches. What is written down is then not what it does to numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook._compile.expressions import CannotTraceError
from msbook._compile.writing import define_text

_TIME = np.float64(0.7)
_SPANS = ((-2.0, 2.0), (0.1, 1.9), (-1.9, -0.1))  # of states: mixed, positive, negative


def check_text(
    function: Callable[..., Any],
    text: str,
    constants: tuple,
    arguments: dict[str, int | None],
) -> None:
    """Compare a function with its text on states of one path each.

    Where the function fails, as it may at a state that it is not made for, nothing is
    compared.

    Parameters
    ----------
    function, arguments
        As for :func:`msbook._compile.tracing.trace`.
    text, constants
        What was written down.

    Raises
    ------
    CannotTraceError
        If they differ.
    """
    written = define_text(text)
    for given in _states(arguments):
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                there = [_number(row) for row in function(*given)]
        except Exception:
            continue  # not at this state
        with np.errstate(all="ignore"):
            results = written(*given, constants)
        here = [_number(row) for row in results[: len(there)]]
        if not np.allclose(here, there, rtol=1e-9, atol=1e-12, equal_nan=True):
            raise CannotTraceError(
                "what it does to numbers is not what it does while it is written down; "
                "it may ask for the type of what it gets, catch errors, or lose a NaN "
                "in a comparison"
            )


def _states(arguments: dict[str, int | None]) -> Iterator[tuple]:
    """Arguments for one path, drawn once and for all."""
    rng = np.random.default_rng(0)
    for low, high in _SPANS:
        yield tuple(_argument(name, n, rng, low, high) for name, n in arguments.items())


def _argument(
    name: str, n: int | None, rng: np.random.Generator, low: float, high: float
) -> Any:
    if n is None:
        return _TIME
    rows = rng.uniform(low, high, (n, 1))
    rows.flags.writeable = False  # a function may not move the states
    return rows[0] if name.endswith("_") else tuple(rows)


def _number(row: Any) -> float:
    values: NDArray[np.float64] = np.asarray(row, dtype=float)
    return values.item()
