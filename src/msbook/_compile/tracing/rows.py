"""Rows of symbols: what a function is called on while it is written down.

A row has the shape ``(1,)``, as if there were one path, and a time the shape ``()``. So
a function that is written for rows of many paths meets the same shapes, and whatever
NumPy does with them. That it treats all paths alike is watched over: a number taken out
of a row differs from path to path and may not go on alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import special

from msbook._compile.tracing.expressions import CannotTraceError, Graph, Symbol


class Row(np.ndarray):
    """An array of symbols on which NumPy's functions are written down."""

    @classmethod
    def of(cls, symbols: Any, shape: tuple[int, ...]) -> Row:
        """A row of one symbol or of an array of them."""
        row = np.empty(shape, dtype=object)
        row[...] = symbols
        return row.view(cls)

    def __array_ufunc__(
        self, ufunc: Any, method: str, *inputs: Any, out: Any = None, **options: Any
    ) -> Any:
        """Write down a function of NumPy, entry by entry."""
        if method != "__call__":
            return _reduce(ufunc, method, inputs, out, options)
        if options or ufunc.nout != 1:
            raise CannotTraceError(f"np.{ufunc.__name__} with {[*options] or 'two'}")
        name = ufunc.__name__
        if ufunc not in (getattr(np, name, None), getattr(special, name, None)):
            raise CannotTraceError(f"{name} is no function of NumPy's or SciPy's")
        result = apply(name, *inputs)
        if out is None:
            return result
        out[0][...] = result
        return out[0]

    def __array_function__(
        self, function: Any, types: Any, arguments: Any, options: Any
    ) -> Any:
        """Write down a function of NumPy that is none of single entries."""
        mine = _FUNCTIONS.get(function.__name__)
        if mine is not None:
            return mine(*arguments, **options)
        return super().__array_function__(function, types, arguments, options)

    def __pow__(self, exponent: Any, modulo: None = None) -> Any:
        """Power, which NumPy takes as a square root for the exponent 1/2."""
        if isinstance(exponent, float) and exponent == 0.5:
            return apply("sqrt", self)
        return apply("power", self, exponent)

    def __rpow__(self, base: Any, modulo: None = None) -> Any:
        """Power with this exponent."""
        return apply("power", base, self)

    def __float__(self) -> float:
        """Refused: what is known of a state or a time is no number."""
        raise CannotTraceError(
            "a plain number is wanted where there is a state or a time; take NumPy's "
            "functions (np.sin, not math.sin)"
        )

    def __int__(self) -> int:
        """Refused, as a number is."""
        raise CannotTraceError("a whole number is made of a state or a time")

    def clip(self, *arguments: Any, **options: Any) -> Any:
        """As ``np.clip``."""
        return _clip(self, *arguments, **options)

    def sum(self, axis: Any = None, **options: Any) -> Any:
        """As ``np.sum``, over other axes than that of the paths."""
        return np.add.reduce(self, axis=axis, **options)


def apply(name: str, *inputs: Any) -> Row:
    """Write an operation down, entry by entry of arrays that fit as in NumPy."""
    for value in inputs:
        if isinstance(value, Symbol) and value.of_path:
            raise CannotTraceError(
                "a number is taken out of a row, which holds one entry a path"
            )
    arrays = [
        Row.of(value, ()) if _is_scalar(value) else np.asanyarray(value)
        for value in inputs
    ]
    graph = _graph_of(arrays)
    shapes = {array.shape for array in arrays}
    shape = np.broadcast_shapes(*shapes) if len(shapes) > 1 else shapes.pop()
    if shape and shape[-1] != 1 and any(_last_is_path(array) for array in arrays):
        raise CannotTraceError(
            f"an array of shape {shape} meets a row, whose last axis is the paths"
        )
    entries = zip(*(_entries(array, shape) for array in arrays), strict=True)
    result = np.empty(shape, dtype=object)
    result.reshape(-1)[:] = [graph.apply(name, *values) for values in entries]
    return result.view(Row)


def _is_scalar(value: Any) -> bool:
    return isinstance(value, Symbol | bool | int | float | complex | np.generic)


def _entries(array: np.ndarray, shape: tuple[int, ...]) -> list:
    """Entries as they are, which know their kind: a parameter stays one."""
    if array.size == 1:
        plain = array.view(np.ndarray).reshape(-1)
        return [plain[0]] * math.prod(shape)
    return [*np.broadcast_to(array.view(np.ndarray), shape).flat]


def _last_is_path(array: np.ndarray) -> bool:
    return array.ndim > 0 and any(
        isinstance(entry, Symbol) and entry.of_path for entry in array.flat
    )


def _graph_of(arrays: Sequence[np.ndarray]) -> Graph:
    for array in arrays:
        if array.dtype == object:
            for entry in array.flat:
                if isinstance(entry, Symbol):
                    return entry.graph
    raise CannotTraceError("an array of objects")


def _reduce(ufunc: Any, method: str, inputs: Any, out: Any, options: dict) -> Any:
    """Sums, products and the like over axes that are not the paths'."""
    array = np.asarray(inputs[0])
    axis = options.get("axis", 0)
    axes = range(array.ndim) if axis is None else np.atleast_1d(axis)
    if method != "reduce" or len(inputs) != 1 or out not in (None, (None,)):
        raise CannotTraceError(f"np.{ufunc.__name__}.{method}")
    if any(int(one) % max(array.ndim, 1) == array.ndim - 1 for one in axes):
        raise CannotTraceError(f"np.{ufunc.__name__}.reduce over all paths")
    kept = {name: options[name] for name in ("axis", "keepdims") if name in options}
    array = array.view(np.ndarray)
    if ufunc in (np.add, np.multiply):  # NumPy counts truth values
        graph = _graph_of([array])
        numbers = [graph.count(entry) for entry in array.flat]
        array = np.array([*numbers, None], dtype=object)[:-1].reshape(array.shape)
    result = getattr(ufunc, method)(array, **kept)
    return np.asarray(result, dtype=object).view(Row)


def _where(condition: Any, *choices: Any) -> Row:
    if len(choices) != 2:
        raise CannotTraceError("np.where with a condition alone")
    return apply("where", condition, *choices)


def _clip(a: Any, a_min: Any = None, a_max: Any = None, **options: Any) -> Any:
    low, high = options.pop("min", a_min), options.pop("max", a_max)
    if options:
        raise CannotTraceError(f"np.clip with {[*options]}")
    if low is not None:
        a = apply("maximum", a, low)
    return a if high is None else apply("minimum", a, high)


def _select(conditions: Any, choices: Any, default: Any = 0) -> Any:
    result = default
    for condition, choice in reversed([*zip(conditions, choices, strict=True)]):
        result = apply("where", condition, choice, result)
    return result


def _filled(value: float) -> Any:
    def like(a: Any, *rest: Any, **options: Any) -> np.ndarray:
        if rest or options:
            raise CannotTraceError(f"np.zeros_like or np.ones_like with {options}")
        return np.full(np.shape(a), value)

    return like


def _real(value: Any) -> Any:
    return value


_FUNCTIONS = {
    "where": _where,
    "clip": _clip,
    "select": _select,
    "zeros_like": _filled(0.0),
    "ones_like": _filled(1.0),
    "real": _real,
}
