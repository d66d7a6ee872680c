"""Functions with a memory: they change what they read, and so depend on the past."""

from __future__ import annotations

import dis
from collections.abc import Iterable
from functools import lru_cache
from types import CodeType, NoneType
from typing import Any

import numpy as np

from msbook._compile.tracing.walking import codes_in

_PLAIN = (int, float, complex, str, bytes, NoneType, np.generic)
_SETTING = {"STORE_ATTR", "STORE_GLOBAL", "DELETE_ATTR"}


def find_setting(read: Iterable[tuple[str, Any]]) -> str | None:
    """Name of an attribute, global or closure variable that a function sets, or None.

    Parameters
    ----------
    read : iterable of (str, object)
        From :func:`msbook._compile.tracing.walking.walk`.
    """
    names = (_set_in(code) for _, code in codes_in(read))
    return next((name for name in names if name is not None), None)


@lru_cache(maxsize=1024)
def _set_in(code: CodeType) -> str | None:
    for step in dis.get_instructions(code):
        outer = step.opname == "STORE_DEREF" and step.argval in code.co_freevars
        if step.opname in _SETTING or outer:
            return step.argval
    return None


def contents(read: Iterable[tuple[str, Any]]) -> list[tuple[str, object]]:
    """What can be compared of what a function reads: numbers, and sizes of containers.

    Parameters
    ----------
    read : iterable of (str, object)
        From :func:`msbook._compile.tracing.walking.walk`.
    """
    found: list[tuple[str, object]] = []
    for name, value in read:
        if isinstance(value, _PLAIN):
            found.append((name, repr(value)))
        elif isinstance(value, np.ndarray) and value.dtype != object:
            found.append((name, value.tobytes()))
        elif isinstance(value, list | dict | set):
            found.append((name, len(value)))
    return found
