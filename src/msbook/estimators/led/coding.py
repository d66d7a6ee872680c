"""From states to latent states and back, by the autoencoder of LED."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_rng
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.random_states import check_random_state
from msbook.estimators.state_checks import check_states
from msbook.integrators.solver import Seed
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.autoencoders.particles import ParticleNetwork
from msbook.networks.layers.encoder_network import EncoderNetwork

MOST_PARTICLES = 2**18  # scored at a time, or all parts of their laws fill the memory


@dataclass(frozen=True)
class Coder:
    """A fitted autoencoder between two scalings; :class:`msbook.LED` explains it.

    Attributes
    ----------
    network : EncoderNetwork
        Of scaled states.
    scaling, latent_scaling : FieldScaling
        Of states, and of what the network makes of them.
    n_particles : int or None
        Particles of a decoded state, where it is a set of them.
    """

    network: EncoderNetwork
    scaling: FieldScaling
    latent_scaling: FieldScaling
    n_particles: int | None

    @property
    def dim(self) -> int:
        """Components of a state or, in a set, of a particle."""
        return len(self.scaling.mean)

    def encode(self, X: ArrayLike) -> NDArray[np.float64]:
        """Latent states ``(..., n_latent)`` of states."""
        return self.latent_scaling.scaled(encoded(self.network, self._scaled(X)))

    def decode(
        self, X: ArrayLike, random_state: int | np.random.RandomState | None = None
    ) -> NDArray[np.float64]:
        """States of latent states; drawn as ``random_state`` says, if from a law."""
        latents = self._unscaled(X)
        if not isinstance(self.network, AutoencoderNetwork):
            seed = check_random_state(random_state).randint(2**31 - 1)
            return self.sample(X, rng=seed)
        with torch.no_grad():
            scaled = self.network.decode(torch.tensor(latents)).numpy()
        return self.scaling.unscaled(scaled)

    def decode_like(
        self, known: ArrayLike, latents: NDArray[Any], rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Decoded states; of particles, as many as known states have."""
        if isinstance(self.network, ParticleNetwork):
            return self.sample(latents, np.shape(known)[-2], rng)
        return self.decode(latents)

    def sample(
        self, X: ArrayLike, n_particles: int | None = None, rng: Seed = None
    ) -> NDArray[np.float64]:
        """Particles ``(..., n_particles, dim)``, drawn from the laws of latents."""
        latents, law = self._unscaled(X), self._law()
        n = self.n_particles if n_particles is None else n_particles
        n = check_count("n_particles", n)
        seed = int(check_rng(rng).integers(2**31))
        generator = torch.Generator().manual_seed(seed)
        z = torch.tensor(latents.reshape(-1, latents.shape[-1]))
        with torch.no_grad():
            scaled = law.sample(z, n, generator).numpy()
        particles = self.scaling.unscaled(scaled)
        return particles.reshape(*latents.shape[:-1], n, self.dim)

    def log_likelihood(self, X: ArrayLike) -> NDArray[np.float64]:
        """Mean logarithms of the densities of particles under the law of their code."""
        states = self._scaled(X)
        law, codes = self._law(), encoded(self.network, states)
        n_each = max(1, MOST_PARTICLES // states.shape[-2])
        x = torch.from_numpy(states.reshape(-1, *states.shape[-2:])).split(n_each)
        z = torch.from_numpy(codes.reshape(-1, codes.shape[-1])).split(n_each)
        with torch.no_grad():
            values = [law.log_prob(*p).mean(-1) for p in zip(x, z, strict=True)]
        in_units = torch.cat(values).numpy() - np.log(self.scaling.scale).sum()
        return in_units.reshape(states.shape[:-2])

    def _scaled(self, X: ArrayLike) -> NDArray[np.float64]:
        """States as the network sees them."""
        states = check_states("X", X, self.dim, self.network.n_axes)
        return scaled_states("X", states, self.scaling, self.network)

    def _unscaled(self, X: ArrayLike) -> NDArray[np.float64]:
        """Latent states as the network has them, of scaled ones."""
        latents = check_states("X", X, len(self.latent_scaling.mean))
        return self.latent_scaling.unscaled(latents)

    def _law(self) -> ParticleNetwork:
        """The network, if its decoder gives laws."""
        if not isinstance(self.network, ParticleNetwork):
            raise ValueError(
                "the decoder of this autoencoder gives one state and no law of it; "
                "use inverse_transform, or msbook.networks.ParticleAutoencoder."
            )
        return self.network


def scaled_states(
    name: str, states: NDArray[Any], scaling: FieldScaling, network: EncoderNetwork
) -> NDArray[np.float64]:
    """States ``(..., dim)`` as a network sees them; those outside its box are none."""
    scaled, box = scaling.scaled(states), network.box
    # A wall that was reached by arithmetic may be missed by its rounding.
    if box is not None and scaled.size and np.abs(scaled - 0.5).max() > 0.5 + 1e-9:
        raise ValueError(
            f"{name} must lie in the box of the autoencoder, {box.tolist()}; got "
            f"values from {states.min():g} to {states.max():g}. Give the "
            "autoencoder the box of the data."
        )
    return scaled


def encoded(
    network: EncoderNetwork, scaled: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a network makes of scaled states, shape ``(..., n_latent)``."""
    with torch.no_grad():
        return network.encode(torch.from_numpy(scaled)).numpy()
