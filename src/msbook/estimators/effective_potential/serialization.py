"""How a fitted effective potential hands itself to a file, and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from numpy.typing import NDArray

from msbook.estimators.effective_potential.run_diagnostics import Diagnostics
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.estimators.effective_potential.uniform_splines import UniformSplines
from msbook.serialization.numbers import checked_array

_ARRAYS = ("coefficients_", "friction_", "range_")
_OPTIONAL_ARRAYS = ("covariance_", "scales_")
_NUMBERS: dict[str, type] = {
    "n_features_in_": int,
    "temperature_": float,
    "step_size_": float,
    "spacing_": float,
    "error_": float,
}


def attributes_to_arrays(
    attributes: Mapping[str, Any],
) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Attributes that ``fit`` set, as arrays and JSON values."""
    found = [name for name in _OPTIONAL_ARRAYS if attributes[name] is not None]
    arrays = {name: attributes[name] for name in (*_ARRAYS, *found)}
    numbers = {name: kind(attributes[name]) for name, kind in _NUMBERS.items()}
    facts: dict[str, Any] = {"optional_arrays": found} | numbers
    facts["splines"] = [_facts_of(axis) for axis in attributes["splines_"].axes]
    facts["diagnostics"] = asdict(attributes["diagnostics_"])
    return arrays, facts


def attributes_from_arrays(
    arrays: Mapping[str, NDArray], facts: Mapping[str, Any]
) -> dict[str, Any]:
    """Attributes that ``fit`` set, from what :func:`attributes_to_arrays` returned.

    Raises
    ------
    ValueError
        If an array is missing or of another shape.
    """
    found: dict[str, Any] = {name: kind(facts[name]) for name, kind in _NUMBERS.items()}
    dim, spacing = found["n_features_in_"], found["spacing_"]
    splines = TensorSplines(
        tuple(
            UniformSplines(
                float(axis["start"]),
                # Of a period it is a part; files of before know no periods.
                float(axis["spacing"]) if axis.get("periodic") else spacing,
                int(axis["n_intervals"]),
                bool(axis.get("periodic")),
            )
            for axis in facts["splines"]
        )
    )
    shapes = {
        "coefficients_": splines.shape,
        "friction_": (dim, dim),
        "range_": (dim, 2),
        "covariance_": (dim, dim),
        "scales_": arrays["scales_"].shape if "scales_" in arrays else (),
    }
    for name in _ARRAYS:
        found[name] = checked_array(arrays, name, shapes[name])
    for name in _OPTIONAL_ARRAYS:
        there = name in facts["optional_arrays"]
        found[name] = checked_array(arrays, name, shapes[name]) if there else None
    found["splines_"] = splines
    found["potential_"] = splines.potential(arrays["coefficients_"])
    found["diagnostics_"] = _diagnostics(dict(facts["diagnostics"]))
    return found


def _facts_of(axis: UniformSplines) -> dict[str, Any]:
    """What makes an axis; a line says no more than files did before periods."""
    facts = asdict(axis)
    if not axis.periodic:
        del facts["periodic"]
    return facts


def _diagnostics(kept: dict[str, Any]) -> Diagnostics:
    texts, n_used = tuple(map(str, kept.pop("warnings"))), int(kept.pop("n_used"))
    shares = {name: float(value) for name, value in kept.items()}
    return Diagnostics(**shares, n_used=n_used, warnings=texts)
