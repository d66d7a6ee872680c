"""How a generator of the next state hands itself to a file, and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from typing import Any, Self

from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from msbook.estimators.increments import IncrementScaling

Arrays = dict[str, NDArray]

_SCALING = tuple(field.name for field in fields(IncrementScaling))


class GeneratorKeeping(ABC):
    """Mixin for :class:`msbook.estimators.OneStepGenerator`; see :mod:`msbook.io`."""

    scaling_: IncrementScaling
    n_features_in_: int
    n_context_: int

    @abstractmethod
    def _learned(self) -> Arrays:
        """What ``_learn`` found, besides the scaling."""

    @abstractmethod
    def _take_over(self, learned: Arrays) -> None:
        """Be what the arrays say, in place of learning."""

    def to_arrays(self) -> tuple[Arrays, dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "scaling_")
        arrays = {f"scaling.{name}": getattr(self.scaling_, name) for name in _SCALING}
        names = ("n_features_in_", "n_context_")
        return arrays | self._learned(), {name: getattr(self, name) for name in names}

    def from_arrays(self, arrays: Arrays, fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        for name, value in fitted.items():
            setattr(self, name, value)
        self.scaling_ = IncrementScaling(
            **{name: arrays[f"scaling.{name}"] for name in _SCALING}
        )
        self._take_over(arrays)
        return self
