"""One array a file, in formats that other programs know: .npy, .npz and .csv."""

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.io.writing import FileFormatError, write_aside

FORMATS = (".npy", ".npz", ".csv")
LONG_FORM = ("trajectory", "step")  # first columns of trajectories in a .csv file

Axes = Sequence[str | int]


def read_array(
    path: str | os.PathLike, name: str | None = None, *, shape: Axes | None = None
) -> NDArray:
    """Read an array of finite numbers.

    A ``.csv`` file holds a table, ``(n_rows, n_columns)``, under a line of names or
    none. If the first two of the names are ``trajectory`` and ``step``, it holds
    trajectories ``(n_traj, n_time, dim)``, a line a state: all of the first in the
    order of time, then all of the second.

    Nothing is unpickled, so a file of unknown origin can do no harm.

    Parameters
    ----------
    path : path-like
        Its ending, ``.npy``, ``.npz`` or ``.csv``, says what it is.
    name : str, optional
        Which array of an ``.npz`` file that holds several.
    shape : sequence of str and int, optional
        What is expected: a number for an axis of that length, a name for one of any
        length, such as ``("n_traj", "n_time", 2)``.

    Returns
    -------
    ndarray
        As it was written; of a ``.csv`` file float64.

    Raises
    ------
    FileFormatError
        When the file is truncated, or holds no numbers.
    ValueError
        When they are not finite or not of the shape, or the ending or the name is not
        known.
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
    path = Path(path)
    suffix = _known_suffix(path)
    if not path.is_file():
        raise FileNotFoundError(f"there is no file {path}.")
    if name is not None and suffix != ".npz":
        raise ValueError(f"only arrays of an .npz file have names; got {path.name}.")
    data = path.read_bytes()
    try:
        if suffix == ".npz":
            values = _from_npz(data, name)
        else:
            values = _from_npy(data) if suffix == ".npy" else _from_csv(data)
    except _UnknownNameError as error:
        raise ValueError(f"{path.name} {error}") from None
    except Exception as error:  # NumPy raises many kinds at what is no array
        raise FileFormatError(
            f"{path} is truncated or holds no array of numbers: {error}"
        ) from error
    return _checked(values, path.name, shape)


def write_array(path: str | os.PathLike, values: ArrayLike) -> None:
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
        When the numbers are not finite, or the file cannot hold them.

    Examples
    --------
    >>> import tempfile
    >>> from msbook.io import write_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_array(f"{folder}/table.csv", [[1.0, 2.5], [3.0, 4.0]])
    ...     print(open(f"{folder}/table.csv").read())
    1,2.5
    3,4
    """
    path = Path(path)
    suffix = _known_suffix(path)
    array = _checked(np.array(values, order="C"), "values", None)
    buffer = io.BytesIO()
    if suffix == ".npy":
        np.save(buffer, array, allow_pickle=False)
    elif suffix == ".npz":
        np.savez_compressed(buffer, values=array)
    else:
        _to_csv(buffer, array)
    write_aside(path, buffer.getvalue())


class _UnknownNameError(Exception):
    """A file does not hold an array of the name, or holds several and none is named."""


def _from_npz(data: bytes, name: str | None) -> NDArray:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        known = sorted(file)
        if name is None and len(known) == 1:
            name = known[0]
        if name not in known:
            raise _UnknownNameError(f"holds {known}; got name={name!r}.")
        return file[name]


def _from_npy(data: bytes) -> NDArray:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _from_csv(data: bytes) -> NDArray:
    """A table, or trajectories in the long form."""
    lines = data.decode("utf-8").splitlines() or [""]
    names = [entry.strip() for entry in lines[0].split(",")]
    if not _are_numbers(names):
        lines = lines[1:]
    if not any(line.strip() for line in lines):
        raise ValueError("there is no line of numbers in it.")
    table = np.loadtxt(lines, delimiter=",", ndmin=2, comments=None)
    if tuple(names[:2]) != LONG_FORM:
        return table
    n_traj = int(table[:, 0].max()) + 1 if np.isfinite(table[:, 0]).all() else 0
    n_time = len(table) // max(n_traj, 1)
    counted = np.indices((n_traj, n_time)).reshape(2, -1).T
    if table.shape[1] < 3 or not np.array_equal(table[:, :2], counted):
        raise ValueError(
            "trajectories must be complete, of one length and in order, with the "
            f"columns {', '.join(LONG_FORM)} counted from 0 and one column or more "
            "of states."
        )
    return table[:, 2:].reshape(n_traj, n_time, -1)


def _to_csv(buffer: io.BytesIO, array: NDArray) -> None:
    if array.ndim == 2:
        np.savetxt(buffer, array, fmt="%.17g", delimiter=",")
        return
    if array.ndim != 3:
        raise ValueError(
            "a .csv file holds a table or trajectories, two axes or three; got shape "
            f"{array.shape}. Use .npy."
        )
    n_traj, n_time, dim = array.shape
    counted = np.indices((n_traj, n_time)).reshape(2, -1).T
    np.savetxt(
        buffer,
        np.column_stack((counted, array.reshape(-1, dim))),
        fmt=["%d", "%d", *["%.17g"] * dim],
        delimiter=",",
        header=",".join((*LONG_FORM, *map(str, range(dim)))),
        comments="",
    )


def _are_numbers(entries: list[str]) -> bool:
    try:
        [float(entry) for entry in entries]
    except ValueError:
        return False
    return True


def _known_suffix(path: Path) -> str:
    if path.suffix not in FORMATS:
        raise ValueError(
            f"an array file ends in {', '.join(FORMATS)}; got {path.name!r}. What "
            "save_arrays wrote is read by load_arrays."
        )
    return path.suffix


def _checked(values: NDArray, name: str, shape: Axes | None) -> NDArray:
    if values.dtype.kind not in "biuf" or not values.size:
        raise FileFormatError(
            f"{name} must hold real numbers or booleans; got dtype {values.dtype}, "
            f"shape {values.shape}."
        )
    if not np.isfinite(values).all():
        n_bad = np.count_nonzero(~np.isfinite(values))
        raise ValueError(f"{name} must be finite; {n_bad} of {values.size} are not.")
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
    return values
