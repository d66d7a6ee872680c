"""Fitted estimators, in the files of kept arrays."""

import json
import os
from copy import deepcopy
from dataclasses import fields, is_dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from msbook._registry import SERIALIZABLE
from msbook.serialization.arrays import Arrays, Facts, load_arrays, save_arrays
from msbook.serialization.writing import FileFormatError, file_to_read, file_to_write

_READER = "from_arrays"  # what makes a registered class an estimator


class Keepable(Protocol):
    """A fitted estimator that can be written down."""

    def get_params(self) -> Facts:
        """Arguments of the constructor."""
        ...

    def to_arrays(self) -> tuple[Arrays, Facts]:
        """What fitting found."""
        ...


def save_model(path: str | os.PathLike[str], estimator: Keepable) -> None:
    """Write a fitted estimator.

    Parameters
    ----------
    path : path-like
        File to write or to replace.
    estimator : fitted estimator of this package
        Its parameters must be plain numbers, texts, sequences, ways to prune, recipes
        of networks or regressions, and estimators of such; in particular
        ``random_state`` an integer or None, and no functions.

    Raises
    ------
    ValueError
        When the path or a parameter cannot be written; the message names it.
    sklearn.exceptions.NotFittedError
        When there is nothing to write yet.
    """
    file = file_to_write(path)
    arrays, facts = describe(estimator)
    save_arrays(file, {name: _shortened(a) for name, a in arrays.items()}, facts)


def load_model(path: str | os.PathLike[str]) -> Any:
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
    FileNotFoundError
        When there is none.
    """
    file = file_to_read(path)
    kept, facts = load_arrays(file)
    arrays = {name: _lengthened(values) for name, values in kept.items()}
    try:
        return revive(arrays, facts)
    except Exception as error:  # of any kind, at contents of a wrong kind
        raise FileFormatError(
            f"{file} holds no whole estimator: {type(error).__name__}: {error}. Fit "
            "and save it again; arrays are read by load_arrays."
        ) from error


def describe(estimator: Keepable) -> tuple[Arrays, Facts]:
    """A fitted estimator as arrays and facts, or a ValueError.

    Parameters
    ----------
    estimator : fitted estimator of this package

    Returns
    -------
    arrays : dict of ndarray
    facts : dict
        Its class, its parameters and what was fitted besides the arrays.
    """
    name = type(estimator).__name__
    known = _known_estimators()
    if not _same(type(estimator), known.get(name)):
        kind = type(estimator)
        got = f"{kind.__module__}.{kind.__qualname__}" if name in known else name
        if isinstance(estimator, type):
            got = f"the class {estimator.__name__}, not fitted"
        raise ValueError(
            f"estimator must be one of {sorted(known)}, of msbook and no subclass; got "
            f"{got}. Arrays are written by save_arrays."
        )
    arrays, fitted = estimator.to_arrays()
    parameters = _parameters(estimator)
    return arrays, {"class": name, "parameters": parameters, "fitted": fitted}


def revive(arrays: Arrays, facts: Facts) -> Any:
    """The estimator that :func:`describe` described; an error of any kind if none.

    Parameters
    ----------
    arrays : dict of ndarray
    facts : dict

    Returns
    -------
    The fitted estimator, which is described by the same arrays and facts.
    """
    name, known = facts.get("class"), _known_estimators()
    if not isinstance(name, str) or name not in known:
        raise ValueError(
            f"it should be one of {sorted(known)}, which are loaded (msbook.io loads "
            f"all); got {name!r}"
        )
    parameters = {n: _parameter(value) for n, value in facts["parameters"].items()}
    fitted = facts["fitted"]
    estimator = known[name](**parameters).from_arrays(arrays, deepcopy(fitted))
    _check_same(estimator.to_arrays(), (arrays, fitted))
    return estimator


def _same(one: type, other: type | None) -> bool:
    """Whether two are one class, which a reload of its module makes anew."""
    names = (one.__module__, one.__qualname__)
    return other is not None and names == (other.__module__, other.__qualname__)


def _known_estimators() -> dict[str, Any]:
    known = SERIALIZABLE.items()
    return {name: kind for name, kind in known if hasattr(kind, _READER)}


def _check_same(found: tuple[Arrays, Facts], expected: tuple[Arrays, Facts]) -> None:
    """Raise a ValueError unless an estimator writes what it was read from."""
    (arrays, facts), (kept, described) = found, expected
    lost = sorted(set(kept) ^ set(arrays))
    lost += [n for n in kept if n in arrays and _form(kept[n]) != _form(arrays[n])]
    if lost:
        raise ValueError(f"arrays lack, are left over or of another form: {lost}")
    if _text(facts) != _text(described):
        raise ValueError(f"what was fitted should be {facts}; it is {described}")


def _text(facts: Facts) -> str:
    """Facts as JSON tells them apart; older files leave out what is None."""
    given = {name: value for name, value in facts.items() if value is not None}
    return json.dumps(given, sort_keys=True)


def _form(values: NDArray[Any]) -> tuple[Any, ...]:
    return values.dtype, values.shape


def _shortened(values: NDArray[Any]) -> NDArray[Any]:
    """In single precision where nothing is lost, as after a training in it."""
    if values.dtype != np.float64:
        return values
    with np.errstate(over="ignore"):
        single = values.astype(np.float32)
    return single if np.array_equal(single, values, equal_nan=True) else values


def _lengthened(values: NDArray[Any]) -> NDArray[Any]:
    return values.astype(np.float64) if values.dtype == np.float32 else values


def _parameters(estimator: Any) -> Facts:
    given = estimator.get_params(deep=False)
    return {name: _described(name, value) for name, value in given.items()}


def _described(name: str, parameter: Any) -> Any:
    """A parameter of an estimator as JSON can hold it."""
    kind = type(parameter).__name__
    values: Facts
    if kind in _known_estimators():
        values = parameter.get_params(deep=False)
    elif is_dataclass(parameter) and _same(type(parameter), SERIALIZABLE.get(kind)):
        values = {f.name: getattr(parameter, f.name) for f in fields(parameter)}
    elif isinstance(parameter, list | tuple):
        return [_described(name, entry) for entry in cast(list[Any], parameter)]
    elif isinstance(parameter, np.generic):
        return cast(Any, parameter).item()
    elif parameter is None or isinstance(parameter, str | bool | int | float):
        return parameter
    else:
        raise ValueError(
            f"{name} cannot be kept: a file holds numbers, texts, sequences and "
            f"recipes of this package, and no {kind}. Give it such a value first, or "
            "None, by set_params."
        )
    return {"class": kind} | {
        n: _described(f"{name}.{n}", v) for n, v in values.items()
    }


def _parameter(described: Any) -> Any:
    if isinstance(described, list):
        return tuple(_parameter(entry) for entry in cast(list[Any], described))
    if isinstance(described, dict):
        table = cast(Facts, described)
        values = {name: _parameter(value) for name, value in table.items()}
        kind = values.pop("class")
        return SERIALIZABLE[kind](**values)
    return described
