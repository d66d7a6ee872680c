"""Learned effective dynamics: an autoencoder, and a propagator of what it finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, TransformerMixin
from torch import Tensor

from msbook._registry import serializable
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.learning import LEDLearning
from msbook.estimators.led.serialization import LEDKeeping
from msbook.estimators.led.speed_up import LEDSpeedUp
from msbook.estimators.led.training import train_autoencoder, training_and_validation
from msbook.estimators.state_checks import check_states
from msbook.networks.autoencoders.dense import (
    Autoencoder,
    AutoencoderNetwork,
    DenseAutoencoder,
)
from msbook.networks.layers.encoder_network import EncoderNetwork
from msbook.networks.propagators.recurrent import Propagator, PropagatorNetwork
from msbook.training.by_loss import LossHistory

AUTOENCODER = DenseAutoencoder()  # frozen, so that all may share it


@serializable
class LED(LEDLearning, LEDSpeedUp, LEDKeeping, TransformerMixin, BaseEstimator):
    r"""Learned effective dynamics.

    .. math:: z_t = \mathcal{E}(x_t), \qquad
              (\tilde z_{t+\Delta t}, h_t) = \mathcal{H}(z_t, h_{t-\Delta t}), \qquad
              \tilde x_t = \mathcal{D}(\tilde z_t)

    An autoencoder finds a few latent variables of a large state, and a propagator with
    memory forecasts them. A forecast is warmed up on a stretch of known states and then
    runs on its own latents; it decodes only what is asked for, and it may hand over to
    the solver now and then, and back.

    States are fields or, with :class:`msbook.networks.ParticleAutoencoder`, sets of
    particles: then a law is decoded, and states are draws from it.

    Parameters
    ----------
    autoencoder : msbook.networks.Autoencoder
        How the latents are found, such as
        ``msbook.networks.DenseAutoencoder(n_latent=8)``.
    propagator : {"gru", "lstm", "mlp"} or msbook.networks.Propagator
        How they are forecast, by name or, such as ``msbook.networks.GRU(100)``, with
        its sizes.
    n_fields : int, optional
        Number of fields that lie side by side in the state, each of which has one mean
        and one scale; by default every component has its own. Particles have a box
        instead.
    dt : float
        Time between the states of a trajectory.
    n_updates : int
        Updates of the autoencoder.
    rollouts : sequence of (int, int)
        Stages of the propagator's training: steps of free forecast, and updates.
    batch_size, n_windows : int
        States an update of the autoencoder sees, and windows one of the propagator.
    learning_rate : float
        Step size of Adam at its peak.
    physics : callable, optional
        A penalty on forecasts: takes a Tensor of decoded states
        ``(n, n_time, dim)``, in the data's units, to a Tensor of one number. It is
        asked on stretches of forecasts that have run on beyond the data. Not for
        particles.
    random_state : int, RandomState or None
        Fixes the initial parameters and the batches.
    device : str
        Where the networks are trained; they are evaluated on the processor.

    Attributes
    ----------
    network_ : msbook.networks.EncoderNetwork
        Of scaled states.
    propagator_ : msbook.networks.PropagatorNetwork
        Of scaled latents.
    scaling_, latent_scaling_ : FieldScaling
        What scales them.
    history_ : msbook.training.by_loss.LossHistory or None
        Losses of the autoencoder.
    propagator_histories_ : list of msbook.training.by_loss.LossHistory
        Losses of the propagator, stage by stage.
    n_features_in_ : int
        Number of components seen in :meth:`fit`.
    n_particles_ : int or None
        Number of particles seen in :meth:`fit`.

    Examples
    --------
    A travelling wave, which has two latent variables:

    >>> import numpy as np
    >>> import msbook as ms
    >>> t, x = np.arange(200)[:, None] * 0.1, np.linspace(0, 2 * np.pi, 32)
    >>> wave = np.sin(x - t)[None]
    >>> led = ms.LED(
    ...     ms.networks.DenseAutoencoder(2, hidden=(16,)), "mlp", n_fields=1,
    ...     n_updates=300, rollouts=((20, 400),), random_state=0,
    ... ).fit(wave)
    >>> forecast = led.forecast(wave[:, :20], n_steps=100)
    >>> bool(np.abs(forecast - wave[:, 20:120]).max() < 0.2)
    True

    References
    ----------
    Vlachas, Arampatzis, Uhler & Koumoutsakos (2020), section 2. Training on free
    forecasts of growing length, and increments, are ours.
    """

    scaling_: FieldScaling
    latent_scaling_: FieldScaling
    network_: EncoderNetwork
    propagator_: PropagatorNetwork
    history_: LossHistory | None
    propagator_histories_: list[LossHistory]

    def __init__(
        self,
        autoencoder: Autoencoder = AUTOENCODER,
        propagator: str | Propagator = "gru",
        *,
        n_fields: int | None = None,
        dt: float = 1.0,
        n_updates: int = 3000,
        rollouts: Sequence[tuple[int, int]] = ((2, 1000), (10, 1000), (60, 2000)),
        batch_size: int = 256,
        n_windows: int = 64,
        learning_rate: float = 3e-3,
        physics: Callable[[Tensor], Tensor] | None = None,
        random_state: int | np.random.RandomState | None = None,
        device: str = "cpu",
    ) -> None:
        self.autoencoder = autoencoder
        self.propagator = propagator
        self.n_fields = n_fields
        self.dt = dt
        self.n_updates = n_updates
        self.rollouts = rollouts
        self.batch_size = batch_size
        self.n_windows = n_windows
        self.learning_rate = learning_rate
        self.physics = physics
        self.random_state = random_state
        self.device = device

    def fit(
        self, X: ArrayLike, y: None = None, *, validation: ArrayLike | None = None
    ) -> Self:
        """Find latents of trajectories and learn to forecast them.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_time, dim)
            Trajectories on one time grid; for a system with symmetries, their images
            too. Sets of particles have an axis more, ``n_particles``, before the last.
        y : None
            There for scikit-learn.
        validation : array_like, shape like that of ``X``, optional
            Trajectories that choose the networks and are not trained on; by default
            the last fifth of each of ``X``.

        Returns
        -------
        LED

        Raises
        ------
        ValueError
            If the trajectories do not fit, or a parameter is out of range.
        msbook.training.TrainingError
            When a loss is not finite.
        """
        self._check_parameters()
        recipe = self._propagator_recipe()
        generator, rng = self._sources()
        states = check_states("X", X)
        network = self.autoencoder.build(states.shape[-1], generator)
        if self.physics is not None and not isinstance(network, AutoencoderNetwork):
            raise ValueError("physics needs decoded states, not a law; use None.")
        trajectories, watched = training_and_validation(
            states,
            validation,
            n_axes=network.n_axes,
            n_warm_up=recipe.n_warm_up,
            rollouts=self.rollouts,
        )
        shape = trajectories.shape[2:]
        self.n_features_in_ = shape[-1]
        self.n_particles_ = shape[0] if len(shape) == 2 else None
        self.network_ = network
        self.scaling_ = (
            FieldScaling.of(trajectories, self.n_fields)
            if network.box is None
            else FieldScaling.of_box(network.box)
        )
        scaled = self._scaled("X", trajectories)
        seen = self._scaled("validation", watched)
        self.history_ = train_autoencoder(
            network,
            scaled.reshape(-1, *shape),
            seen.reshape(-1, *shape),
            n_updates=self.n_updates,
            batch_size=self.batch_size,
            learning_rate=self.learning_rate,
            device=self.device,
            rng=rng,
        )
        latents, followed = map(self._encode, (scaled, seen))
        self.latent_scaling_ = FieldScaling.of(latents)
        return self._learn_to_forecast(
            recipe,
            self.latent_scaling_.scaled(latents),
            self.latent_scaling_.scaled(followed),
            generator=generator,
            rng=rng,
        )
