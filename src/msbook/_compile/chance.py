"""Functions that draw random numbers or ask a clock, found in what they read."""

from __future__ import annotations

import datetime
import random
import secrets
import time
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from msbook._compile.walking import names_in, walk

_MODULES = (random, secrets, time, datetime, np.random)
_NAMES = {module.__name__ for module in _MODULES}
_SOURCES = (np.random.Generator, np.random.RandomState, random.Random)


def find_chance(function: Any) -> str | None:
    """Name of the first source of chance that a function reads, or None.

    Examples
    --------
    >>> find_chance(lambda y: -y)
    >>> find_chance(lambda y: y + np.random.normal())
    'np.random'
    >>> rng = np.random.default_rng(0)
    >>> find_chance(lambda y: y * rng.normal())
    'rng'
    """
    for name, value in walk(function):
        if isinstance(value, _SOURCES) or any(value is one for one in _MODULES):
            return name
        if isinstance(value, BuiltinFunctionType) and value.__module__ in _NAMES:
            return name
        if isinstance(value, FunctionType):
            names = names_in(value.__code__)
            if "random" in names and np in map(value.__globals__.get, names):
                return "np.random"
    return None
