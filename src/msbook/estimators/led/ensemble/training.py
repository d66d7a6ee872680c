"""How the members of an ensemble are trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sklearn.base import clone

from msbook.estimators.led.led import LED
from msbook.training.session import session


def trained_members(
    led: LED, seeds: Iterable[int], X: Any, validation: Any
) -> list[LED]:
    """The same LED, trained with each seed, or with those until an interrupt.

    Raises
    ------
    KeyboardInterrupt
        If there were fewer than two by then.
    """
    members: list[LED] = []
    with session() as trainings:
        for seed in seeds:
            member: Any = clone(led)
            member.set_params(random_state=int(seed))
            members.append(member.fit(X, validation=validation))
            if trainings.interruption is not None:
                break
        if len(members) < 2:
            raise KeyboardInterrupt("an ensemble needs two members or more.")
    return members
