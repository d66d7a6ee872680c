"""How LED hands itself to a file, and comes back."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import fields
from typing import Any, Self

import torch
from numpy.typing import NDArray
from sklearn.utils.validation import check_is_fitted

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.network_serialization import kept_losses
from msbook.networks.autoencoders.dense import Autoencoder
from msbook.networks.layers.encoder_network import EncoderNetwork
from msbook.networks.propagators.recurrent import Propagator, PropagatorNetwork
from msbook.serialization.numbers import kept_array
from msbook.training.by_loss import LossHistory

_CURVES = tuple(field.name for field in fields(LossHistory))
_NETWORKS = ("network_", "propagator_")
_SCALINGS = ("scaling_", "latent_scaling_")


class LEDKeeping(ABC):
    """Mixin for :class:`msbook.LED`; see :mod:`msbook.io`."""

    autoencoder: Autoencoder
    n_features_in_: int
    n_particles_: int | None
    network_: EncoderNetwork
    propagator_: PropagatorNetwork
    history_: LossHistory | None
    propagator_histories_: list[LossHistory]

    @abstractmethod
    def _propagator_recipe(self) -> Propagator:
        """What builds the propagator."""

    @abstractmethod
    def _check_parameters(self) -> None:
        """Raise a ValueError if a parameter is out of range."""

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "propagator_")
        arrays: dict[str, NDArray] = {}
        for part in _NETWORKS:
            weights = getattr(self, part).state_dict()
            arrays |= {f"{part}.{name}": w.numpy() for name, w in weights.items()}
        for part in _SCALINGS:
            scaling = getattr(self, part)
            arrays |= {f"{part}.mean": scaling.mean, f"{part}.scale": scaling.scale}
        for stage, history in enumerate([self.history_, *self.propagator_histories_]):
            if history is not None:
                found = {name: getattr(history, name) for name in _CURVES}
                arrays |= {f"history.{stage}.{name}": v for name, v in found.items()}
        return arrays, {
            "n_features_in_": self.n_features_in_,
            "n_particles_": self.n_particles_,
            "n_stages": len(self.propagator_histories_),
        }

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self._check_parameters()
        self.n_features_in_ = int(fitted["n_features_in_"])
        n_particles = fitted.get("n_particles_")
        self.n_particles_ = None if n_particles is None else int(n_particles)
        generator = torch.Generator()
        self.network_ = self.autoencoder.build(self.n_features_in_, generator)
        self.propagator_ = self._propagator_recipe().build(
            self.autoencoder.n_latent, generator
        )
        if (self.n_particles_ is None) != (self.network_.n_axes == 1):
            raise ValueError(f"n_particles_ is {n_particles} for this autoencoder")
        for part in _NETWORKS:
            network = getattr(self, part)
            network.load_state_dict(
                {n: torch.tensor(arrays[f"{part}.{n}"]) for n in network.state_dict()}
            )
        dims = self.n_features_in_, self.autoencoder.n_latent
        for part, dim in zip(_SCALINGS, dims, strict=True):
            names = f"{part}.mean", f"{part}.scale"
            values = (kept_array(arrays, name, (dim,)) for name in names)
            setattr(self, part, FieldScaling(*values))
        histories = [
            kept_losses(arrays, f"history.{stage}.")
            if f"history.{stage}.{_CURVES[0]}" in arrays
            else None
            for stage in range(fitted["n_stages"] + 1)
        ]
        self.history_ = histories[0]
        if None in histories[1:]:
            raise ValueError("every stage of the propagator should have a history")
        self.propagator_histories_ = [h for h in histories[1:] if h is not None]
        return self
