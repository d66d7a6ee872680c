"""Everything that a function reads, as far as it can be seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache, partial
from pathlib import Path
from types import CodeType, FunctionType, MethodType, ModuleType, NoneType
from typing import Any

_HERE = str(Path(__file__).parents[1])
_LIBRARIES = {"numpy", "scipy", "numba", "torch"}
_NOTHING = object()
_DEPTH = 12
_MOST_ENTRIES = 64


def walk(function: Any) -> Iterator[tuple[str, Any]]:
    """Names and values: the function, and what it and the functions that it calls read.

    Looked at are globals, closures, defaults and entries of small lists, tuples and
    dictionaries; of objects, classes and modules what the code asks for by name.

    Examples
    --------
    >>> k = 2.0
    >>> dict(walk(lambda y: -k * y))["k"]
    2.0
    """
    return _walk("", function, frozenset(), _DEPTH, set())


def _walk(
    name: str, value: Any, asked: frozenset[str], depth: int, seen: set[int]
) -> Iterator[tuple[str, Any]]:
    if isinstance(value, int | float | complex | str | bytes | NoneType):
        yield name, value
        return
    if id(value) in seen or not depth:
        return
    seen.add(id(value))
    yield name, value
    if _is_of_library(value):
        return
    if isinstance(value, FunctionType):
        asked = names_in(value.__code__)
    for key, part in _parts(name, value, asked):
        yield from _walk(key, part, asked, depth - 1, seen)


def _is_of_library(value: Any) -> bool:
    """Whether it is a function or an object of a library, which reads what is fixed."""
    if isinstance(value, ModuleType):
        return False
    if isinstance(value, FunctionType) and value.__code__.co_filename.startswith(_HERE):
        return True
    own = value if isinstance(value, FunctionType | type) else type(value)
    return (own.__module__ or "").split(".")[0] in _LIBRARIES


def _parts(name: str, value: Any, asked: frozenset[str]) -> Iterator[tuple[str, Any]]:
    if isinstance(value, FunctionType):
        yield from ((n, value.__globals__[n]) for n in asked & {*value.__globals__})
        yield from _closure(value)
        yield from (("a default", part) for part in value.__defaults__ or ())
        yield from (value.__kwdefaults__ or {}).items()
    elif isinstance(value, MethodType):
        yield name, value.__func__
        code = getattr(value.__func__, "__code__", None)
        yield from _asked_of(value.__self__, names_in(code) if code else asked)
    elif isinstance(value, partial):
        yield name, value.func
        yield from (("an argument", part) for part in value.args)
        yield from value.keywords.items()
    elif isinstance(value, list | tuple | dict):
        entries = value.values() if isinstance(value, dict) else value
        if len(value) <= _MOST_ENTRIES:
            yield from ((name, entry) for entry in entries)
    else:
        bound = getattr(value, "__self__", None)  # of a builtin
        if bound is not None and not isinstance(bound, ModuleType):
            yield name, bound
        yield from _asked_of(value, asked | {"__call__"})


def _asked_of(value: Any, asked: frozenset[str]) -> Iterator[tuple[str, Any]]:
    kinds = value.__mro__ if isinstance(value, type) else type(value).__mro__
    own = getattr(value, "__dict__", {})
    places = (own, *(vars(kind) for kind in kinds if kind is not object))
    for name in sorted(asked):
        part = next((place[name] for place in places if name in place), _NOTHING)
        if part is _NOTHING:
            continue
        if isinstance(part, staticmethod | classmethod):
            part = part.__func__
        elif isinstance(part, property):
            part = part.fget
        yield name, part


def _closure(function: FunctionType) -> Iterator[tuple[str, Any]]:
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        try:
            yield name, cell.cell_contents
        except ValueError:  # what it names is defined later
            continue


def codes_in(
    read: Iterable[tuple[str, Any]],
) -> Iterator[tuple[FunctionType, CodeType]]:
    """Functions among what is read, each with its code and that of those within it.

    Parameters
    ----------
    read : iterable of (str, object)
        From :func:`walk`.
    """
    for _, value in read:
        if isinstance(value, FunctionType):
            for code in _nested(value.__code__):
                yield value, code


def _nested(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _nested(constant)


@lru_cache(maxsize=1024)
def names_in(code: CodeType) -> frozenset[str]:
    """Names of globals and attributes in code."""
    return frozenset(name for one in _nested(code) for name in one.co_names)
