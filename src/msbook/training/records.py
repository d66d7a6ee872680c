"""What the files of trainings have in common: fingerprints, and arrays by kind."""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook.serialization import checksum
from msbook.serialization.arrays import Arrays, Facts


def differing(there: Facts, here: Facts) -> dict[str, str]:
    """What is not the same in two descriptions, with numbers where it is one."""
    changed = {}
    for name in sorted(there.keys() | here.keys()):
        theirs, ours = there.get(name), here.get(name)
        if text(theirs) != text(ours):
            told = f"{name} ({theirs} there, {ours} here)"
            changed[name] = told if isinstance(ours, int | float) else name
    return changed


def text(fact: Any) -> str:
    """What tells 1 from 1.0 and True."""
    return json.dumps(fact, sort_keys=True)


def fingerprint(values: ArrayLike) -> str:
    """What tells arrays apart."""
    return checksum({"": np.asarray(values)}, "")


def table(arrays: Arrays) -> Facts:
    """Kind and shape of each array."""
    return {name: [v.dtype.str, *v.shape] for name, v in sorted(arrays.items())}


def under(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays, as those of a kind."""
    return {f"{prefix}:{name}": values for name, values in arrays.items()}


def out_of(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays of a kind."""
    named = {name.partition(":")[::2]: values for name, values in arrays.items()}
    return {name: values for (kind, name), values in named.items() if kind == prefix}


def plain(state: Any) -> Any:
    """A generator's state without arrays, as JSON can hold it."""
    if isinstance(state, Mapping):
        return {name: plain(value) for name, value in state.items()}
    return state.tolist() if isinstance(state, np.ndarray) else state
