"""Named arrays and facts about them, in safetensors files.

A file holds named arrays and, in its header, facts in JSON and a checksum of both. It
is written aside and renamed, so that no reader ever meets half a file, and nothing in
it is code.
"""

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from msbook.io.writing import FileFormatError, write_aside

FORMAT = "msbook 1"

Arrays = dict[str, NDArray]
Facts = dict[str, Any]


def save_arrays(
    path: str | os.PathLike,
    arrays: Mapping[str, ArrayLike],
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Write named arrays and facts about them.

    Parameters
    ----------
    path : path-like
        File to write or to replace.
    arrays : mapping of str to array_like
        Numbers or booleans, no objects.
    facts : mapping, optional
        Whatever JSON can hold; for a kept result, :func:`provenance`.

    Raises
    ------
    ValueError
        When an array or a fact cannot be written without pickling.

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
    contents = {name: np.array(values, order="C") for name, values in arrays.items()}
    for name, values in contents.items():
        if values.dtype.kind not in "biuf":
            raise ValueError(
                f"array {name!r} must hold real numbers or booleans; got dtype "
                f"{values.dtype}. Text and settings belong into the facts."
            )
    try:
        text = json.dumps(dict(facts or {}), sort_keys=True)
    except TypeError as error:
        raise ValueError(f"facts must be what JSON can hold: {error}.") from error
    header = {
        "format": FORMAT,
        "facts": text,
        "sha256": checksum(contents, text),
    }
    write_aside(Path(path), save(contents, metadata=header))


def load_arrays(path: str | os.PathLike) -> tuple[Arrays, Facts]:
    """Read what :func:`save_arrays` wrote.

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
    if not Path(path).is_file():
        raise FileNotFoundError(f"there is no file {os.fspath(path)}.")
    try:
        with safe_open(path, framework="numpy") as file:
            header = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise FileFormatError(
            f"{os.fspath(path)} is truncated or no safetensors file ({error}). Make it "
            "again."
        ) from error
    if header.get("format") != FORMAT:
        raise FileFormatError(
            f"{os.fspath(path)} should be of format {FORMAT!r}; its header says "
            f"{header.get('format')!r}. Only files of msbook.io can be read here."
        )
    text = header.get("facts", "")
    if header.get("sha256") != checksum(arrays, text):
        raise FileFormatError(
            f"{os.fspath(path)} was changed after it was written: its checksum does "
            "not fit its contents. Make it again."
        )
    return arrays, json.loads(text)


def checksum(arrays: Mapping[str, NDArray], facts: str) -> str:
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
    digest = hashlib.sha256(facts.encode())
    for name in sorted(arrays):
        values = arrays[name]
        digest.update(f"\n{name} {values.dtype.str} {values.shape}\n".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
