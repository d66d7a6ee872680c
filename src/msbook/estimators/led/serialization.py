"""How LED hands itself to a file, and comes back."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted
from torch import nn

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.choosing.search import Candidate
from msbook.estimators.led.choosing.stacking import Stack
from msbook.estimators.led.coding import Coder
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.paths import flat_shape
from msbook.estimators.led.members import members_from_arrays, members_to_arrays
from msbook.estimators.led.settings import (
    Settings,
    autoencoder_recipe,
    check_settings,
    propagator_recipe,
)
from msbook.estimators.network_serialization import losses_from_arrays
from msbook.networks.layers.encoder_network import EncoderNetwork
from msbook.networks.propagators.networks import PropagatorNetwork
from msbook.serialization.numbers import checked_array
from msbook.training.by_loss import LossHistory

Arrays = dict[str, NDArray[Any]]
Facts = dict[str, Any]

_STACKED = "weights", "mean", "scale"
_CURVES = tuple(field.name for field in fields(LossHistory))


class FittedDynamics:
    """An estimator that keeps what LED learned in its attributes, and in files."""

    network_: EncoderNetwork
    propagator_: PropagatorNetwork
    scaling_: FieldScaling
    latent_scaling_: FieldScaling
    history_: LossHistory | None
    propagator_histories_: list[LossHistory]
    n_features_in_: int
    n_particles_: int | None
    state_shape_: tuple[int, ...]
    floor_: float | None
    largest_size_: float | None
    stack_: Stack | None
    candidates_: list[Candidate]

    def to_arrays(self) -> tuple[Arrays, Facts]:
        """What ``fit`` found, as arrays and JSON values."""
        learned = self._learned()
        if self.stack_ is None:
            return dynamics_to_arrays(learned)
        return choice_to_arrays(self.stack_, self.candidates_)

    def from_arrays(self, arrays: Arrays, fitted: Facts) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        if "members" in fitted:
            stack, tried = choice_from_arrays(arrays, fitted)
            stack.best.handed_to(self)
            self.candidates_ = tried
            return self
        settings = cast("Settings", self)
        return dynamics_from_arrays(settings, arrays, fitted).handed_to(self)

    def _learned(self) -> LatentDynamics:
        check_is_fitted(self, "propagator_")
        return LatentDynamics.of(self)


def dynamics_to_arrays(dynamics: LatentDynamics) -> tuple[Arrays, Facts]:
    """What a fit found, as arrays and JSON values."""
    coder, arrays = dynamics.coder, {}
    networks = {"network_": coder.network, "propagator_": dynamics.propagator}
    for part, network in networks.items():
        weights = network.state_dict()
        arrays |= {f"{part}.{name}": w.numpy() for name, w in weights.items()}
    scalings = {"scaling_": coder.scaling, "latent_scaling_": coder.latent_scaling}
    for part, scaling in scalings.items():
        arrays |= {f"{part}.mean": scaling.mean, f"{part}.scale": scaling.scale}
    for stage, history in enumerate([dynamics.history, *dynamics.propagator_histories]):
        if history is not None:
            found = {name: getattr(history, name) for name in _CURVES}
            arrays |= {f"history.{stage}.{name}": v for name, v in found.items()}
    facts: Facts = {
        "n_features_in_": coder.dim,
        "n_particles_": coder.n_particles,
        "n_stages": len(dynamics.propagator_histories),
    }
    # What is as in files of earlier versions is left out, as it is there.
    if coder.shape != _plain_shape(coder.dim, coder.n_particles):
        facts["state_shape_"] = list(coder.shape)
    if coder.largest is not None:
        facts["largest_size_"] = coder.largest
    if dynamics.floor is not None:
        facts["floor_"] = dynamics.floor
    return arrays, facts


def dynamics_from_arrays(
    settings: Settings, arrays: Arrays, fitted: Facts
) -> LatentDynamics:
    """What :func:`dynamics_to_arrays` wrote down, of networks by their recipes."""
    check_settings(settings)
    autoencoder = autoencoder_recipe(settings)
    dim, n_particles = int(fitted["n_features_in_"]), fitted.get("n_particles_")
    n_particles = None if n_particles is None else int(n_particles)
    generator = torch.Generator()
    network = autoencoder.build(dim, generator)
    recipe = propagator_recipe(settings.propagator)
    propagator = recipe.build(autoencoder.n_latent, generator)
    if (n_particles is None) != (network.n_axes == 1):
        raise ValueError(f"n_particles_ is {n_particles} for this autoencoder")
    plain = _plain_shape(dim, n_particles)
    shape = tuple(int(n) for n in fitted.get("state_shape_", plain))
    if flat_shape(shape, network.n_axes)[-1] != dim:
        raise ValueError(f"state_shape_ is {shape} for {dim} components")
    _load(network, "network_", arrays)
    _load(propagator, "propagator_", arrays)
    coder = Coder(
        network,
        _scaling("scaling_", arrays, dim),
        _scaling("latent_scaling_", arrays, autoencoder.n_latent),
        shape,
        float(fitted["largest_size_"]) if "largest_size_" in fitted else None,
    )
    first, *others = (_losses(n, arrays) for n in range(fitted["n_stages"] + 1))
    histories = [history for history in others if history is not None]
    if len(histories) < len(others):
        raise ValueError("every stage of the propagator should have a history")
    floor = float(fitted["floor_"]) if "floor_" in fitted else None
    return LatentDynamics(coder, propagator, first, histories, floor)


def choice_to_arrays(stack: Stack, candidates: list[Candidate]) -> tuple[Arrays, Facts]:
    """What a search found: its models, their weights, and what was tried."""
    arrays, members = members_to_arrays(stack.members)
    arrays |= {f"stack_.{name}": getattr(stack, name) for name in _STACKED}
    tried = [
        {n: None if v != v else v for n, v in each._asdict().items()}
        for each in candidates
    ]
    facts = {"members": members, "reach": stack.reach, "candidates_": tried}
    return arrays, facts


def choice_from_arrays(arrays: Arrays, fitted: Facts) -> tuple[Stack, list[Candidate]]:
    """What :func:`choice_to_arrays` wrote down."""
    members = tuple(members_from_arrays(arrays, fitted["members"]))
    n_ahead, dim = len(arrays["stack_.weights"]), members[0].n_features_in_
    shapes = {"weights": (n_ahead, len(members)), "mean": (dim,), "scale": (dim,)}
    found = {n: checked_array(arrays, f"stack_.{n}", s) for n, s in shapes.items()}
    tried = []
    for each in fitted["candidates_"]:
        known: Any = {n: np.nan if v is None else v for n, v in each.items()}
        tried.append(Candidate(**known))
    return Stack(members, **found, reach=float(fitted["reach"])), tried


def _plain_shape(dim: int, n_particles: int | None) -> tuple[int, ...]:
    """Shape of a state that is a row of components, or a set of particles."""
    return (dim,) if n_particles is None else (n_particles, dim)


def _load(network: nn.Module, part: str, arrays: Arrays) -> None:
    names = network.state_dict()
    network.load_state_dict({n: torch.tensor(arrays[f"{part}.{n}"]) for n in names})


def _scaling(part: str, arrays: Arrays, dim: int) -> FieldScaling:
    names = f"{part}.mean", f"{part}.scale"
    return FieldScaling(*(checked_array(arrays, name, (dim,)) for name in names))


def _losses(stage: int, arrays: Arrays) -> LossHistory | None:
    known = f"history.{stage}.{_CURVES[0]}" in arrays
    return losses_from_arrays(arrays, f"history.{stage}.") if known else None
