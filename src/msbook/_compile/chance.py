"""Functions that draw random numbers or ask a clock, found in what they read."""

from __future__ import annotations

import datetime
import random
import secrets
import time
from functools import partial
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

_MODULES = (random, secrets, time, datetime, np.random)
_SOURCES = (np.random.Generator, np.random.RandomState, random.Random)
_PACKAGE = str(Path(__file__).parents[1])
_DEPTH = 6


def find_chance(function: Any) -> str | None:
    """Name of the first source of chance that a function reads, or None.

    It is looked for in globals, closures, defaults, bound objects and the functions
    that are called; not within lists and dictionaries.

    Examples
    --------
    >>> find_chance(lambda y: -y)
    >>> find_chance(lambda y: y + np.random.normal())
    'np.random'
    >>> rng = np.random.default_rng(0)
    >>> find_chance(lambda y: y * rng.normal())
    'rng'
    """
    return _find(function, "", _DEPTH, set())


def _find(value: Any, name: str, depth: int, seen: set[int]) -> str | None:
    if id(value) in seen or not depth:
        return None
    seen.add(id(value))
    if isinstance(value, _SOURCES) or any(value is one for one in _MODULES):
        return name
    if isinstance(value, BuiltinFunctionType):
        parts = {name: value.__self__} if value.__self__ is not None else {}
        if value.__module__ in {module.__name__ for module in _MODULES}:
            return name
    elif isinstance(value, FunctionType):
        if value.__code__.co_filename.startswith(_PACKAGE):
            parts = _closure(value)
        else:
            parts = _globals(value) | _closure(value)
            if any(part is np for part in parts.values()) and "random" in _names(
                value.__code__
            ):
                return "np.random"
    elif isinstance(value, MethodType):
        parts = {name: value.__func__, f"{name} ": value.__self__}
    elif isinstance(value, partial):
        parts = {str(i): part for i, part in enumerate((value.func, *value.args))}
        parts |= value.keywords
    elif isinstance(value, ModuleType | type | np.ndarray):
        return None
    else:
        parts = getattr(value, "__dict__", {})
    for key, part in parts.items():
        found = _find(part, key.strip(), depth - 1, seen)
        if found is not None:
            return found
    return None


def _globals(function: FunctionType) -> dict[str, Any]:
    known = function.__globals__
    return {n: known[n] for n in _names(function.__code__) if n in known}


def _closure(function: FunctionType) -> dict[str, Any]:
    parts = {}
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    for name, cell in cells:
        try:
            parts[name] = cell.cell_contents
        except ValueError:  # what it names is defined later
            continue
    defaults = dict(enumerate(function.__defaults__ or ()))
    parts |= {f"default {i}": value for i, value in defaults.items()}
    return parts | (function.__kwdefaults__ or {})


def _names(code: CodeType) -> set[str]:
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return {*code.co_names}.union(*map(_names, inner))
