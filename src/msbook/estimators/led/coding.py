"""From states to latent states and back, by the autoencoder of LED."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_rng, finite_array
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.inputs.paths import Paths
from msbook.estimators.led.inputs.states import portions_of, read_states
from msbook.estimators.random_states import check_random_state
from msbook.estimators.state_checks import check_states
from msbook.integrators.solver import Seed
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.autoencoders.particles import ParticleNetwork
from msbook.networks.layers.encoder_network import EncoderNetwork

FAR = 3.0  # times the largest state in training, from which forecasts warn
ROWS = 512  # states reconstructed at a time
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
    shape : tuple of int
        That of a state as the reader has it.
    largest : float or None
        The largest size of a state in training, see :meth:`sizes`, where known.
    """

    network: EncoderNetwork
    scaling: FieldScaling
    latent_scaling: FieldScaling
    shape: tuple[int, ...]
    largest: float | None = None

    @property
    def dim(self) -> int:
        """Components of a state or, in a set, of a particle."""
        return len(self.scaling.mean)

    @property
    def n_particles(self) -> int | None:
        """Particles of a decoded state, where it is a set of them."""
        return self.shape[0] if self.network.n_axes == 2 else None

    def encode(self, X: Any) -> NDArray[np.float64]:
        """Latent states ``(..., n_latent)`` of states as the reader has them."""
        states = self._read(X)
        parts = [self.encode_flat(part) for part in self._portions(states)]
        latents = np.concatenate(parts)
        leading = states.shape[: states.ndim - len(self.shape)]
        return latents.reshape(*leading, latents.shape[-1])

    def encode_flat(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Latent states of finite states as networks take them."""
        return self.latent_scaling.scaled(encoded(self.network, self._scaled(states)))

    def encode_paths(self, paths: Paths) -> list[NDArray[np.float64]]:
        """Latent states ``(n_time, n_latent)`` of each piece, by portions."""
        return paths.split(np.concatenate([self.encode_flat(part) for part in paths]))

    def floor(self, watched: Paths) -> float | None:
        r"""Relative error of reconstructed states, for an autoencoder that gives some.

        .. math:: \lVert x - \mathcal{D}(\mathcal{E}(x)) \rVert
                  / \lVert x - \bar x \rVert

        over states that it was not trained on, where every field counts alike.
        """
        if not isinstance(self.network, AutoencoderNetwork):
            return None
        scaled = torch.from_numpy(self._scaled(watched.some()))
        wrong = usual = 0.0
        with torch.no_grad():
            for part in scaled.split(ROWS):
                wrong += float((self.network(part) - part).square().sum())
                usual += float(part.square().sum())
        return (wrong / usual) ** 0.5 if usual else 0.0

    def check(self, paths: Paths) -> None:
        """Raise a ValueError if a state is not as those that were fitted."""
        other = self.network.n_axes == 1 and paths.shape != self.shape
        if paths.dim != self.dim or len(paths.shape) != len(self.shape) or other:
            raise ValueError(
                f"{paths.name} must have states of shape {self.shape}, with "
                f"{self.dim} components, as in fit; got states of shape {paths.shape}."
            )

    def decode(
        self, X: ArrayLike, random_state: int | np.random.RandomState | None = None
    ) -> NDArray[np.float64]:
        """States of latent states; drawn as ``random_state`` says, if from a law."""
        latents = self._unscaled(X)
        if not isinstance(self.network, AutoencoderNetwork):
            seed = check_random_state(random_state).randint(2**31 - 1)
            return self.sample(X, rng=seed)
        return self.as_given(self._decoded(self.network, latents))

    def decode_flat(self, latents: NDArray[np.float64]) -> NDArray[np.float64]:
        """States as networks take them, of an autoencoder that gives no laws."""
        network = cast("AutoencoderNetwork", self.network)
        return self._decoded(network, self.latent_scaling.unscaled(latents))

    def _decoded(
        self, network: AutoencoderNetwork, unscaled: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        with torch.no_grad():
            return self.scaling.unscaled(network.decode(torch.tensor(unscaled)).numpy())

    def warn_far_outside(self, known: NDArray[np.float64]) -> None:
        """Warn where states are far outside of all that was trained on.

        No network knows anything there. New states of the law of the data exceed the
        largest of many by a little, and hardly ever by a factor of three.
        """
        if not self.largest or self.network.n_axes == 2:
            return  # sets of particles lie in a box, or are refused
        factors = sizes(self.scaling.scaled(known)).max(axis=1) / self.largest
        far = np.flatnonzero(factors > FAR)
        if len(far):
            warnings.warn(
                f"X is far outside of what was trained on: {len(far)} of "
                f"{len(factors)} trajectories, the first of them {far[0]}, have states "
                f"up to {factors.max():.3g} times as far from the mean, in standard "
                "deviations, as any state in training. Forecasts stand on nothing "
                "there: train on such states too, or look for another unit.",
                UserWarning,
                stacklevel=4,
            )

    def as_given(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """States as the reader has them, of those that networks take."""
        if self.network.n_axes == 2:
            return states
        return states.reshape(*states.shape[:-1], *self.shape)

    def decode_like(
        self,
        known: NDArray[np.float64],
        latents: NDArray[Any],
        rng: np.random.Generator,
    ) -> NDArray[np.float64]:
        """Decoded states like known ones, both as networks take them."""
        if isinstance(self.network, ParticleNetwork):
            return self.sample(latents, known.shape[-2], rng)
        states = self.decode(latents)
        return states.reshape(*states.shape[: -len(self.shape)], self.dim)

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
        law, given = self._law(), finite_array("X", self._read(X))
        states = self._scaled(given)
        codes = encoded(self.network, states)
        n_each = max(1, MOST_PARTICLES // states.shape[-2])
        x = torch.from_numpy(states.reshape(-1, *states.shape[-2:])).split(n_each)
        z = torch.from_numpy(codes.reshape(-1, codes.shape[-1])).split(n_each)
        with torch.no_grad():
            values = [law.log_prob(*p).mean(-1) for p in zip(x, z, strict=True)]
        in_units = torch.cat(values).numpy() - np.log(self.scaling.scale).sum()
        return in_units.reshape(states.shape[:-2])

    def _read(self, X: Any) -> NDArray[Any]:
        """States of the right shape, of any real type."""
        return read_states("X", X, self.shape, self.network.n_axes)

    def _portions(self, states: NDArray[Any]) -> Iterator[NDArray[np.float64]]:
        return portions_of("X", states, self.network.n_axes, len(self.shape))

    def _scaled(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """States as the network sees them."""
        scaled = self.scaling.scaled(states)
        if self.network.box is not None and scaled.size:
            check_in_box("X", scaled, states, self.network.box)
        return scaled

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


def sizes(scaled: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean squares of scaled states ``(..., dim)``."""
    return np.sqrt(np.mean(scaled**2, axis=-1))


def check_inside(paths: Paths, scaling: FieldScaling, box: NDArray[Any]) -> None:
    """Raise a ValueError if states lie outside the box of a network."""
    for states in paths:
        check_in_box(paths.name, scaling.scaled(states), states, box)


def check_in_box(
    name: str, scaled: NDArray[Any], states: NDArray[Any], box: NDArray[Any]
) -> None:
    """The same of some states, whose box goes to [0, 1]."""
    # A wall that was reached by arithmetic may be missed by its rounding.
    if np.abs(scaled - 0.5).max() > 0.5 + 1e-9:
        raise ValueError(
            f"{name} must lie in the box of the autoencoder, {box.tolist()}; got "
            f"values from {states.min():g} to {states.max():g}. Give the "
            "autoencoder the box of the data."
        )


def encoded(
    network: EncoderNetwork, scaled: NDArray[np.float64]
) -> NDArray[np.float64]:
    """What a network makes of scaled states, shape ``(..., n_latent)``."""
    with torch.no_grad():
        return network.encode(torch.from_numpy(scaled)).numpy()
