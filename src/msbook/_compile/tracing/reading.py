"""What a function reads: where none of it has changed, it need not be written again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Hashable
from functools import lru_cache, partial
from opcode import opmap
from pathlib import Path
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import Any

import numpy as np

from msbook._compile.tracing.expressions import GivenWhole

_FIXED = ("msbook", "numpy", "scipy", "math", "builtins", "numbers", "functools")
_HIDING = {"eval", "exec", "globals", "locals", "vars", "getattr", "open", "input"}
_PACKAGE = str(Path(__file__).parents[2])
_IMPORT = opmap["IMPORT_NAME"]
_PLAIN = {type(None), bool, int, str, complex, GivenWhole}
_SMALL = 64  # numbers in an array that is looked at entry by entry


class UnknownError(Exception):
    """Something is read whose changes cannot be seen."""


def what_is_read(function: Any) -> Hashable | None:
    """All that a function reads, as a key; None where that cannot be told.

    A key holds code, numbers, small arrays, and the functions that are called. What
    is found in an object, a list or a module of the reader's is not seen through.

    Examples
    --------
    >>> k = 1.0
    >>> def decay(y):
    ...     return -k * y
    >>> before = what_is_read(decay)
    >>> before == what_is_read(decay)
    True
    >>> k = 2.0
    >>> before == what_is_read(decay)
    False
    """
    try:
        return _read(function, ())
    except UnknownError:
        return None


def _read(value: Any, outer: tuple) -> Hashable:
    kind = type(value)
    if kind in _PLAIN:
        return kind, value
    if isinstance(value, float):
        return kind, math.copysign(1.0, value) if value == 0.0 else value, value
    if isinstance(value, tuple):
        return kind, *(_read(one, outer) for one in value)
    if kind is FunctionType:
        return _read_function(value, outer)
    if kind is MethodType:
        return _read(value.__func__, outer), _read(value.__self__, outer)
    if kind is partial:
        parts = (value.func, value.args, tuple(value.keywords.items()))
        return tuple(_read(one, outer) for one in parts)
    if kind is np.ndarray and value.dtype != object:
        return _read_array(value)
    if isinstance(value, np.generic):
        return kind, value.tobytes()
    if isinstance(value, ModuleType | type | BuiltinFunctionType | np.ufunc):
        return _read_fixed(value)
    fields = _frozen_fields(kind)
    if fields is None:
        raise UnknownError
    return kind, *(_read(getattr(value, name), outer) for name in fields)


def _read_function(function: FunctionType, outer: tuple) -> Hashable:
    if function in outer:
        return "itself"
    code = function.__code__
    is_ours = code.co_filename.startswith(_PACKAGE)  # which reads what is fixed
    names = () if is_ours else _names(code)
    if function.__dict__ and {*function.__dict__} - {"components"}:
        raise UnknownError
    outer = (*outer, function)
    known = function.__globals__
    values = [known[name] for name in names if name in known]
    values += [_content(cell) for cell in function.__closure__ or ()]
    values += [
        *(function.__defaults__ or ()),
        *(function.__kwdefaults__ or {}).values(),
    ]
    return code, *(_read(value, outer) for value in values)


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError as error:
        raise UnknownError from error  # what it names is defined later


@lru_cache(maxsize=1024)
def _names(code: CodeType) -> tuple[str, ...]:
    """Names of globals that code may read."""
    if not _HIDING.isdisjoint(code.co_names) or _IMPORT in code.co_code[::2]:
        raise UnknownError
    inner = (constant for constant in code.co_consts if isinstance(constant, CodeType))
    return *code.co_names, *(name for one in inner for name in _names(one))


def _read_array(array: np.ndarray) -> Hashable:
    if array.size <= _SMALL:
        return array.dtype.str, array.shape, array.tobytes()
    if array.flags.writeable or array.base is not None:
        raise UnknownError
    return _Same(array)


def _read_fixed(value: Any) -> Hashable:
    if isinstance(value, np.ufunc):
        return _Same(value)
    module = value.__name__ if isinstance(value, ModuleType) else value.__module__
    if str(module).split(".")[0] not in _FIXED:
        raise UnknownError
    return value


@lru_cache(maxsize=256)
def _frozen_fields(kind: type) -> tuple[str, ...] | None:
    """Fields of a frozen dataclass of the package, None for any other class."""
    parameters = getattr(kind, "__dataclass_params__", None)
    fixed = kind.__module__.startswith("msbook.")
    if not fixed or parameters is None or not parameters.frozen:
        return None
    return tuple(field.name for field in dataclasses.fields(kind) if field.compare)


class _Same:
    """A key of an object that does not change: the object itself."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __hash__(self) -> int:
        return id(self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.value is self.value
