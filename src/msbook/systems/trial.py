"""A reader's function of a subclass, tried once where the system is made."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np


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
        raise ValueError(
            f"{call.split('(')[0]} fails. It is called as {call} with arrays, and as a "
            f"method takes self before them: {type(error).__name__}: {error}. Mend it."
        ) from error
