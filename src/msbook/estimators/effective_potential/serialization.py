"""How a fitted effective potential hands itself to a file, and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import asdict
from typing import Any, Self

from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from msbook.equations.potential import Potential
from msbook.estimators.effective_potential.run_diagnostics import Diagnostics
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.estimators.effective_potential.uniform_splines import UniformSplines
from msbook.serialization.numbers import kept_array

_ARRAYS = ("coefficients_", "friction_", "range_")
_OPTIONAL_ARRAYS = ("covariance_", "scales_")
_NUMBERS: dict[str, type] = {
    "n_features_in_": int,
    "temperature_": float,
    "step_size_": float,
    "spacing_": float,
    "error_": float,
}


class PotentialKeeping(ABC):
    """Mixin for :class:`msbook.EffectivePotential`; see :mod:`msbook.io`."""

    covariance_: NDArray | None
    n_features_in_: int
    spacing_: float
    diagnostics_: Diagnostics
    potential_: Potential
    scales_: NDArray | None
    splines_: TensorSplines

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "potential_")
        found = [n for n in _OPTIONAL_ARRAYS if getattr(self, n) is not None]
        arrays = {name: getattr(self, name) for name in (*_ARRAYS, *found)}
        numbers = {name: kind(getattr(self, name)) for name, kind in _NUMBERS.items()}
        fitted: dict[str, Any] = {"optional_arrays": found} | numbers
        fitted["splines"] = [asdict(axis) for axis in self.splines_.axes]
        fitted["diagnostics"] = asdict(self.diagnostics_)
        return arrays, fitted

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self._check_parameters()
        for name, kind in _NUMBERS.items():
            setattr(self, name, kind(fitted[name]))
        self.splines_ = TensorSplines(
            tuple(
                UniformSplines(
                    float(axis["start"]), self.spacing_, int(axis["n_intervals"])
                )
                for axis in fitted["splines"]
            )
        )
        dim = self.n_features_in_
        shapes = {
            "coefficients_": self.splines_.shape,
            "friction_": (dim, dim),
            "range_": (dim, 2),
            "covariance_": (dim, dim),
            "scales_": arrays["scales_"].shape if "scales_" in arrays else (),
        }
        for name in _ARRAYS:
            setattr(self, name, kept_array(arrays, name, shapes[name]))
        for name in _OPTIONAL_ARRAYS:
            there = name in fitted["optional_arrays"]
            values = kept_array(arrays, name, shapes[name]) if there else None
            setattr(self, name, values)
        self.potential_ = self.splines_.potential(arrays["coefficients_"])
        found = dict(fitted["diagnostics"])
        texts, n_used = tuple(map(str, found.pop("warnings"))), int(found.pop("n_used"))
        shares = {name: float(value) for name, value in found.items()}
        self.diagnostics_ = Diagnostics(**shares, n_used=n_used, warnings=texts)
        return self
