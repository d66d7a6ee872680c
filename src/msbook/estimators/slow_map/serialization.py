"""How a fitted slow map hands itself to a file, and comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, fields
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from msbook._validation import check_count
from msbook.estimators.slow_map.coordinates import kept_coordinates
from msbook.estimators.slow_map.quality import SlowMapQuality
from msbook.estimators.slow_map.restarts import new_network
from msbook.serialization.numbers import checked_array
from msbook.training.checkpoint import CURVES
from msbook.training.loop import History

NUMBERS = tuple(field.name for field in fields(SlowMapQuality))
_FACTS: dict[str, type] = {
    "n_features_in_": int,
    "n_outputs_": int,
    "coordinates_": str,
    "_flat_targets": bool,
}


def attributes_to_arrays(
    attributes: Mapping[str, Any],
) -> tuple[dict[str, NDArray], dict[str, Any]]:
    """Attributes that ``fit`` set, as arrays and JSON values."""
    network, history = attributes["network_"], attributes["history_"]
    weights = network.state_dict()
    arrays = {f"network.{name}": w.numpy() for name, w in weights.items()}
    arrays |= {name: getattr(history, name) for name in CURVES}
    facts = {name: kind(attributes[name]) for name, kind in _FACTS.items()}
    quality = astuple(attributes["quality_"])
    if any(number is not None for number in quality):
        arrays["quality"] = np.array(quality, dtype=float)  # None becomes NaN
        facts["n_slow_"] = int(attributes["n_slow_"])
    facts["best_epoch"] = history.best_epoch
    facts["feature_names_in_"] = list(attributes.get("feature_names_in_", []))
    return arrays, facts


def attributes_from_arrays(
    parameters: Mapping[str, Any],
    arrays: Mapping[str, NDArray],
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
        If the file is of no slow map with these parameters.
    """
    found: dict[str, Any] = {name: kind(facts[name]) for name, kind in _FACTS.items()}
    coordinates, n_outputs = found["coordinates_"], found["n_outputs_"]
    if coordinates not in ("cartesian", "polar"):
        raise ValueError(f"coordinates_ is {coordinates!r}")
    if found["_flat_targets"] and n_outputs > 1:
        raise ValueError(f"{n_outputs} outputs are no flat targets")
    if facts["feature_names_in_"]:
        names = list(map(str, facts["feature_names_in_"]))
        found["feature_names_in_"] = np.array(names, dtype=object)
    scaled = "network.coordinates.factor" in arrays
    layer = kept_coordinates(coordinates, found["n_features_in_"], scaled)
    if "n_slow_" in facts or "quality" in arrays:
        found["n_slow_"] = check_count("n_slow_", facts["n_slow_"])
        numbers = checked_array(arrays, "quality", (len(NUMBERS),))
    else:  # nothing is known, as in files of the time before either
        found["n_slow_"] = parameters["n_slow"]
        numbers = np.full(len(NUMBERS), np.nan)
    known = [None if np.isnan(number) else float(number) for number in numbers]
    found["quality_"] = SlowMapQuality(*known)
    sizes = found["n_features_in_"], n_outputs, found["n_slow_"]
    network = new_network(parameters, layer, *sizes, seed=0)
    network.load_state_dict(
        {n: torch.tensor(arrays[f"network.{n}"]) for n in network.state_dict()}
    )
    n_epochs = len(arrays[CURVES[0]])
    curves = {name: checked_array(arrays, name, (n_epochs,)) for name in CURVES}
    best_epoch = range(n_epochs)[facts["best_epoch"]]
    history = History(best_epoch=best_epoch, **curves)
    return found | {"network_": network, "history_": history}
