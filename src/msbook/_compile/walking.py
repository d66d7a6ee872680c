"""Everything that a function reads, as far as it can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_DEPTH = 6


def walk(function: Any) -> Iterator[tuple[str, Any]]:
    """Names and values: the function, and what it and the functions that it calls read.

    Looked at are globals, closures, defaults, bound objects and their attributes; not
    the entries of lists and dictionaries, nor what is in modules and classes.

    Examples
    --------
    >>> k = 2.0
    >>> dict(walk(lambda y: -k * y))["k"]
    2.0
    """
    return _walk("", function, _DEPTH, set())


def _walk(
    name: str, value: Any, depth: int, seen: set[int]
) -> Iterator[tuple[str, Any]]:
    if id(value) in seen or not depth:
        return
    seen.add(id(value))
    yield name, value
    for key, part in _parts(name, value).items():
        yield from _walk(key, part, depth - 1, seen)


def _parts(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, FunctionType):
        return _globals(value) | _closure(value) | _defaults(value)
    if isinstance(value, MethodType):
        return {f"{name} (function)": value.__func__, name: value.__self__}
    if isinstance(value, partial):
        given = {f"{name} ({i})": part for i, part in enumerate(value.args)}
        return {name: value.func} | given | value.keywords
    if isinstance(value, ModuleType | type | np.ndarray):
        return {}
    if getattr(value, "__self__", None) is not None:  # of a builtin: its object
        return {name: value.__self__}
    return getattr(value, "__dict__", {})


def _globals(function: FunctionType) -> dict[str, Any]:
    known = function.__globals__
    return {n: known[n] for n in names_in(function.__code__) if n in known}


def _closure(function: FunctionType) -> dict[str, Any]:
    parts = {}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        try:
            parts[name] = cell.cell_contents
        except ValueError:  # what it names is defined later
            continue
    return parts


def _defaults(function: FunctionType) -> dict[str, Any]:
    given = {f"default {i}": part for i, part in enumerate(function.__defaults__ or ())}
    return given | (function.__kwdefaults__ or {})


def codes_in(code: CodeType) -> Iterator[CodeType]:
    """Code and that of the functions within it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes_in(constant)


def names_in(code: CodeType) -> set[str]:
    """Names of globals and attributes in code."""
    return {name for one in codes_in(code) for name in one.co_names}
