"""One array a file, in formats that other programs know: .npy, .npz and .csv."""

import io
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_flag
from msbook.serialization.numbers import check_is_number, plain_array
from msbook.serialization.tables import read_table, write_table
from msbook.serialization.writing import (
    FileFormatError,
    file_path,
    file_to_read,
    file_to_write,
    sentence,
    write_aside,
)

FORMATS = (".npy", ".npz", ".csv")
MAX_BYTES = 2**30
_HEADERS = {
    (1, 0): npy.read_array_header_1_0,
    (2, 0): npy.read_array_header_2_0,
}

Axes = Sequence[str | int]


def read_array(
    path: str | os.PathLike[str],
    name: str | None = None,
    *,
    shape: Axes | None = None,
    header: bool | None = None,
    max_bytes: int = MAX_BYTES,
) -> NDArray[Any]:
    """Read an array of finite numbers.

    A ``.csv`` file holds a table, ``(n_rows, n_columns)``, under a line of names or
    none. If ``trajectory`` and ``step`` are among the names, wherever and in whatever
    case, it holds trajectories ``(n_traj, n_time, dim)``, a line a state: all of the
    first in the order of time, then all of the second. It is UTF-8 text with commas
    between the columns and decimal points; values may be quoted, and lines that begin
    with ``# `` are comments. What else a table may look like is refused, and nothing is
    left out: a line of ``0, 1, 2, …``, with an empty cell or with ``NA`` may be names
    or numbers, and ``header`` says which.

    Nothing is unpickled, so a file of unknown origin can do no harm, and none takes
    more memory than is allowed.

    Parameters
    ----------
    path : path-like
        Its ending, ``.npy``, ``.npz`` or ``.csv``, says what it is.
    name : str, optional
        Which array of an ``.npz`` file that holds several.
    shape : sequence of str and int, optional
        What is expected: a number for an axis of that length, a name for one of any
        length, such as ``("n_traj", "n_time", 2)``.
    header : bool, optional
        Whether the first line of a ``.csv`` file holds names; by default it does if
        none of its entries could be a number.
    max_bytes : int
        Largest array that is read, in bytes; by default 2³⁰, a gibibyte.

    Returns
    -------
    ndarray
        As it was written, in this machine's byte order; of a ``.csv`` file float64.

    Raises
    ------
    FileFormatError
        When the file is truncated, too large, or does not hold finite numbers of the
        shape and under the name.
    ValueError
        When the ending is not known, or an argument does not fit it.
    FileNotFoundError
        When there is no such file.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from msbook.io import read_array, write_array
    >>> runs = np.arange(12.0).reshape(2, 3, 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_array(f"{folder}/runs.csv", runs)
    ...     again = read_array(f"{folder}/runs.csv", shape=("n_traj", "n_time", 2))
    ...     print(open(f"{folder}/runs.csv").readline().strip())
    trajectory,step,0,1
    >>> bool((again == runs).all())
    True
    """
    suffix, max_bytes = _known_suffix(path), check_count("max_bytes", max_bytes)
    file = file_to_read(path)
    if name is not None and suffix != ".npz":
        raise ValueError(f"name is for the arrays of an .npz file; got {file.name}.")
    if header is not None:
        check_flag("header", header)
        if suffix != ".csv":
            raise ValueError(f"header is for a .csv file; got {file.name}.")
    axes: Any = shape
    if isinstance(axes, str) or not isinstance(axes, Sequence | None):
        raise ValueError(
            "shape must be a sequence with a number or a name for each axis, such as "
            f"('n_rows', 2); got {shape!r:.60}."
        )
    try:
        if suffix == ".npz":
            values = _from_npz(file, name, max_bytes)
        elif suffix == ".npy":
            with file.open("rb") as opened:
                values = _from_npy(opened, file.stat().st_size, max_bytes)
        else:
            values = read_table(file, header, max_bytes)
        check_is_number("it", values)
        _check_values("it", values, shape)
    except Exception as error:  # NumPy raises many kinds at what is no array
        raise FileFormatError(
            f"{file} cannot be read as an array of numbers: {sentence(error)} Mend "
            "the file or make it again."
        ) from error
    return values.astype(values.dtype.newbyteorder("="), copy=False)


def write_array(path: str | os.PathLike[str], values: ArrayLike) -> None:
    """Write an array of finite numbers, for other programs to read.

    For several arrays and facts about them see :func:`save_arrays`.

    Parameters
    ----------
    path : path-like
        File to write or to replace: ``.npy``, compressed ``.npz``, or ``.csv``.
    values : array_like
        For a ``.csv`` file a table, ``(n_rows, n_columns)``, which has no line of
        names, or trajectories, ``(n_traj, n_time, dim)``; see :func:`read_array`. All
        digits of a float64 are written.

    Raises
    ------
    ValueError
        When the numbers are not finite, or the file cannot be made or hold them.

    Examples
    --------
    >>> import tempfile
    >>> from msbook.io import write_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_array(f"{folder}/table.csv", [[1.0, 2.5], [3.0, 4.0]])
    ...     print(open(f"{folder}/table.csv").read())
    1.0,2.5
    3.0,4.0
    """
    suffix = _known_suffix(path)
    file = file_to_write(path)
    array = plain_array("values", values)
    _check_values("values", array, None)
    buffer = io.BytesIO()
    if suffix == ".npy":
        np.save(buffer, array, allow_pickle=False)
    elif suffix == ".npz":
        np.savez_compressed(buffer, values=array)
    else:
        buffer.write(write_table(array).encode())
    write_aside(file, buffer.getvalue())


def _from_npz(file: Path, name: str | None, max_bytes: int) -> NDArray[Any]:
    with ZipFile(file) as archive:
        known = sorted(
            entry[: -len(".npy")]
            for entry in archive.namelist()
            if entry.endswith(".npy")
        )
        if name is None and len(known) == 1:
            name = known[0]
        if name not in known:
            raise ValueError(
                f"it holds arrays of the names {known}; got name={name!r}. Give one of "
                "them as name."
            )
        entry = archive.getinfo(f"{name}.npy")
        with archive.open(entry) as opened:
            return _from_npy(opened, entry.file_size, max_bytes)


def _from_npy(opened: IO[bytes], n_bytes: int, max_bytes: int) -> NDArray[Any]:
    """An array of what the header says, if the file is as long and it is allowed."""
    version = npy.read_magic(opened)
    if version not in _HEADERS:
        raise ValueError(f"arrays of numbers are of version 1 or 2, not {version}.")
    shape, _, dtype = _HEADERS[version](opened)
    check_is_number("it", np.empty(0, dtype))
    expected = math.prod(shape) * dtype.itemsize
    if expected > max_bytes:
        raise ValueError(
            f"it would take {expected:,} bytes, and {max_bytes:,} are allowed. Give a "
            "larger max_bytes if the file is to be trusted."
        )
    left = n_bytes - opened.tell()
    if min(shape, default=0) < 0 or left != expected:
        raise ValueError(
            f"shape {shape} of {dtype} takes {expected:,} bytes; {left:,} are there."
        )
    opened.seek(0)
    return npy.read_array(opened, allow_pickle=False)


def _known_suffix(path: str | os.PathLike[str]) -> str:
    file = file_path(path)
    suffix = file.suffix.lower()
    if suffix not in FORMATS:
        raise ValueError(
            f"path must end in {', '.join(FORMATS)}; got {file.name!r}. What "
            "save_arrays wrote is read by load_arrays, and other text by numpy.loadtxt."
        )
    return suffix


def _check_values(name: str, values: NDArray[Any], shape: Axes | None) -> None:
    if not values.size:
        raise ValueError(
            f"{name} must hold real numbers or booleans; got shape {values.shape}, "
            "which holds none."
        )
    if not np.isfinite(values).all():
        n_bad = np.count_nonzero(~np.isfinite(values))
        raise ValueError(
            f"{name} must be finite; got {n_bad} of {values.size} that are not."
        )
    if shape is not None:
        pairs = zip(shape, values.shape, strict=False)
        fits = len(shape) == values.ndim and all(
            isinstance(axis, str) or axis == length for axis, length in pairs
        )
        if not fits:
            expected = ", ".join(map(str, shape))
            raise ValueError(
                f"{name} must have shape ({expected}); got {values.shape}."
            )
