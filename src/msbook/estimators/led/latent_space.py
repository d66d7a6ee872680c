"""What a fitted LED does with latent states."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.estimators.led.forecasting import LatentState
from msbook.estimators.led.serialization import FittedDynamics
from msbook.integrators.solver import Seed


class LatentSpace(FittedDynamics):
    """A fitted autoencoder and propagator, asked for latents and states."""

    random_state: int | np.random.RandomState | None

    def transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """Latent states ``(..., n_latent)`` of states: the encoder.

        They have mean zero and standard deviation one over the trajectories of
        :meth:`fit`, from which the number of particles may differ.
        """
        return self._learned().coder.encode(X)

    def inverse_transform(self, X: ArrayLike) -> NDArray[np.float64]:
        """States of latent states ``(..., n_latent)``: the decoder.

        One that gives a law is drawn from as :meth:`sample` does by default, with
        ``random_state`` for ``rng``: the same draws at each call, if it is an integer.
        """
        return self._learned().coder.decode(X, self.random_state)

    def sample(
        self, X: ArrayLike, n_particles: int | None = None, rng: Seed = None
    ) -> NDArray[np.float64]:
        """Particles, drawn from the laws that latents ``(..., n_latent)`` decode to.

        By default ``n_particles`` of each is as in :meth:`fit`; ``rng``, a seed or a
        numpy.random.Generator, fixes the draws.
        """
        return self._learned().coder.sample(X, n_particles, rng)

    def log_likelihood(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""How likely particles are under the law decoded from their own code.

        .. math:: \frac1N \sum_{i=1}^{N} \ln p\bigl(x^i \mid \mathcal{E}(x)\bigr)

        The mean logarithm of a particle's density for each state, in the data's units.
        """
        return self._learned().coder.log_likelihood(X)

    def warm_up(self, X: ArrayLike) -> LatentState:
        """Where a forecast stands after known states, as :meth:`forecast` has them."""
        return self._learned().warm_up(X)

    def propagate(
        self, state: LatentState, n_steps: int
    ) -> tuple[NDArray[np.float64], LatentState]:
        """Latents ``(n_traj, n_steps, n_latent)``, and where the forecast then stands.

        The first is that of ``state``, which is from :meth:`warm_up` or from here.
        """
        return self._learned().propagate(state, n_steps)

    def forecast_latent(self, X: ArrayLike, n_steps: int) -> NDArray[np.float64]:
        """Latents ``(n_traj, n_steps, n_latent)`` that follow known states."""
        return self.propagate(self.warm_up(X), n_steps)[0]
