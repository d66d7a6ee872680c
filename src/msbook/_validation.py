"""What an argument must be: one check a kind, each with a message that names it.

Checks return what they were given in the form that the code works with, or raise a
ValueError that says what was expected, what came, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = 1e150  # beyond it the square of a number is none


def real_array(name: str, values: Any) -> NDArray[np.float64]:
    """Real numbers of any shape, NaN and infinity among them."""
    if type(values) is np.ndarray and values.dtype == np.float64:
        return values.copy()
    check_unmasked(name, values)
    try:
        if values is None:
            raise ValueError("nothing was handed over")
        array = np.asarray(values)
        if array.dtype == object and any(value is None for value in array.flat):
            raise ValueError("an entry is None")
        if array.dtype.kind in "USO" and any(isinstance(v, str) for v in array.flat):
            raise ValueError("an entry is text; take float() of it")
        if np.iscomplexobj(array.astype(float) if array.dtype == object else array):
            raise ValueError("complex numbers; stack real and imaginary part")
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        reason = str(error).rstrip(".")
        if "with a sequence" in reason:  # NumPy's word for it
            reason = "its rows differ in length, cut them to one"
        raise ValueError(
            f"{name} must be an array of real numbers; got {_short(values)}: {reason}."
        ) from error


def check_unmasked(name: str, values: Any) -> None:
    """No entry is masked, of an array or of those in a list: NumPy would use it."""
    several = values if isinstance(values, list | tuple) else (values,)
    arrays = [one for one in several if isinstance(one, np.ma.MaskedArray)]
    n_masked = sum(int(np.ma.count_masked(array)) for array in arrays)
    if n_masked:
        raise ValueError(
            f"{name} must have no masked entries; got {n_masked}. Leave them out, or "
            "say what they are, as by numpy.ma.filled."
        )


def finite_array(name: str, values: Any) -> NDArray[np.float64]:
    """Finite real numbers of any shape, whose squares are finite too."""
    array = real_array(name, values)
    size = max(-array.min(), array.max()) if array.size else 0.0  # no copy of it
    if size <= LARGEST:
        return array
    wrong = ~np.isfinite(array)
    if wrong.any():
        first = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ValueError(
            f"{name} must be finite; got {np.count_nonzero(wrong)} values that are NaN "
            f"or infinite, the first at index {first}. Leave them out, or mend them."
        )
    raise ValueError(
        f"{name} must not exceed {LARGEST:g} in size, or squares overflow; got "
        f"{size:.3g}. Choose another unit."
    )


def check_count(name: str, value: Any, least: int = 1) -> int:
    """A whole number, at least ``least``."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise ValueError(
            f"{name} must be a whole number, at least {least}; got {_short(value)}."
        )
    if value < least:
        raise ValueError(
            f"{name} must be a whole number, at least {least}; got {value}."
        )
    return int(value)


def check_positive(name: str, value: Any) -> float:
    """A positive finite number."""
    return check_between(name, value, 0.0, np.inf)


def check_between(name: str, value: Any, low: float, high: float) -> float:
    """A number strictly between two others."""
    real = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not real or not low < float(value) < high:
        wanted = (
            "a positive number, not infinite"
            if (low, high) == (0.0, np.inf)
            else f"a number strictly between {low:g} and {high:g}"
        )
        raise ValueError(f"{name} must be {wanted}; got {_short(value)}.")
    return float(value)


def check_choice(name: str, value: Any, known: Iterable[str]) -> str:
    """One of a few words."""
    words = list(known)
    if not isinstance(value, str) or value not in words:
        names = ", ".join(f'"{word}"' for word in words)
        raise ValueError(f"{name} must be one of {names}; got {_short(value)}.")
    return value


def check_flag(name: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise ValueError(f"{name} must be True or False; got {_short(value)}.")
    return bool(value)


def check_widths(name: str, value: Any) -> tuple[int, ...]:
    """Widths of the hidden layers of a network."""
    is_sequence = isinstance(value, Sequence | np.ndarray) and not isinstance(
        value, str
    )
    if not is_sequence or not all(
        isinstance(width, Integral) and int(width) > 0 for width in value
    ):
        raise ValueError(
            f"{name} must be a sequence of widths, a positive whole number a hidden "
            f"layer, such as (32, 32); got {_short(value)}."
        )
    return tuple(int(width) for width in value)


def check_periods(
    name: str, value: Any, dim: int | None = None
) -> tuple[float | None, ...] | None:
    """Periods of the components of a state, None for those on a line."""
    if value is None:
        return None
    wanted = (
        f"{name} must be a sequence{'' if dim is None else f' of {dim}'}, one entry a "
        "component, each a positive number or None for a component on a line"
    )
    if isinstance(value, str) or not isinstance(value, Iterable):
        others = ", None" * ((dim or 1) - 1) or ","
        raise ValueError(f"{wanted}; got {_short(value)}. Write ({value!r}{others}).")
    periods = tuple(value)
    if not all(
        p is None or (isinstance(p, Real) and float(p) > 0) for p in periods
    ) or (dim is not None and len(periods) != dim):
        raise ValueError(f"{wanted}; got {_short(periods)}.")
    return tuple(None if p is None or np.isinf(p) else float(p) for p in periods)


def check_methods(name: str, value: Any, methods: Iterable[str], advice: str) -> None:
    """An object that has what will be asked of it; its class is free."""
    missing = [m for m in methods if not hasattr(value, m)]
    if missing or isinstance(value, type):
        lacks = f", which has no {' and no '.join(missing)}" if missing else ""
        raise ValueError(f"{name} must be {advice}; got {_short(value)}{lacks}.")


def _short(value: Any) -> str:
    """An argument as it is shown in a message."""
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape} and type {value.dtype}"
    if isinstance(value, list | tuple) and isinstance(next(iter(value), 0), np.ndarray):
        shapes = [np.shape(one) for one in value if isinstance(one, np.ndarray)]
        return f"a {type(value).__name__} of arrays of shapes {shapes!s:.60}"
    text = repr(value).replace("\n", " ")
    text = text if len(text) <= 60 else text[:57] + "..."
    return f"{text} of type {type(value).__name__}"


def check_number(
    name: str, value: Any, low: float = -LARGEST, high: float = LARGEST
) -> float:
    """A real number between two others, or one of them."""
    real = isinstance(value, Real) and not isinstance(value, bool | np.bool_)
    if not real or not low <= float(value) <= high:
        raise ValueError(
            f"{name} must be a number from {low:g} to {high:g}; got {_short(value)}."
        )
    return float(value)


def check_states(
    name: str, values: Any, dim: int, last: str = "components"
) -> NDArray[np.float64]:
    """Real states of shape ``(..., dim)``; NaN and infinity are passed on."""
    is_real = type(values) is np.ndarray and values.dtype == np.float64
    array = values if is_real else real_array(name, values)
    if array.ndim == 0 or array.shape[-1] != dim:
        raise ValueError(
            f"{name} must have shape (..., {dim}), {last} last; got {array.shape}."
        )
    return array


def check_rng(value: Any, name: str = "rng") -> np.random.Generator:
    """A source of random numbers from itself, or from its seed."""
    if isinstance(value, np.random.Generator):
        return value
    if value is None or (type(value) is int and value >= 0):
        return np.random.default_rng(value)
    seeds = np.asarray(value)
    if (
        seeds.dtype.kind not in "iu"
        or seeds.ndim > 1
        or not seeds.size
        or min(seeds.flat) < 0
    ):
        raise ValueError(
            f"{name} must be a seed, a whole number from 0 on, or a "
            f"numpy.random.Generator; got {_short(value)}."
        )
    return np.random.default_rng(value)


def check_kind(
    name: str, value: Any, kinds: type | tuple[type, ...], advice: str
) -> None:
    """An object of some class."""
    if not isinstance(value, kinds):
        raise ValueError(f"{name} must be {advice}; got {_short(value)}.")


def check_callable(name: str, value: Any, advice: str) -> None:
    """A function, or what can be called like one."""
    if not callable(value):
        raise ValueError(f"{name} must be {advice}; got {_short(value)}.")


def check_time(value: Any, name: str = "t") -> None:
    """A number; NaN and infinity are passed on."""
    if not isinstance(value, Real):
        raise ValueError(f"{name}, a time, must be a number; got {_short(value)}.")
