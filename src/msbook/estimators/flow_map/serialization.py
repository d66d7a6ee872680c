"""How a generator of the next state hands itself to a file, and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from msbook._validation import check_periods
from msbook.estimators.flow_map.increments import IncrementScaling
from msbook.serialization.numbers import checked_array

Arrays = dict[str, NDArray]

_SIZES = ("n_features_in_", "n_context_")
_SCALING = tuple(field.name for field in fields(IncrementScaling))
_RESIDUAL = ("slopes", "mixing")
_OF_CONDITIONS = tuple(name for name in _SCALING if name.startswith("condition"))


class SerializableGenerator(ABC):
    """Mixin for :class:`msbook.estimators.OneStepGenerator`; see :mod:`msbook.io`."""

    memory: int
    periods: Sequence[float | None] | None
    scaling_: IncrementScaling
    n_features_in_: int
    n_context_: int

    @property
    @abstractmethod
    def _linear(self) -> bool:
        """Whether a linear regression was taken out of the increments."""

    @property
    @abstractmethod
    def _noise_dim(self) -> int:
        """Number of normal numbers that a step takes."""

    @abstractmethod
    def _push(self, noise: NDArray, condition: NDArray) -> NDArray[np.float64]:
        """Scaled increments from normal noise and scaled conditions."""

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    @abstractmethod
    def _learned(self) -> Arrays:
        """What ``_learn`` found, besides the scaling."""

    @abstractmethod
    def _take_over(self, learned: Arrays) -> None:
        """Be what the arrays say, in place of learning."""

    def to_arrays(self) -> tuple[Arrays, dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "scaling_")
        names = _SCALING if self._linear else sorted({*_SCALING} - {*_RESIDUAL})
        arrays = {f"scaling.{name}": getattr(self.scaling_, name) for name in names}
        return arrays | self._learned(), {name: getattr(self, name) for name in _SIZES}

    def from_arrays(self, arrays: Arrays, fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self._check_parameters()
        for name in _SIZES:
            setattr(self, name, int(fitted[name]))
        dim = self.n_features_in_ // (self.memory + 1)
        n_condition = len(arrays["scaling.condition_mean"])
        if not self._linear:
            arrays = arrays | _without_residual(dim, n_condition)
        shapes: dict[str, tuple[int, ...]] = dict.fromkeys(_SCALING, (dim,))
        shapes |= dict.fromkeys(_OF_CONDITIONS, (n_condition,))
        shapes |= {
            "slopes": (n_condition, dim),
            "mixing": (dim, arrays["scaling.mixing"].shape[1]),
        }
        self.scaling_ = IncrementScaling(
            **{n: checked_array(arrays, f"scaling.{n}", s) for n, s in shapes.items()}
        )
        periods = check_periods("periods", self.periods, dim) or (None,) * dim
        known = [np.inf if period is None else period for period in periods]
        if not np.array_equal(known, self.scaling_.periods):
            raise ValueError(f"periods are {self.periods}, and in the scaling others")
        # What does not fit together is found out now, and not at the first forecast.
        seen = np.zeros((1, self.n_features_in_)), np.zeros((1, self.n_context_))
        condition = self.scaling_.condition(*seen)
        if condition.shape[1] != self.scaling_.n_condition:
            raise ValueError("scaling, n_features_in_ and n_context_ do not fit")
        self._take_over(arrays)
        self._push(np.zeros((1, self._noise_dim)), condition)
        return self


def _without_residual(dim: int, n_condition: int) -> Arrays:
    """What a file does not hold where no regression was taken out."""
    return {
        "scaling.slopes": np.zeros((n_condition, dim)),
        "scaling.mixing": np.eye(dim),
    }
