"""Arrays that a user's numbers make large."""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray


def new_array(
    what: str, shape: tuple[int, ...], advice: str, entry: str = "states"
) -> NDArray[np.float64]:
    """An array to be filled.

    Parameters
    ----------
    what : str
        What it will hold, in the plural.
    shape : tuple of int
    advice : str
        Which argument makes it smaller.
    entry : str
        What its last axis is, in the plural.

    Raises
    ------
    ValueError
        If there is no memory for it.
    """
    try:
        return np.empty(shape)
    except (MemoryError, ValueError, OverflowError) as error:
        *leading, last = shape
        raise ValueError(
            f"{what} do not fit into memory: {prod(leading):,} {entry} of {8 * last:,} "
            f"bytes each, {_in_units(8 * prod(shape))} in all. {advice}"
        ) from error


def _in_units(n_bytes: int) -> str:
    """A size as it is read most easily."""
    power = max(0, (n_bytes.bit_length() - 1) // 10)
    names = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
    power = min(power, len(names) - 1)
    return f"{n_bytes / 1024**power:,.3g} {names[power]}"
