"""Component functions: called on arrays of states, or written out as text."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np

from msbook._compile.tracing.components import ComponentsError
from msbook._compile.tracing.expressions import CannotTraceError, Given, GivenWhole
from msbook._compile.tracing.trace import Traced, trace
from msbook._compile.tracing.writing import define_text
from msbook._validation import check_time, check_unmasked


def write_out(components: Iterable[str]) -> Callable[..., Any]:
    """Turn one expression a component into a function ``f(t, y, p)``.

    Parameters
    ----------
    components : iterable of str
        Expressions in ``t``, ``y``, ``p`` and ``np``, written by the system itself.

    Returns
    -------
    callable
        The function; its value is a tuple with one entry a component. Its text is
        kept as ``components``, for functions without a module cannot be pickled.

    Examples
    --------
    >>> decay = write_out(f"-p[0] * y[{i}]" for i in range(3))
    >>> decay(0.0, (1.0, 2.0, 3.0), (2.0,))
    (-2.0, -4.0, -6.0)
    """
    return _write_out(tuple(components))


@lru_cache
def _write_out(components: tuple[str, ...]) -> Callable[..., Any]:
    names: dict[str, Any] = {"np": np}
    exec(f"def rows(t, y, p):\n    return ({', '.join(components)},)", names)
    names["rows"].components = components
    return names["rows"]


def without_njit(name: str, function: Any) -> Callable[..., Any]:
    """A function as it was written, should it be under ``numba.njit``.

    Raises
    ------
    ValueError
        If it is no function.
    """
    function = getattr(function, "py_func", function)
    if not callable(function):
        raise ValueError(
            f"{name} must be a function f(t, y, p); got {function!r:.60} of type "
            f"{type(function).__name__}."
        )
    return function


def as_start(y0: Any, name: str = "y0") -> tuple[float, ...]:
    """A start as a tuple of numbers; a number is that of the only component.

    Raises
    ------
    ValueError
        If it is no finite number or sequence of them.
    """
    check_unmasked(name, y0)
    try:
        if np.iscomplexobj(y0) or np.asarray(y0).dtype.kind == "U":
            raise TypeError("complex numbers or text")
        values = np.atleast_1d(np.asarray(y0, dtype=float))
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name} must be a sequence of real numbers, one a component; got "
            f"{y0!r:.60}."
        ) from error
    if values.ndim != 1 or not values.size or not np.isfinite(values).all():
        raise ValueError(
            f"{name} must be a sequence of finite numbers, one a component; got "
            f"{y0!r:.60}. Many starts are given to solve."
        )
    return tuple(values.tolist())


def as_parameters(values: Any, name: str = "parameters") -> Any:
    """Parameters as they are handed to a system's functions.

    Numbers stay numbers, whole ones whole, arrays are copied, sequences become tuples
    and dictionaries dictionaries of the same: a system keeps the values that it was
    given.

    Raises
    ------
    ValueError
        If something in them is none of these.
    """
    if isinstance(values, dict):
        return {
            key: as_parameters(value, f"{name}[{key!r}]")
            for key, value in values.items()
        }
    check_unmasked(name, values)
    if isinstance(values, np.ndarray | np.bool_) and values.ndim == 0:
        values = values.item()
    if isinstance(values, bool):
        return values
    if isinstance(values, Integral):
        return GivenWhole(values)
    if isinstance(values, Real):
        return Given(values)
    if isinstance(values, np.ndarray) and values.dtype.kind in "biuf":
        kept = values.astype(float) if values.dtype.kind == "f" else values.copy()
        kept.flags.writeable = False
        return kept
    if isinstance(values, list | tuple):
        kept = [as_parameters(value, f"{name}[{i}]") for i, value in enumerate(values)]
        is_named = isinstance(values, tuple) and hasattr(values, "_fields")
        return type(values)(*kept) if is_named else tuple(kept)
    raise ValueError(
        f"{name} must be real numbers, arrays of them, or a sequence or a dictionary "
        f"of these; got {values!r:.60} of type {type(values).__name__}."
    )


def stack_rows(rows: Sequence[Any], shape: tuple[int, ...]) -> np.ndarray:
    """Components, numbers or arrays, as one array with the components last.

    Raises
    ------
    ComponentsError
        If one is no real number or row of this shape.

    Examples
    --------
    >>> stack_rows((np.arange(2.0), 7.0), (2,))
    array([[0., 7.],
           [1., 7.]])
    """
    try:
        stacked = np.stack([np.broadcast_to(row, shape) for row in rows], axis=-1)
        if stacked.dtype == object:
            raise ValueError(
                "values of type object; write .astype(float), and take a cache away, "
                "which keeps what belongs to another call"
            )
        if stacked.dtype.kind not in "biuf":
            raise ValueError(f"values of type {stacked.dtype}")
    except ValueError as error:
        raise ComponentsError(
            "a component must be a real number, or a row with one entry a state, "
            f"shape {shape}; got {error}."
        ) from error
    return stacked.astype(float, copy=False)


def at(t: float, y: np.ndarray) -> tuple[Any, tuple[Any, ...]]:
    """Time and rows of states ``(..., dim)``, as a reader's function takes them.

    The time is a number of NumPy's, which divides by zero as an array does.
    """
    check_time(t)
    rows = np.moveaxis(y, -1, 0)
    rows.flags.writeable = False  # a function may not move the states
    return np.float64(t), tuple(rows)


def call_on_rows(
    function: Callable[..., list[Any]], t: float, y: np.ndarray
) -> list[Any]:
    """Components of a function at states ``(..., dim)``.

    A function that asks whether a row is true, as ``if`` does, means each path by
    itself: it is written down, which NumPy's rows alone do not allow.

    Raises
    ------
    ValueError
        If it cannot be written down either.
    """
    try:
        return function(*at(t, y))
    except ValueError as error:
        if "truth value" not in str(error):
            raise
        try:
            traced = trace(function, t=None, y=y.shape[-1])
        except CannotTraceError as why:
            raise ValueError(
                "a function asks whether a whole row is true, which has an entry a "
                f"path: write np.where(condition, a, b). It cannot be compiled either: "
                f"{why}."
            ) from error
        return [*define_text(traced.text)(*at(t, y), traced.constants)[:-1]]


def count_rows(motion: Callable[..., Sequence[Any]], y0: tuple[float, ...]) -> int:
    """Number of rows that a system's functions return, which are checked by this.

    They are written down, not called on numbers: a drift need not exist at the
    default start or at time 0.

    Raises
    ------
    ValueError
        If they do not return what their system promises, or fail.
    """
    try:
        return trace(motion, t=None, y=len(y0)).n_results
    except CannotTraceError as error:
        try:
            with np.errstate(all="ignore"):
                rows = motion(*at(0.0, np.array([y0])))
                return stack_rows(rows, (1,)).shape[-1]
        except ComponentsError:
            raise
        except Exception as failure:
            raise ValueError(
                "this system's functions fail. They are called as f(t, y, p), with y a "
                f"tuple of rows, here {len(y0)}, one a component with an entry a path, "
                f"and return a tuple of components: {error}."
            ) from failure


def try_trace(
    function: Callable[..., Sequence[Any]], what: str, **arguments: int | None
) -> Traced | None:
    """Write a function down, or warn that NumPy will run it.

    See :func:`msbook._compile.tracing.trace.trace`.

    Returns
    -------
    Traced or None
        None where it cannot be written down.
    """
    try:
        return trace(function, **arguments)
    except CannotTraceError as error:
        warn_of_numpy(what, error)
        return None


def warn_of_numpy(what: str, error: CannotTraceError) -> None:
    """Say that NumPy will step what cannot be compiled, and why."""
    warnings.warn(
        f"{what} cannot be compiled, so NumPy steps it, with the same results but "
        f"slower: {error}. Give the system compiled=False to say that this is meant.",
        RuntimeWarning,
        stacklevel=6,
    )
