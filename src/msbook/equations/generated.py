"""Functions that are written out as text once a dimension or a sum is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from msbook._compile.tracing.components import split_components
from msbook._compile.tracing.writing import look_up


@dataclass(frozen=True)
class GeneratedFunction:
    """A function ``f(q, p)`` given by the text of its body.

    It is called as any function, can be sent to other processes, and is compiled
    together with the functions that it calls.

    Parameters
    ----------
    body : tuple of str
        Lines in ``q``, ``p``, ``np`` and ``look_up``, ``split``,
        ``part0``, ``part1``,
        …; the last one returns.
    parts : tuple of callable
        The functions that the body calls.

    Examples
    --------
    >>> double = GeneratedFunction(("return part0(2.0 * q, p)",), (lambda q, p: q + p,))
    >>> double(3.0, 1.0)
    7.0
    """

    body: tuple[str, ...]
    parts: tuple[Callable[..., Any], ...] = ()
    _function: Callable[..., Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_function", self.define(self.parts))

    def __call__(self, q: Any, p: Any) -> Any:
        return self._function(q, p)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the text, from which the function is made again."""
        return GeneratedFunction, (self.body, self.parts)

    def define(self, parts: tuple[Callable[..., Any], ...]) -> Callable[..., Any]:
        """Make the plain function, calling these parts."""
        names: dict[str, Any] = {
            "np": np,
            "look_up": look_up,
            "split": split_components,
        } | {f"part{i}": part for i, part in enumerate(parts)}
        lines = "\n    ".join(self.body)
        exec(f"def generated(q, p):\n    {lines}", names)  # our own text, no input
        return names["generated"]
