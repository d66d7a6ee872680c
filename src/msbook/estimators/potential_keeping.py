"""How a fitted effective potential hands itself to a file, and comes back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from msbook.estimators.run_diagnostics import Diagnostics
from msbook.estimators.splines import TensorSplines, UniformSplines
from msbook.systems.potentials import Potential

_ARRAYS = ("coefficients_", "friction_", "range_")
_OPTIONAL_ARRAYS = ("covariance_", "scales_")
_NUMBERS = ("n_features_in_", "temperature_", "step_size_", "spacing_", "error_")


class PotentialKeeping:
    """Mixin for :class:`msbook.EffectivePotential`; see :mod:`msbook.io`."""

    covariance_: NDArray | None
    diagnostics_: Diagnostics
    potential_: Potential
    scales_: NDArray | None
    splines_: TensorSplines

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "potential_")
        arrays = {name: getattr(self, name) for name in _ARRAYS}
        for name in _OPTIONAL_ARRAYS:
            if getattr(self, name) is not None:
                arrays[name] = getattr(self, name)
        fitted = {name: getattr(self, name) for name in _NUMBERS}
        fitted["splines"] = [asdict(axis) for axis in self.splines_.axes]
        fitted["diagnostics"] = asdict(self.diagnostics_)
        return arrays, fitted

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        for name in _ARRAYS:
            setattr(self, name, arrays[name])
        for name in _NUMBERS:
            setattr(self, name, fitted[name])
        for name in _OPTIONAL_ARRAYS:
            setattr(self, name, arrays.get(name))
        axes = (UniformSplines(**axis) for axis in fitted["splines"])
        self.splines_ = TensorSplines(tuple(axes))
        self.potential_ = self.splines_.potential(arrays["coefficients_"])
        texts = tuple(fitted["diagnostics"].pop("warnings"))
        self.diagnostics_ = Diagnostics(**fitted["diagnostics"], warnings=texts)
        return self
