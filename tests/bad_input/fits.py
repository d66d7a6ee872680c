"""Estimators are called by their fit, which checks what they were given."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import wraps
from typing import Any


def fitted(estimator: type, *data: Any) -> Callable[..., Any]:
    """What the constructor's arguments are checked by: the fit."""

    @wraps(estimator)
    def construct_and_fit(**settings):
        return estimator(**settings).fit(*data)

    return construct_and_fit


def once_more(method: Callable[..., Any]) -> Callable[..., Any]:
    """A method that changes its object, on a copy of it."""

    @wraps(method)
    def on_a_copy(**arguments):
        copy = deepcopy(method.__self__)
        return getattr(copy, method.__name__)(**arguments)

    return on_a_copy
