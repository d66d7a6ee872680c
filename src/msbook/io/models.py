"""Fitted estimators, in the files of kept arrays."""

import importlib
import os
from dataclasses import asdict, is_dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from msbook.io.kept_arrays import Arrays, Facts, load_arrays, save_arrays
from msbook.io.writing import FileFormatError

_READER = "from_arrays"  # what makes a class of msbook.estimators one that is kept


class Keepable(Protocol):
    """A fitted estimator that can be written down."""

    def get_params(self) -> Facts:
        """Arguments of the constructor."""
        ...

    def to_arrays(self) -> tuple[Arrays, Facts]:
        """What fitting found."""
        ...


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
    save_arrays(path, {name: _shortened(a) for name, a in arrays.items()}, facts)


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
    kept, facts = load_arrays(path)
    arrays = {name: _lengthened(values) for name, values in kept.items()}
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


def _shortened(values: NDArray) -> NDArray:
    """In single precision where nothing is lost, as after a training in it."""
    if values.dtype != np.float64:
        return values
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return single if np.array_equal(single, values, equal_nan=True) else values


def _lengthened(values: NDArray) -> NDArray:
    return values.astype(np.float64) if values.dtype == np.float32 else values


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
