"""How a learnt equation hands itself to a file, and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from msbook.estimators.coarse_pde.field_derivatives import FieldDerivatives
from msbook.estimators.coarse_pde.regressors import regression_of
from msbook.estimators.field_scaling import FieldScaling
from msbook.serialization.numbers import checked_array

_SCALINGS = ("feature_scaling_", "rate_scaling_")


def attributes_to_arrays(
    attributes: Mapping[str, Any],
) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
    """Attributes that ``fit`` set, as arrays and JSON values."""
    arrays = {"centre": attributes["_centre"], "reach": attributes["_reach"]}
    for name in _SCALINGS:
        scaling: FieldScaling = attributes[name]
        arrays |= {f"{name}.mean": scaling.mean, f"{name}.scale": scaling.scale}
    for field, function in enumerate(attributes["functions_"]):
        found = function.to_arrays()
        arrays |= {f"functions.{field}.{name}": v for name, v in found.items()}
    return arrays, {"n_features_in_": attributes["n_features_in_"]}


def attributes_from_arrays(
    parameters: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    facts: Mapping[str, Any],
) -> dict[str, Any]:
    """Attributes that ``fit`` set, from what :func:`attributes_to_arrays` returned.

    Parameters
    ----------
    parameters : mapping
        Arguments of the constructor, checked.
    arrays, facts : mapping

    Raises
    ------
    ValueError
        If an array is missing or of another shape.
    """
    recipe = regression_of(parameters["regressor"])
    n_fields, dim = parameters["n_fields"], int(facts["n_features_in_"])
    derivatives = FieldDerivatives(n_fields, dim // n_fields, parameters["dx"])
    columns = derivatives.columns(parameters["features"])
    found: dict[str, Any] = {
        "n_features_in_": dim,
        "derivatives_": derivatives,
        "_columns": columns,
    }
    sizes = len(derivatives.features), n_fields
    for name, size in zip(_SCALINGS, sizes, strict=True):
        parts = f"{name}.mean", f"{name}.scale"
        found[name] = FieldScaling(*(checked_array(arrays, p, (size,)) for p in parts))
    found["functions_"] = [
        recipe.rebuild(
            {name: arrays[f"functions.{field}.{name}"] for name in recipe.arrays},
            len(chosen),
        )
        for field, chosen in enumerate(columns)
    ]
    found["_centre"] = checked_array(arrays, "centre", (dim,))
    found["_reach"] = checked_array(arrays, "reach", (dim,))
    return found
