"""Functions that draw random numbers or ask a clock, found in what they read."""

from __future__ import annotations

import datetime
import random
import secrets
import time
from collections.abc import Iterable
from opcode import opmap
from types import CodeType
from typing import Any

import numpy as np

from msbook._compile.tracing.walking import codes_in

_MODULES = (random, secrets, time, datetime, np.random)
_NAMES = {module.__name__ for module in _MODULES}
_SOURCES = (np.random.Generator, np.random.RandomState, random.Random)
_IMPORTED = {"random", "secrets", "time", "datetime"}  # within a function
_DRAWN = {"rvs", "__import__", "import_module"}  # whose source, or kind, is not seen


def find_chance(read: Iterable[tuple[str, Any]]) -> str | None:
    """Name of the first source of chance in what a function reads, or None.

    Parameters
    ----------
    read : iterable of (str, object)
        From :func:`msbook._compile.tracing.walking.walk`.

    Examples
    --------
    >>> from msbook._compile.tracing.walking import walk
    >>> find_chance(walk(lambda y: -y))
    >>> find_chance(walk(lambda y: y + np.random.normal()))
    'random'
    >>> rng = np.random.default_rng(0)
    >>> find_chance(walk(lambda y: y * rng.normal()))
    'rng'
    """
    read = list(read)
    for name, value in read:
        if isinstance(value, _SOURCES) or any(value is one for one in _MODULES):
            return name
        if _module_of(value) in _NAMES:
            return name
    for function, code in codes_in(read):
        unknown = {*code.co_names} - {*function.__globals__}
        found = unknown & _DRAWN
        if _imports(code):
            found |= unknown & _IMPORTED
        if found:
            return min(found)
    return None


def _module_of(value: Any) -> str:
    if not callable(value):
        return ""
    module = str(getattr(value, "__module__", ""))
    return "numpy.random" if module.startswith("numpy.random") else module.lstrip("_")


def _imports(code: CodeType) -> bool:
    return opmap["IMPORT_NAME"] in code.co_code[::2]
