"""From states to latent states and back, by the autoencoder of LED."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from msbook._validation import check_count, check_rng
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.random_states import check_random_state
from msbook.estimators.state_checks import check_states
from msbook.integrators.solver import Seed
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.autoencoders.particles import ParticleNetwork
from msbook.networks.layers.encoder_network import EncoderNetwork
from msbook.networks.propagators.recurrent import PropagatorNetwork

MOST_PARTICLES = 2**18  # scored at a time, or all parts of their laws fill the memory


class LEDCoding:
    """Mixin for :class:`msbook.LED`."""

    random_state: int | np.random.RandomState | None
    n_features_in_: int
    n_particles_: int | None
    network_: EncoderNetwork
    propagator_: PropagatorNetwork
    scaling_: FieldScaling
    latent_scaling_: FieldScaling

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Latent states of states: the encoder.

        Parameters
        ----------
        X : array_like, shape (..., dim) or (..., n_particles, dim)
            The number of particles may differ from that of :meth:`fit`.

        Returns
        -------
        ndarray, shape (..., n_latent)
            With mean zero and standard deviation one over the trajectories of
            :meth:`fit`.
        """
        return self.latent_scaling_.scaled(self._encode(self._scaled_states("X", X)))

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """States of latent states: the decoder.

        A decoder that gives a law is drawn from as :meth:`sample` does, by a generator
        that ``random_state`` fixes: the same draws at each call, if it is an integer.

        Parameters
        ----------
        X : array_like, shape (..., n_latent)

        Returns
        -------
        ndarray, shape (..., dim) or (..., n_particles, dim)
            As many particles as in :meth:`fit`.
        """
        latents = self._network_latents(X)
        if not isinstance(self.network_, AutoencoderNetwork):
            seed = check_random_state(self.random_state).randint(2**31 - 1)
            return self.sample(X, rng=seed)
        with torch.no_grad():
            scaled = self.network_.decode(torch.tensor(latents)).numpy()
        return self.scaling_.unscaled(scaled)

    def sample(
        self, X: ArrayLike, n_particles: int | None = None, rng: Seed = None
    ) -> NDArray[np.float64]:
        """Particles, drawn from the laws that latent states are decoded to.

        Parameters
        ----------
        X : array_like, shape (..., n_latent)
            Latent states.
        n_particles : int, optional
            How many to draw for each; by default as many as in :meth:`fit`.
        rng : int or numpy.random.Generator, optional
            Fixes the draws.

        Returns
        -------
        ndarray, shape (..., n_particles, dim)

        Raises
        ------
        ValueError
            If the decoder gives states and no laws, or the numbers do not fit.
        """
        latents, law = self._network_latents(X), self._law()
        n = self.n_particles_ if n_particles is None else n_particles
        n = check_count("n_particles", n)
        seed = int(check_rng(rng).integers(2**31))
        generator = torch.Generator().manual_seed(seed)
        z = torch.tensor(latents.reshape(-1, latents.shape[-1]))
        with torch.no_grad():
            scaled = law.sample(z, n, generator).numpy()
        particles = self.scaling_.unscaled(scaled)
        return particles.reshape(*latents.shape[:-1], n, self.n_features_in_)

    def log_likelihood(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""How likely particles are under the law decoded from their own code.

        .. math:: \frac1N \sum_{i=1}^{N} \ln p\bigl(x^i \mid \mathcal{E}(x)\bigr)

        Parameters
        ----------
        X : array_like, shape (..., n_particles, dim)

        Returns
        -------
        ndarray, shape (...)
            Mean logarithm of the density of a particle, for each state, in the units
            of the data.

        Raises
        ------
        ValueError
            If the decoder gives states and no laws, or the states do not fit.
        """
        states = self._scaled_states("X", X)
        law, codes = self._law(), self._encode(states)
        n_each = max(1, MOST_PARTICLES // states.shape[-2])
        x = torch.from_numpy(states.reshape(-1, *states.shape[-2:])).split(n_each)
        z = torch.from_numpy(codes.reshape(-1, codes.shape[-1])).split(n_each)
        with torch.no_grad():
            values = [law.log_prob(*p).mean(-1) for p in zip(x, z, strict=True)]
        in_units = torch.cat(values).numpy() - np.log(self.scaling_.scale).sum()
        return in_units.reshape(states.shape[:-2])

    def _scaled_states(self, name: str, X: ArrayLike) -> NDArray[np.float64]:
        """States as the fitted network sees them."""
        check_is_fitted(self, "propagator_")
        n_axes = self.network_.n_axes
        return self._scaled(name, check_states(name, X, self.n_features_in_, n_axes))

    def _scaled(self, name: str, states: NDArray) -> NDArray[np.float64]:
        scaled, box = self.scaling_.scaled(states), self.network_.box
        # A wall that was reached by arithmetic may be missed by its rounding.
        if box is not None and scaled.size and np.abs(scaled - 0.5).max() > 0.5 + 1e-9:
            raise ValueError(
                f"{name} must lie in the box of the autoencoder, {box.tolist()}; got "
                f"values from {states.min():g} to {states.max():g}. Give the "
                "autoencoder the box of the data."
            )
        return scaled

    def _encode(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        with torch.no_grad():
            return self.network_.encode(torch.from_numpy(scaled)).numpy()

    def _network_latents(self, X: ArrayLike) -> NDArray[np.float64]:
        """Latent states as the network has them, of scaled ones."""
        check_is_fitted(self, "propagator_")
        latents = check_states("X", X, self.propagator_.n_latent)
        return self.latent_scaling_.unscaled(latents)

    def _states_like(
        self, known: ArrayLike, latents: NDArray, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """Decoded states; of particles, as many as known states have."""
        if isinstance(self.network_, ParticleNetwork):
            return self.sample(latents, np.shape(known)[-2], rng)
        return self.inverse_transform(latents)

    def _law(self) -> ParticleNetwork:
        """The network, if its decoder gives laws."""
        if not isinstance(self.network_, ParticleNetwork):
            raise ValueError(
                "the decoder of this autoencoder gives one state and no law of it; "
                "use inverse_transform, or msbook.networks.ParticleAutoencoder."
            )
        return self.network_
