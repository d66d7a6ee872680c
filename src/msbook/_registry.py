"""Classes whose objects stand in files by name; each registers itself."""

from __future__ import annotations

from types import MappingProxyType
from typing import TypeVar

Kind = TypeVar("Kind", bound=type)

_known: dict[str, type] = {}
SERIALIZABLE = MappingProxyType(_known)
"""Registered classes by name: those of all modules that were loaded."""


def serializable(kind: Kind) -> Kind:
    """Register a class, as a decorator.

    An estimator that is written to files has ``to_arrays`` and ``from_arrays``; what
    else stands there, as a parameter of an estimator, is a frozen dataclass.

    Parameters
    ----------
    kind : type

    Returns
    -------
    type
        The class.

    Raises
    ------
    ValueError
        If another class has that name.

    Examples
    --------
    >>> @serializable
    ... class Fitted: ...
    >>> SERIALIZABLE["Fitted"] is Fitted
    True
    """
    there = _known.setdefault(kind.__name__, kind)
    if (there.__module__, there.__qualname__) != (kind.__module__, kind.__qualname__):
        raise ValueError(
            f"{kind.__name__} must be the only class of its name in files; got "
            f"{kind.__module__}.{kind.__qualname__} beside {there.__module__}."
            f"{there.__qualname__}. Rename one."
        )
    _known[kind.__name__] = kind
    return kind
