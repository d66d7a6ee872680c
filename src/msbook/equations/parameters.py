"""Checks of what an equation is made of: parameters, states, a reader's functions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook import _validation as validation
from msbook._validation import LARGEST, check_number, check_states, finite_array


def components(name: str, states: Any, dim: int) -> NDArray[np.float64]:
    """Finite states ``(..., dim)`` with the components first, for unpacking."""
    return np.moveaxis(finite_array(name, check_states(name, states, dim)), -1, 0)


def check_positive(**parameters: Any) -> None:
    """Raise a ValueError that names a parameter that is not positive.

    Squares and inverses of parameters are taken, and must be finite, too.
    """
    for name, value in parameters.items():
        validation.check_positive(name, value)
        check_number(name, value, 1.0 / LARGEST, LARGEST)


def check_finite(**parameters: Any) -> None:
    """Raise a ValueError that names a parameter that is no finite number."""
    for name, value in parameters.items():
        check_number(name, value)


def try_function(call: str, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns, whose values may be undefined there.

    Parameters
    ----------
    call : str
        How it is called, such as ``"rates(u, v, p)"``.
    function : callable
    *arguments
        What it is called with.

    Raises
    ------
    ValueError
        If it fails.
    """
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return function(*arguments)
    except Exception as error:  # of any kind, in what a reader wrote
        name = call.partition("(")[0]
        raise ValueError(
            f"{name} fails. It is called as {call} with arrays, and as a "
            f"method takes self before them: {type(error).__name__}: {error}. Mend it."
        ) from error
