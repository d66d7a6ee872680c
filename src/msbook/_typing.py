"""Types of what a reader hands over, for checkers of types alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

from numpy.typing import ArrayLike, NDArray

Rows: TypeAlias = Callable[[Any, Any, Any], Any]
"""A function ``f(t, y, p)``: rows in, and a number, a sequence or an array out."""

Parameters: TypeAlias = "ArrayLike | Mapping[Any, Parameters] | Sequence[Parameters]"
"""What a system hands to its functions as ``p``."""

TimeSpan: TypeAlias = Sequence[float] | NDArray[Any]
"""The first and the last time."""
