"""Named arrays and facts about them, in safetensors files.

A file holds named arrays and, in its header, facts in JSON and a checksum of both. It
is written aside and renamed, so that no reader ever meets half a file, and nothing in
it is code.
"""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import safe_open
from safetensors.numpy import save

from msbook._validation import check_kind
from msbook.serialization.numbers import check_is_number, plain_array
from msbook.serialization.writing import (
    FileFormatError,
    file_to_read,
    file_to_write,
    write_aside,
)

FORMAT = "msbook 1"
_HEADER = "__metadata__"  # a name that safetensors keeps for itself
_DEEPEST = 100  # facts within facts; Python's own limit is not the same everywhere

Arrays = dict[str, NDArray[Any]]
Facts = dict[str, Any]


def save_arrays(
    path: str | os.PathLike[str],
    arrays: Mapping[str, ArrayLike],
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write named arrays and facts about them.

    Parameters
    ----------
    path : path-like
        File to write or to replace. Of several writers at once the last one wins, and
        what killed ones left behind is removed.
    arrays : mapping of str to array_like
        Numbers of 64 bits at most, or booleans.
    facts : mapping, optional
        Whatever JSON can hold; for a kept result, :func:`provenance`. Tuples come back
        as lists.

    Raises
    ------
    ValueError
        When the path cannot be written, or an array or a fact not without pickling;
        the message names it.

    Examples
    --------
    >>> import tempfile
    >>> from msbook.io import load_arrays, save_arrays
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save_arrays(f"{folder}/run.safetensors", {"t": [0.0, 0.5]}, {"seed": 3})
    ...     arrays, facts = load_arrays(f"{folder}/run.safetensors")
    >>> arrays["t"], facts["seed"]
    (array([0. , 0.5]), 3)
    """
    file = file_to_write(path)
    handed: dict[str, Any] = {"arrays": arrays, "facts": facts or {}}
    for name, given in handed.items():
        if not isinstance(given, Mapping):
            raise ValueError(
                f"{name} must have names, as in a dict; got {given!r:.60}."
            )
    for name in cast(Iterable[Any], arrays):
        if not isinstance(name, str) or name == _HEADER:
            raise ValueError(
                f"arrays must have names that are texts, and not {_HEADER!r}; got "
                f"{name!r}."
            )
    contents = {n: plain_array(f"array {n!r}", a) for n, a in arrays.items()}
    plain_facts = dict(facts or {})
    _check_facts("facts", plain_facts)
    text = json.dumps(plain_facts, sort_keys=True)
    header = {
        "format": FORMAT,
        "facts": text,
        "sha256": checksum(contents, text),
    }
    write_aside(file, save(contents, metadata=header))


def load_arrays(path: str | os.PathLike[str]) -> tuple[Arrays, Facts]:
    """Read what :func:`save_arrays` wrote.

    Nothing in a file is unpacked: reading takes about as much memory as the file is
    long.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    arrays : dict of ndarray
    facts : dict

    Raises
    ------
    FileFormatError
        When the file is truncated, changed or foreign.
    FileNotFoundError
        When there is none.
    """
    file = file_to_read(path)
    try:
        header, arrays = _contents(file)
    except FileFormatError:
        raise
    except Exception as error:  # of many kinds, at numbers that NumPy does not know
        raise FileFormatError(
            f"{file} is truncated or no safetensors file of real numbers ({error}). "
            "Make it again."
        ) from error
    text = header.get("facts", "")
    if header.get("sha256") != checksum(arrays, text):
        raise FileFormatError(
            f"{file} was changed after it was written: its checksum does not fit its "
            "contents. Make it again."
        )
    try:
        facts = json.loads(text)
        if not isinstance(facts, dict):
            raise ValueError(f"a dict is expected, not {type(facts).__name__}")
        _check_facts("facts", facts)
    except (ValueError, RecursionError) as error:
        raise FileFormatError(
            f"{file} holds facts that save_arrays does not write ({error}). Make it "
            "again."
        ) from error
    return arrays, cast(Facts, facts)


def checksum(arrays: Mapping[str, NDArray[Any]], facts: str) -> str:
    """Fingerprint of arrays and of a text about them.

    Parameters
    ----------
    arrays : mapping of str to ndarray
    facts : str

    Returns
    -------
    str
        64 hexadecimal digits, the same only for the same names, dtypes, shapes and
        values.
    """
    check_kind("arrays", arrays, Mapping, "a mapping of names to arrays")
    check_kind("facts", facts, str, "a text")
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        values = arrays[name]
        check_kind(f"arrays[{name!r}]", values, np.ndarray, "a NumPy array")
        digest.update(f"\n{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()


def _contents(file: Path) -> tuple[dict[str, str], Arrays]:
    """Header and arrays of a file; of a foreign one no array is read."""
    with safe_open(file, framework="numpy") as opened:
        header: dict[str, str] = opened.metadata() or {}
        if header.get("format") != FORMAT:
            raise FileFormatError(
                f"{file} should be of format {FORMAT!r}; its header says "
                f"{header.get('format')!r}. Only files of msbook.io can be read here."
            )
        arrays: Arrays = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118
    for name, values in arrays.items():
        check_is_number(f"array {name!r}", values)
    return header, arrays


def _check_facts(where: str, value: Any, depth: int = 0) -> None:
    """Raise a ValueError that says which of the facts JSON would lose or change."""
    if depth > _DEEPEST:
        raise ValueError(f"facts must not be nested more than {_DEEPEST} deep.")
    if isinstance(value, dict):
        for name, entry in cast(dict[Any, Any], value).items():
            if not isinstance(name, str):
                raise ValueError(
                    f"{where} must be what JSON can hold, with texts as keys; got the "
                    f"key {name!r}."
                )
            _check_facts(f"{where}[{name!r}]", entry, depth + 1)
    elif isinstance(value, list | tuple):
        for place, entry in enumerate(cast(Iterable[Any], value)):
            _check_facts(f"{where}[{place}]", entry, depth + 1)
    elif not (value is None or isinstance(value, str | bool | int | float)):
        raise ValueError(
            f"{where} must be what JSON can hold: texts, numbers, True, False, None, "
            f"lists and dicts of them; got {type(value).__name__}. NumPy's numbers "
            "become such by item(), arrays by tolist()."
        )
