"""How the members of an ensemble hand themselves to a file, and come back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.serialization.models import describe, revive

Arrays = dict[str, NDArray[Any]]
Facts = dict[str, Any]


def members_to_arrays(members: Sequence[Any]) -> tuple[Arrays, list[Facts]]:
    """Arrays and facts of all members; what they share with the first is kept once.

    Parameters
    ----------
    members : sequence of LED
        Fitted.

    Returns
    -------
    arrays : dict of ndarray
    facts : list of dict
        What :func:`members_from_arrays` needs besides.
    """
    described = [describe(member) for member in members]
    first, arrays, facts = described[0][0], {}, []
    for place, (found, told) in enumerate(described):
        shared = [n for n, a in found.items() if place and _same(a, first.get(n))]
        arrays |= {_name(place, n): a for n, a in found.items() if n not in shared}
        facts.append({"of_the_first": shared, "member": told})
    return arrays, facts


def members_from_arrays(arrays: Arrays, facts: Sequence[Facts]) -> list[Any]:
    """Members as :func:`members_to_arrays` wrote them down.

    Parameters
    ----------
    arrays : dict of ndarray
    facts : sequence of dict

    Returns
    -------
    list of LED
    """
    first, members = _of(0, arrays), []
    for place, told in enumerate(facts):
        shared = {name: first[name] for name in told["of_the_first"]}
        member = revive(shared | _of(place, arrays), told["member"])
        if type(member).__name__ != "LED":  # of the registered classes
            raise ValueError(f"member {place} should be an LED; got {member!r}")
        members.append(member)
    return members


def _name(place: int, name: str) -> str:
    return f"members.{place}.{name}"


def _of(place: int, arrays: Arrays) -> Arrays:
    start = _name(place, "")
    return {n.removeprefix(start): a for n, a in arrays.items() if n.startswith(start)}


def _same(values: NDArray[Any], others: NDArray[Any] | None) -> bool:
    return (
        others is not None
        and values.dtype == others.dtype
        and np.array_equal(values, others, equal_nan=True)
    )
