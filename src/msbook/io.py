"""What is kept: arrays and fitted estimators, in safetensors files.

A file holds named arrays and, in its header, facts in JSON and a checksum of both. It
is written aside and renamed, so that no reader ever meets half a file, and nothing in
it is code.
"""

import hashlib
import importlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

FORMAT = "msbook 1"
PACKAGES = ("numpy", "scipy", "torch", "numba")
_READER = "from_arrays"  # what makes a class of msbook.estimators one that is kept

Arrays = dict[str, NDArray]
Facts = dict[str, Any]


class FileFormatError(ValueError):
    """A file is truncated, was changed, or is not one of ours."""


class Keepable(Protocol):
    """A fitted estimator that can be written down."""

    def get_params(self) -> Facts:
        """Arguments of the constructor."""
        ...

    def to_arrays(self) -> tuple[Arrays, Facts]:
        """What fitting found."""
        ...


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
    _write_aside(Path(path), save(contents, metadata=header))


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


def save_model(path: str | os.PathLike, estimator: Keepable) -> None:
    """Write a fitted estimator.

    Parameters
    ----------
    path : path-like
        File to write or to replace.
    estimator : fitted estimator of this package
        Its parameters must be plain numbers, texts, sequences, ways to prune and
        recipes of networks; in particular ``random_state`` an integer or None.

    Raises
    ------
    ValueError
        When a parameter cannot be written.
    sklearn.exceptions.NotFittedError
        When there is nothing to write yet.
    """
    arrays, fitted = estimator.to_arrays()
    facts = {
        "class": type(estimator).__name__,
        "parameters": {k: _described(v) for k, v in estimator.get_params().items()},
        "fitted": fitted,
    }
    save_arrays(path, arrays, facts)


def load_model(path: str | os.PathLike) -> Any:
    """Read an estimator that :func:`save_model` wrote.

    Parameters
    ----------
    path : path-like

    Returns
    -------
    The fitted estimator.

    Raises
    ------
    FileFormatError
        When the file is truncated, changed, foreign, or holds no estimator.
    """
    arrays, facts = load_arrays(path)
    # Estimators stand above this module; theirs are the only names looked up.
    estimators = importlib.import_module("msbook.estimators")
    name = str(facts.get("class"))
    known = [n for n in estimators.__all__ if hasattr(getattr(estimators, n), _READER)]
    if name not in known:
        raise FileFormatError(
            f"{os.fspath(path)} should hold one of {known}; got {name!r}. "
            "Arrays are read by load_arrays."
        )
    parameters = {k: _parameter(v) for k, v in facts["parameters"].items()}
    return getattr(estimators, name)(**parameters).from_arrays(arrays, facts["fitted"])


def find_results(name: str) -> Path:
    """Path of a kept result of the book, in a checkout or in an installed package.

    Parameters
    ----------
    name : str
        Path below ``book/results``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If there is no such result.

    Examples
    --------
    >>> import msbook as ms
    >>> ms.io.find_results("slow_maps/table_2.safetensors").name
    'table_2.safetensors'
    """
    package = Path(__file__).resolve().parent
    for folder in (package / "results", package.parents[1] / "book" / "results"):
        if (folder / name).is_file():
            return folder / name
    raise ValueError(
        f"no kept result {name!r} with the package or in book/results; `make results` "
        "in a checkout makes it again."
    )


def provenance(command: str, seed: int | list[int]) -> Facts:
    """Facts to keep beside a result: how, when and with what it was made.

    Parameters
    ----------
    command : str
        The one command that makes the result again.
    seed : int or list of int

    Returns
    -------
    dict
        With the keys command, seed, date, versions and hardware.
    """
    versions = {name: version(name) for name in PACKAGES}
    return {
        "command": command,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **versions},
        "hardware": f"{platform.machine()}, {os.cpu_count()} cores",
    }


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


def _described(parameter: Any) -> Any:
    """A parameter of an estimator as JSON can hold it."""
    if is_dataclass(parameter) and not isinstance(parameter, type):
        return {"class": type(parameter).__name__, **asdict(parameter)}
    return parameter


def _parameter(described: Any) -> Any:
    if isinstance(described, list):
        return tuple(_parameter(entry) for entry in described)
    if isinstance(described, dict):
        networks = importlib.import_module("msbook.networks")
        values = {name: _parameter(value) for name, value in described.items()}
        return getattr(networks, values.pop("class"))(**values)
    return described


def _write_aside(path: Path, data: bytes) -> None:
    """Write to a neighbouring file, and rename it once it is safely on disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
