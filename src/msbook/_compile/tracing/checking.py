"""Whether a text gives what its function gives: both are called on some states.

A function can notice that it is called on symbols, by their type, say, or by an error
that it catches. What is written down is then not what it does to numbers.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook._compile.tracing.expressions import CannotTraceError
from msbook._compile.tracing.writing import define_text

# Spans that states are drawn from, each with a time; a NaN must not be lost either.
_SPANS = (
    (-2.0, 2.0, 0.7),
    (0.1, 1.9, 2.5),
    (-1.9, -0.1, 0.0),
    (-10.0, 10.0, 12.0),
    (-1e3, 1e3, 300.0),
    (np.nan, np.nan, 0.3),
)
_N_PATHS = 5
_QUIET = RLock()  # warnings are silenced for all threads at once


def check_text(
    function: Callable[..., Any],
    text: str,
    constants: tuple,
    arguments: dict[str, int | None],
) -> None:
    """Compare a function with its text on rows of a few paths, or of a field's points.

    Where it takes one path at a time only, as with an ``if``, it is called on each.
    Where it fails, as it may at a state that it is not made for, nothing is compared.

    Parameters
    ----------
    function, arguments
        As for :func:`msbook._compile.tracing.trace.trace`.
    text, constants
        What was written down.

    Raises
    ------
    CannotTraceError
        If they differ.
    """
    written = define_text(text)
    for low, high, time in _SPANS:
        rows = np.random.default_rng(0).uniform(
            -1.0, 1.0, (len(arguments), 64, _N_PATHS)
        )
        rows = 0.5 * ((high - low) * rows + (high + low))
        for given, there in _in_turn(function, arguments, rows, np.float64(time)):
            here = _values(lambda *g: written(*g, constants)[:-1], given)
            near = {"rtol": 1e-9, "atol": 1e-12, "equal_nan": True}
            if here is None or not np.allclose(here, there, **near):
                raise CannotTraceError(
                    "what it does to numbers is not what it does while it is written "
                    "down; it may mix the entries of a row, ask for the type of what "
                    "it gets, catch errors, or lose a NaN in a comparison"
                )


def _in_turn(
    function: Callable[..., Any],
    arguments: dict[str, int | None],
    rows: NDArray[np.float64],
    time: np.float64,
) -> Iterator[tuple[tuple, NDArray[np.float64]]]:
    """Arguments and values for all paths at once, or else for each of them."""
    alone = (rows[..., path : path + 1] for path in range(rows.shape[-1]))
    for some in (rows, *alone):
        given = _arguments(arguments, some, time)
        values = _values(function, given)
        if values is not None:
            yield given, values
            if some is rows:
                return


def _arguments(
    arguments: dict[str, int | None], rows: NDArray[np.float64], time: np.float64
) -> tuple:
    given: list[Any] = []
    for (name, n), mine in zip(arguments.items(), rows, strict=True):
        if n is None:
            given.append(time)
            continue
        taken = np.resize(mine, (n, mine.shape[-1]))
        taken.flags.writeable = False  # a function may not move the states
        given.append(taken[0] if name.endswith("_") else tuple(taken))
    return tuple(given)


def _values(function: Callable[..., Any], given: tuple) -> NDArray[np.float64] | None:
    """Rows of a function, (n_results, n_paths); None where it fails."""
    rows = next(g for g in given if not isinstance(g, np.float64))
    shape = np.shape(rows[0] if isinstance(rows, tuple) else rows)
    try:
        with _QUIET, warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            results = function(*given)
            return np.array([np.broadcast_to(one, shape) for one in results], float)
    except Exception:
        return None
