"""Which arrays can be kept: numbers that every machine reads alike."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from msbook._validation import check_unmasked


def plain_array(name: str, values: Any) -> NDArray[Any]:
    """Numbers in this machine's byte order, rows first, or a ValueError.

    Parameters
    ----------
    name : str
        What the error calls them.
    values : array_like
    """
    check_unmasked(name, values)
    try:
        found = np.array(values, order="C")
    except Exception as error:  # whatever stands behind array_like raises its own
        raise ValueError(
            f"{name} must be an array of numbers, with rows of one length; got "
            f"{type(values).__name__} ({error})."
        ) from error
    if found.dtype == object and found.ndim == 0:
        raise ValueError(
            f"{name} must be an array of numbers; got {type(values).__name__}, which "
            "is none. Write the arrays that it holds, such as the y of a Solution."
        )
    check_is_number(name, found)
    return found.astype(found.dtype.newbyteorder("="), copy=False)


def check_is_number(name: str, values: NDArray[Any]) -> None:
    """Raise a ValueError if NumPy on another machine may not know such numbers."""
    if values.dtype.kind not in "biuf" or values.dtype.itemsize > 8:
        raise ValueError(
            f"{name} must hold real numbers of at most 64 bits or booleans; got dtype "
            f"{values.dtype}. Convert them, as by astype(float); texts and settings "
            "belong into the facts of save_arrays."
        )


def checked_array(
    arrays: Mapping[str, NDArray[Any]],
    name: str,
    shape: tuple[int, ...],
    dtype: DTypeLike = np.float64,
) -> NDArray[Any]:
    """One of the arrays of a file, or a ValueError if it is missing or another.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    name : str
    shape : tuple of int
    dtype : data type
    """
    values = arrays.get(name)
    if values is None or (values.shape, values.dtype) != (shape, np.dtype(dtype)):
        found = "none" if values is None else f"{values.dtype} {values.shape}"
        expected = f"{np.dtype(dtype)} {shape}"
        raise ValueError(f"array {name!r} should be {expected}; got {found}")
    return values
