"""From a graph to source text, and from text to a function, compiled or in NumPy."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit
from scipy import special

from msbook._compile.kernels import functions as kernels
from msbook._compile.kernels.elementary import INLINED
from msbook._compile.tracing.expressions import Graph, Symbol
from msbook._compile.tracing.operations import FUNCTIONS, QUESTIONS, text_of
from msbook._compile.tracing.rows import Row


def write(graph: Graph, results: list[Symbol], names: tuple[str, ...]) -> str:
    """Source text of the function ``written(*names, constants)`` with these results.

    It returns a tuple of the results and, last, a flag: not zero where a sine or a
    cosine is asked for beyond the range of its fast form, see
    :data:`msbook._compile.kernels.elementary.FAST_RANGE`.
    """
    needed = reachable(graph, results)
    n_numbers = len(graph.numbers)
    texts: dict[int, str] = {}
    lines = [f"def written({', '.join(names)}, constants):"]
    turned = []
    for position in sorted(needed):
        operation, *arguments = graph.nodes[position]
        if operation in ("variable", "number"):
            texts[position] = arguments[0]
            continue
        if operation == "given":
            text = f"constants[{arguments[0]}]"
        elif operation == "look_up":
            table = f"constants[{n_numbers + arguments[0]}]"
            text = f"look_up({table}, {texts[arguments[1]]})"
        else:
            text = text_of(operation, [texts[one] for one in arguments])
        if operation in ("sin", "cos") and graph.nodes[arguments[0]][0] != "number":
            turned.append(texts[arguments[0]])
        texts[position] = f"v{position}"
        lines.append(f"    v{position} = {text}")
    flag = " | ".join(f"beyond({text})" for text in dict.fromkeys(turned)) or "0"
    values = "".join(f"{_as_float(graph, one, texts)}, " for one in results)
    return "\n".join([*lines, f"    return ({values}{flag},)"])


def _as_float(graph: Graph, symbol: Symbol, texts: dict[int, str]) -> str:
    text = texts[symbol.position]
    return f"where({text}, 1.0, 0.0)" if symbol.kind == "bool" else text


def reachable(graph: Graph, results: list[Symbol]) -> set[int]:
    """Positions of all nodes that results are made of."""
    waiting = [symbol.position for symbol in results]
    found: set[int] = set()
    while waiting:
        position = waiting.pop()
        if position in found:
            continue
        found.add(position)
        operation, *arguments = graph.nodes[position]
        if operation == "look_up":
            waiting.append(arguments[1])
        elif operation not in ("variable", "number", "given"):
            waiting.extend(arguments)
    return found


@lru_cache(maxsize=256)
def compile_text(text: str, exact: bool = False) -> Callable:
    """Compile a written function so that a loop over paths can be vectorised.

    Parameters
    ----------
    text : str
        From :func:`write`.
    exact : bool
        Whether sines and cosines are those of the mathematical library, slower and
        right for every argument.
    """
    names = dict(_COMPILED)
    if exact:
        exact_ones = {"sin": kernels.exact_sin, "cos": kernels.exact_cos}
        names |= exact_ones | {"beyond": kernels.never}
    return njit(**INLINED)(_define(text, names))


@lru_cache(maxsize=256)
def define_text(text: str) -> Callable:
    """The written function on NumPy's rows."""
    return _define(text, _NUMPY)


def _define(text: str, names: dict[str, Any]) -> Callable:
    names = dict(names)
    exec(text, names)  # our own text, no input
    return names["written"]


def look_up(table: np.ndarray, place: Any) -> Any:
    """Entries of a table of numbers at places that are whole numbers.

    A function that is to be compiled takes entries this way, ``table[place]`` being
    for places that are known when it is written down.

    Parameters
    ----------
    table : ndarray, shape (n,)
        Numbers.
    place : float or array
        Whole numbers from 0 to ``n - 1``.

    Examples
    --------
    >>> look_up(np.array([2.0, 3.0, 5.0]), np.array([2.0, 0.0]))
    array([5., 2.])
    """
    if isinstance(place, Row):
        symbols = [symbol.graph.look_up(table, symbol) for symbol in place.flat]
        return Row.of(symbols, place.shape)
    return table[np.asarray(place).astype(np.int64)]


_NAMES = (*FUNCTIONS, *QUESTIONS, "logical_not", "where")
_COMPILED = {name: getattr(kernels, name, None) or getattr(np, name) for name in _NAMES}
_COMPILED |= {"look_up": kernels.look_up, "beyond": kernels.beyond}
_NUMPY = {name: getattr(np, name, None) or getattr(special, name) for name in _NAMES}
_NUMPY |= {"look_up": look_up, "beyond": kernels.never}
