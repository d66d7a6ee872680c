"""Writing a function down: it is called on rows of symbols.

Where it asks whether a symbol is true, as ``if`` does, it is called once for either
answer, and the results are joined by a selection.
"""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Callable, Container, Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba
import numpy as np
import scipy
from numba.core.errors import NumbaError

from msbook._compile.tracing.chance import find_chance
from msbook._compile.tracing.checking import check_text
from msbook._compile.tracing.components import ComponentsError
from msbook._compile.tracing.expressions import CannotTraceError, Graph, Symbol
from msbook._compile.tracing.literals import literals_in
from msbook._compile.tracing.memory import contents, find_setting
from msbook._compile.tracing.reading import what_is_read
from msbook._compile.tracing.rows import Row
from msbook._compile.tracing.walking import walk
from msbook._compile.tracing.writing import write

Extend = Callable[[Graph, list[Symbol], dict[str, list[Symbol]]], list[Symbol]]

_MOST_BRANCHES = 64
_MOST_NUMBERS = 256
_TOO_MANY = (
    f"it has more than {_MOST_BRANCHES} branches, or a loop that goes on until a state "
    "or a time says so; np.where on rows, y[0] or np.stack(y), has no such limit"
)
_LIBRARIES = tuple(
    str(Path(file).parent)
    for file in (np.__file__, scipy.__file__, numba.__file__, Path(__file__).parents[1])
)


@dataclass(frozen=True)
class Traced:
    """A function that is written down.

    Attributes
    ----------
    text : str
        Source text of ``written(*arguments, constants)``, which returns the results
        and last a flag, negative where a sine or cosine needs more than its fast form.
    constants : tuple
        Numbers, and after them tables, that the function reads. They are handed in,
        so that the text is the same whatever their values.
    n_results : int
        Number of results, the flag not counted.
    zeros : tuple of int
        Results that are zero whatever the arguments and the constants.
    """

    text: str
    constants: tuple
    n_results: int
    zeros: tuple[int, ...]


_MOST_KEPT = 1024
_written: dict[Hashable, Traced] = {}  # by what the function reads
_checked: dict[Hashable, object] = {}  # what was found right, and whose it is


def trace(
    function: Callable[..., Sequence],
    extend: Extend | None = None,
    /,
    **arguments: int | None,
) -> Traced:
    """Write a function down that returns rows.

    Parameters
    ----------
    function : callable
        Returns a sequence of rows or numbers.
    extend : callable, optional
        Makes the results from the function's: ``extend(graph, results, variables)``,
        the latter the symbols of each argument.
    **arguments : int or None
        For each argument of the function how many rows it has: a tuple of so many, or
        ``1`` with the name of a single row ending in ``_``; ``None`` for a number that
        is the same for all paths, such as the time.

    Returns
    -------
    Traced

    Raises
    ------
    CannotTraceError
        If it does what cannot be written down; the message says where.
    ComponentsError
        As the function raises it.
    """
    read = what_is_read(function)
    key = None if read is None else (read, extend, *arguments.items())
    traced = _written.get(key)
    if traced is not None:
        return traced
    parts = list(walk(function))
    chance, setting = find_chance(parts), find_setting(parts)
    if chance is not None:
        raise CannotTraceError(f"it draws random numbers or asks a clock, by {chance}")
    if setting is not None:
        raise CannotTraceError(f"it sets {setting}, and so depends on earlier calls")
    literals = literals_in(parts)
    traced = _trace_once(function, extend, arguments, literals)
    _check_once(function, extend, arguments, literals, traced)
    if key is not None:
        _remember(_written, key, traced)
    return traced


def _check_once(
    function: Callable,
    extend: Extend | None,
    arguments: dict[str, int | None],
    literals: Container[float],
    traced: Traced,
) -> None:
    """Whether what was written down is what the function does, again and again."""
    owner = getattr(function, "__self__", function)  # kept, so that its id is its own
    known = (repr(traced), id(owner))
    if known in _checked:
        return
    before = contents(walk(function))

    def watch() -> None:
        if contents(walk(function)) != before:
            raise CannotTraceError(
                "it changes what it reads, and so depends on earlier calls"
            )

    again = _trace_once(function, extend, arguments, literals, watch)
    if repr(again) != repr(traced):  # NaN too
        raise CannotTraceError("it gives another result when it is called again")
    plain = traced
    if extend is not None:
        plain = _trace_once(function, None, arguments, literals)
    check_text(function, plain.text, plain.constants, arguments)
    _remember(_checked, known, owner)


def _remember(memory: dict, key: Hashable, value: Any) -> None:
    if len(memory) >= _MOST_KEPT:
        memory.clear()
    memory[key] = value


def _trace_once(
    function: Callable,
    extend: Extend | None,
    arguments: dict[str, int | None],
    literals: Container[float],
    watch: Callable[[], None] = lambda: None,
) -> Traced:
    answers: list[bool] = []
    asked: list[Symbol] = []

    def decide(symbol: Symbol) -> bool:
        if len(asked) == len(answers):
            answers.append(True)
        asked.append(symbol)
        if len(asked) > _MOST_BRANCHES:
            raise CannotTraceError(_TOO_MANY)
        return answers[len(asked) - 1]

    graph = Graph(decide, literals)
    given = [_argument(graph, name, n) for name, n in arguments.items()]
    leaves: list[tuple[list[tuple[Symbol, bool]], list[Symbol]]] = []
    while True:
        asked.clear()
        results = _call(graph, function, given)
        watch()
        leaves.append(([*zip(asked, answers, strict=True)], results))
        if len(leaves) > _MOST_BRANCHES:
            raise CannotTraceError(_TOO_MANY)
        while answers and not answers[-1]:
            answers.pop()
        if not answers:
            break
        answers[-1] = False
    results = _join(graph, leaves, depth=0)
    if extend is not None:
        variables = dict(zip(arguments, map(_symbols, given), strict=True))
        results = extend(graph, results, variables)
    n_read = len(graph.numbers) + len(graph.tables)
    if n_read > _MOST_NUMBERS:
        raise CannotTraceError(f"it reads {n_read} numbers, more than {_MOST_NUMBERS}")
    text = write(graph, results, tuple(arguments))
    zero = graph.number(0.0).position
    zeros = tuple(i for i, one in enumerate(results) if one.position == zero)
    return Traced(text, (*graph.numbers, *graph.tables), len(results), zeros)


def _symbols(argument: Any) -> list[Symbol]:
    rows = argument if isinstance(argument, tuple) else (argument,)
    return [row.reshape(-1)[0] for row in rows]


def _argument(graph: Graph, name: str, n: int | None) -> Any:
    if n is None:
        return Row.of(graph.variable(name, of_path=False), ())
    if name.endswith("_"):
        return Row.of(graph.variable(name, of_path=True), (1,))
    symbols = (graph.variable(f"{name}[{i}]", of_path=True) for i in range(n))
    rows = tuple(Row.of(symbol, (1,)) for symbol in symbols)
    for row in rows:
        row.flags.writeable = False  # a function may not move the states
    return rows


def _call(graph: Graph, function: Callable, given: list) -> list[Symbol]:
    try:
        with np.errstate(all="ignore"):
            return [_symbol(graph, row) for row in function(*given)]
    except (ComponentsError, RecursionError):
        raise
    except Exception as error:
        why = str(error) if isinstance(error, CannotTraceError) else _named(error)
        raise CannotTraceError(f"{_place(error)}{why}") from error


def _symbol(graph: Graph, row: Any) -> Symbol:
    entry = np.asarray(row)
    if entry.shape not in ((), (1,)):
        raise ComponentsError(
            f"a component must be a number or a row, one entry a path; got an array of "
            f"shape {entry.shape} where a row has (1,). A row of entries for each "
            "component is general noise: say noise='general'."
        )
    if isinstance(row, Symbol) or (entry.ndim == 0 and not isinstance(row, Row)):
        symbol = graph.number(entry.item() if isinstance(row, np.ndarray) else row)
        if symbol.of_path:
            raise CannotTraceError(
                "a component is taken out of a row or summed over one, which holds one "
                "entry a path"
            )
        return symbol
    return graph.number(entry.reshape(-1)[0])


def _join(graph: Graph, leaves: list, depth: int) -> list[Symbol]:
    """Select among the results by the answers that led to them."""
    path, results = leaves[0]
    if len(path) == depth:
        return results
    condition = path[depth][0]
    sides = (
        [one for one in leaves if one[0][depth][1] is yes] for yes in (True, False)
    )
    yes, no = (_join(graph, side, depth + 1) for side in sides)
    if len(yes) != len(no):
        raise ComponentsError("a function returns more components in one case.")
    return [
        graph.apply("where", condition, *pair) for pair in zip(yes, no, strict=True)
    ]


_HINTS = {
    "read-only": "; a function may not move the states: copy first, a = y[0].copy()",
    "unhashable type: 'Row'": "; take a cache away, arrays cannot be looked up in one",
}


def _named(error: Exception) -> str:
    if isinstance(error, NumbaError):
        return (
            "a function under numba.njit takes no symbols; take the decorator away, "
            "it is compiled with its caller"
        )
    first, *_ = [*str(error).splitlines(), ""]
    hint = next((hint for words, hint in _HINTS.items() if words in first), "")
    return f"{type(error).__name__}{': ' if first else ''}{first}{hint}"


def _place(error: Exception) -> str:
    """The line of the reader's code in which an error arose, as text."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if not f.filename.startswith(_LIBRARIES)]
    if not theirs:
        return ""
    frame = theirs[-1]
    line = linecache.getline(frame.filename, frame.lineno or 0).strip()
    return f"line {frame.lineno}" + (f", `{line}`: " if line else ": ")
