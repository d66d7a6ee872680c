"""Tables of numbers in text: what is a row of them, what are their names.

The text is cut into cells by :mod:`csv` and read by :func:`numpy.loadtxt`. What is
written here is only where the numbers begin: other readers take the first line for
names whatever it holds, or lose what they cannot read.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONG_FORM = ("trajectory", "step")  # columns that trajectories have beside states
_MISSING = {"", "na", "nan", "n/a", "nil", "none", "null", "missing"}
_LARGEST_COUNT = 2**53  # beyond it float64 has no longer every integer


def read_table(file: Path, header: bool | None, max_bytes: int) -> NDArray[np.float64]:
    """A table, or trajectories in the long form; see :func:`msbook.io.read_array`."""
    _check_size(file, max_bytes)
    try:
        with file.open(encoding="utf-8-sig") as text:
            return _table(text, header)
    except (ValueError, csv.Error) as error:
        raise ValueError(
            f"{error} (A table is UTF-8 text with commas between the columns and "
            "decimal points; comments begin with '# '. What pandas.read_csv makes of "
            "other tables, write_array writes.)"
        ) from error


def write_table(array: NDArray[Any]) -> str:
    """Text of a table (n_rows, n_columns), or of trajectories (n_traj, n_time, dim)."""
    if array.ndim not in (2, 3):
        raise ValueError(
            "a .csv file holds a table or trajectories, two axes or three; got shape "
            f"{array.shape}. Use .npy."
        )
    if array.dtype.kind in "iu" and max(-int(array.min()), int(array.max())) > (
        _LARGEST_COUNT
    ):
        raise ValueError(
            "a .csv file is read as float64, which has not every integer beyond 2**53; "
            f"got {array.dtype} from {array.min()} to {array.max()}. Use .npy."
        )
    # Floats are written with a point, so that no row looks like 0,1,2, the names that
    # other programs give to columns without any.
    rows = array.astype(np.float64).reshape(-1, array.shape[-1]).tolist()
    lines = [",".join(map(repr, row)) for row in rows]
    if array.ndim == 3:
        _, n_time, dim = array.shape
        lines = [f"{i // n_time},{i % n_time},{line}" for i, line in enumerate(lines)]
        lines.insert(0, ",".join((*LONG_FORM, *map(str, range(dim)))))
    return "\n".join(lines) + "\n"


def _check_size(file: Path, max_bytes: int) -> None:
    """Raise a ValueError if the text or its numbers would take too much memory."""
    n_bytes, n_cells = file.stat().st_size, 0
    if n_bytes <= max_bytes:
        with file.open("rb") as opened:
            while part := opened.read(2**20):
                n_cells += part.count(b",") + part.count(b"\n")
    needed = max(n_bytes, 8 * n_cells)
    if needed > max_bytes:
        raise ValueError(
            f"it would take {needed:,} bytes, and {max_bytes:,} are allowed. Give a "
            "larger max_bytes if the file is to be trusted."
        )


def _table(text: Iterator[str], header: bool | None) -> NDArray[np.float64]:
    lines = (line for line in text if line.strip() and not _is_comment(line))
    first = next(lines, "")
    names = None
    if _is_header(first, header):
        names = _cells(chain([first], lines))
        first = next(lines, "")
    if not first:
        raise ValueError("there is no line of numbers in it.")
    table = _numbers(chain([first], lines))
    if names is None:
        return table
    if len(names) != table.shape[1]:
        raise ValueError(
            f"its first line has {len(names)} names, and the others have "
            f"{table.shape[1]} columns."
        )
    if not _is_long_form(names):
        return table
    folded = [name.casefold() for name in names]
    counts = [folded.index(name) for name in LONG_FORM]
    return _trajectories(table[:, counts], np.delete(table, counts, axis=1))


def _cells(lines: Iterable[str]) -> list[str]:
    """The cells of the first line, or none."""
    nothing: list[str] = []
    return [cell.strip() for cell in next(csv.reader(lines), nothing)]


def _is_comment(line: str) -> bool:
    """A cell such as ``#N/A`` begins no comment."""
    return line.rstrip() == "#" or line.startswith("# ")


def _is_header(line: str, header: bool | None) -> bool:
    """Whether a first line holds names; a ValueError where it cannot be told."""
    if header is not None:
        return header
    cells = _cells([line])
    if _is_long_form(cells):
        return True
    numbers = [_is_number(cell) for cell in cells]
    counted = cells == [str(place) for place in range(len(cells))]
    if all(numbers) and not counted:
        return False
    if not any(numbers) and all(map(_is_name, cells)):
        return True
    raise ValueError(
        f"its first line may be names or numbers: {line.strip()[:80]!r}. Say "
        "header=True if it holds names, or header=False if numbers, and mend what is "
        "none. Above its index pandas writes an empty name; to_csv(index=False) leaves "
        "both out."
    )


def _is_long_form(names: list[str]) -> bool:
    return set(LONG_FORM) <= {name.casefold() for name in names}


def _is_number(cell: str) -> bool:
    try:
        return bool(cell) and _numbers([cell]).size == 1
    except ValueError:
        return False


def _is_name(cell: str) -> bool:
    return cell.casefold() not in _MISSING and (cell[0].isalpha() or cell[0] == "_")


def _numbers(lines: Iterator[str] | list[str]) -> NDArray[np.float64]:
    try:
        return np.loadtxt(lines, delimiter=",", ndmin=2, comments=None, quotechar='"')
    except ValueError as error:
        # What follows is advice on an argument that there is not here; rows are counted
        # from 0 where there are columns.
        told = str(error).split("; use ")[0].rstrip(".")
        told = re.sub(r"row (\d+), ", lambda row: f"row {int(row[1]) + 1}, ", told)
        raise ValueError(f"{told}, rows counted from 1 below the names.") from error


def _trajectories(
    counts: NDArray[np.float64], states: NDArray[np.float64]
) -> NDArray[np.float64]:
    """States whose trajectories and steps are counted in two columns."""
    n_traj = int(counts[:, 0].max()) + 1 if np.isfinite(counts[:, 0]).all() else 0
    n_time = len(states) // max(n_traj, 1)
    expected = np.indices((n_traj, n_time)).reshape(2, -1).T
    if not states.size or not np.array_equal(counts, expected):
        raise ValueError(
            "trajectories must be complete, of one length and in order, the first with "
            f"all its steps before the second: {' and '.join(LONG_FORM)} counted from "
            "0, and one column or more of states. Sort and fill them, or write one "
            "file for each."
        )
    return states.reshape(n_traj, n_time, -1)
