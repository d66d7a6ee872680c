"""What may come of an argument that is wrong: a right result, or an error of ours."""

from __future__ import annotations

import inspect
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import msbook

SOURCES = Path(msbook.__file__).parent


@dataclass(frozen=True)
class Call:
    """A valid call of a public callable.

    Parameters
    ----------
    arguments : mapping
        By name; those that are not named have their defaults.
    function : callable, optional
        What is called with them, if not the callable itself: a method of an object,
        or, for an estimator that only keeps what it is given, its fit.
    fixed : tuple of str
        Arguments that are not replaced: they may be anything.
    texts : tuple of str
        Arguments that may be any string; other strings are one of a few.
    passes_on : tuple of str
        Arguments whose NaN and infinities are passed on, place by place.
    or_none : tuple of str
        Arguments that may be None, though that is not their default.
    """

    arguments: Mapping[str, Any]
    function: Callable[..., Any] | None = None
    fixed: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    passes_on: tuple[str, ...] = ()
    or_none: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wrong:
    """A value in the place of a right one.

    Parameters
    ----------
    what : str
        In words.
    value : object
    can_be_right : bool
        Whether a finite result is taken: a shape may be one that is broadcast, and a
        zero one that is meant.
    """

    what: str
    value: Any
    can_be_right: bool = False


NOT_FINITE = ("NaN", "infinity", "a huge number")


def wrong_values(valid: Any, optional: bool) -> Iterator[Wrong]:
    """What an argument is replaced by, which depends on what it is."""
    if isinstance(valid, bool | np.bool_):
        return  # a flag takes whatever has a truth value
    yield Wrong("a string", "nonsense")
    yield Wrong("None", None, can_be_right=optional)
    yield Wrong("an object", object())
    if not isinstance(valid, Mapping):
        yield Wrong("a dictionary", {"a": 1.0})
    numbers = _as_array(valid)
    if numbers is None:
        yield from (Wrong("a number", 3.5), Wrong("NaN", np.nan))
        return
    if numbers.ndim == 0:
        yield from _wrong_numbers(numbers)
    else:
        yield from _wrong_arrays(numbers, torch.is_tensor(valid))


def _wrong_numbers(valid: np.ndarray) -> Iterator[Wrong]:
    yield Wrong("NaN", np.nan)
    yield Wrong("infinity", np.inf, can_be_right=True)
    yield Wrong("a complex number", valid.item() + 1j)
    yield Wrong("an empty list", [])
    yield Wrong("an array of another shape", np.full((2, 3, 5), valid), True)
    yield Wrong("an array with None", np.array([None, 1.0]))
    yield Wrong("a bool", True, can_be_right=True)
    yield Wrong("zero", 0, can_be_right=True)
    yield Wrong("a negative number", -abs(valid.item()) - 1, valid.dtype.kind == "f")
    if valid.dtype.kind == "f":
        yield Wrong("a huge number", 1e308, can_be_right=True)
    else:
        yield Wrong("a fraction", valid.item() + 0.5)


def _wrong_arrays(valid: np.ndarray, tensor: bool) -> Iterator[Wrong]:
    def put(value: Any, dtype: Any = float) -> Any:
        array = valid.astype(dtype)
        array.flat[0] = value
        return torch.tensor(array) if tensor else array

    yield Wrong("NaN", put(np.nan))
    yield Wrong("infinity", put(np.inf), can_be_right=valid.size == 2)  # a wall
    yield Wrong("complex numbers", put(1j, complex))
    yield Wrong("nothing", put(0)[:0], can_be_right=True)
    yield Wrong("another shape", np.ones((2, 3, 5, 7)), can_be_right=True)
    if not tensor:
        yield Wrong("None in an array", put(None, object))
    if valid.dtype.kind == "f":
        yield Wrong("a huge number", put(1e308), can_be_right=True)
    elif valid.dtype.kind == "i":
        yield Wrong("a fraction", put(1.5))
        yield Wrong("a negative number", put(-10, int), can_be_right=True)


def masked_values(valid: Any, optional: bool) -> Iterator[Wrong]:
    """An array whose first entry is masked, in the place of one."""
    del optional
    numbers = None if isinstance(valid, bool | np.bool_) else _as_array(valid)
    if numbers is not None and numbers.ndim and not torch.is_tensor(valid):
        mask = np.zeros(numbers.shape, bool)
        mask.flat[0] = True
        yield Wrong("masked entries", np.ma.masked_array(numbers, mask))


def _as_array(valid: Any) -> np.ndarray | None:
    """Numbers as an array; None for everything else."""
    if torch.is_tensor(valid):
        return valid.numpy()
    try:
        array = np.asarray(valid)
    except ValueError:
        return None
    return array if array.dtype.kind in "iuf" else None


def violations(
    call: Call,
    function: Callable[..., Any],
    values: Callable[[Any, bool], Iterator[Wrong]] = wrong_values,
) -> Iterator[str]:
    """What a callable makes of each wrong argument, where it breaks the rule."""
    function = call.function or function
    parameters = _parameters(function)
    defaults = {
        name: parameter.default
        for name, parameter in parameters.items()
        if parameter.default is not parameter.empty
    }
    arguments = {**defaults, **call.arguments}
    finite = is_finite(function(**call.arguments))
    for name, valid in arguments.items():
        given = name in call.arguments or not (valid is None or valid == ())
        if name in call.fixed or not given:
            continue
        may_be_none = ("rng", "random_state", *call.or_none)
        optional = name in may_be_none or defaults.get(name, 0) is None
        for wrong in values(valid, optional):
            if name in call.passes_on and wrong.what in NOT_FINITE:
                continue
            if name in call.texts and wrong.what == "a string":
                continue
            broken = _broken(
                function, {**call.arguments, name: wrong.value}, name, wrong, finite
            )
            if broken:
                yield f"{name} = {wrong.what}: {broken}"


def _parameters(function: Callable[..., Any]) -> dict[str, inspect.Parameter]:
    variable = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    return {
        name: parameter
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind not in variable
    }


def _broken(
    function: Callable[..., Any],
    arguments: dict[str, Any],
    name: str,
    wrong: Wrong,
    finite: bool,
) -> str | None:
    """How the rule is broken, in words; None where it is kept."""
    try:
        result = function(**arguments)
    except (ValueError, TypeError) as error:
        place = traceback.extract_tb(error.__traceback__)[-1].filename
        if not Path(place).is_relative_to(SOURCES):
            return f"{type(error).__name__} out of {Path(place).name}: {error}"
        text = str(error)
        if not re.search(rf"\b{re.escape(name)}\b", text):
            return f"the message does not name it: {text}"
        return (
            None if re.search(r"\bgot\b", text) else f"does not say what came: {text}"
        )
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if not wrong.can_be_right:
        return "taken without a word"
    # An infinity that is given, such as that of a wall, may be in the result.
    right = is_finite(result, nan_only=wrong.what == "infinity")
    return None if right or not finite else "a result that is not finite"


def is_finite(result: Any, nan_only: bool = False, depth: int = 3) -> bool:
    """Whether all numbers in a result are finite, or at least none of them NaN."""
    if torch.is_tensor(result):
        result = result.detach().numpy()
    if isinstance(result, float | complex | np.ndarray | np.generic):
        array = np.asarray(result)
        if array.dtype.kind not in "fc":
            return True
        return not np.isnan(array).any() if nan_only else bool(np.isfinite(array).all())
    if not depth:
        return True
    if is_dataclass(result) and not isinstance(result, type):
        parts = [getattr(result, field.name) for field in fields(result)]
    elif isinstance(result, Mapping):
        parts = list(result.values())
    elif isinstance(result, tuple | list):
        parts = list(result)
    else:
        return True
    return all(is_finite(part, nan_only, depth - 1) for part in parts)
