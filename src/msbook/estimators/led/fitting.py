"""How LED is fitted: its autoencoder with the scalings, then its propagator."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.coding import Coder, encoded, scaled_states
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.settings import Settings, check_settings, propagator_recipe
from msbook.estimators.led.training import (
    penalty_on_latents,
    train_autoencoder,
    train_propagator,
    training_and_validation,
    warn_if_overfitted,
)
from msbook.estimators.random_states import check_random_state
from msbook.estimators.state_checks import check_states
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.training.by_loss import LossHistory


class Start(NamedTuple):
    """What the training of a propagator starts from.

    Attributes
    ----------
    dynamics : LatentDynamics
        Whose propagator is new.
    latents : ndarray, shape (n_traj, n_time, n_latent)
        What it is trained on.
    watched : ndarray, shape (n_traj, n_time, n_latent)
        What chooses among its states.
    rng : numpy.random.Generator
        Draws the batches.
    """

    dynamics: LatentDynamics
    latents: NDArray[np.float64]
    watched: NDArray[np.float64]
    rng: np.random.Generator


def fit_coder(settings: Settings, X: ArrayLike, validation: ArrayLike | None) -> Start:
    """Fit the autoencoder and its scalings; the propagator is to be trained."""
    check_settings(settings)
    recipe = propagator_recipe(settings.propagator)
    generator, rng = _sources(settings)
    states = check_states("X", X)
    network = settings.autoencoder.build(states.shape[-1], generator)
    if settings.physics is not None and not isinstance(network, AutoencoderNetwork):
        raise ValueError("physics needs decoded states, not a law; use None.")
    trajectories, watched = training_and_validation(
        states,
        validation,
        n_axes=network.n_axes,
        n_warm_up=recipe.n_warm_up,
        rollouts=settings.rollouts,
    )
    shape = trajectories.shape[2:]
    scaling = (
        FieldScaling.of(trajectories, settings.n_fields)
        if network.box is None
        else FieldScaling.of_box(network.box)
    )
    scaled = scaled_states("X", trajectories, scaling, network)
    seen = scaled_states("validation", watched, scaling, network)
    history = train_autoencoder(
        network,
        scaled.reshape(-1, *shape),
        seen.reshape(-1, *shape),
        n_updates=settings.n_updates,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        device=settings.device,
        rng=rng,
    )
    # Losses of sets of particles are logarithms.
    if history is not None and isinstance(network, AutoencoderNetwork):
        warn_if_overfitted(history)
    latents, followed = encoded(network, scaled), encoded(network, seen)
    latent_scaling = FieldScaling.of(latents)
    n_particles = shape[0] if len(shape) == 2 else None
    coder = Coder(network, scaling, latent_scaling, n_particles)
    propagator = recipe.build(settings.autoencoder.n_latent, generator)
    dynamics = LatentDynamics(coder, propagator, history, [])
    known = latent_scaling.scaled(latents)
    return Start(dynamics, known, latent_scaling.scaled(followed), rng)


def keep_coder(
    settings: Settings,
    found: LatentDynamics,
    X: ArrayLike,
    validation: ArrayLike | None,
) -> Start:
    """Leave the autoencoder as it is; a new propagator is to be trained."""
    check_settings(settings)
    recipe = propagator_recipe(settings.propagator)
    generator, rng = _sources(settings)
    coder, n_axes = found.coder, found.coder.network.n_axes
    trajectories, watched = training_and_validation(
        check_states("X", X, coder.dim, n_axes),
        validation,
        n_axes=n_axes,
        n_warm_up=recipe.n_warm_up,
        rollouts=settings.rollouts,
    )
    latents, followed = coder.encode(trajectories), coder.encode(watched)
    propagator = recipe.build(settings.autoencoder.n_latent, generator)
    dynamics = LatentDynamics(coder, propagator, found.history, [])
    return Start(dynamics, latents, followed, rng)


def fit_propagator(settings: Settings, start: Start) -> list[LossHistory]:
    """Train the new propagator; its losses, stage by stage."""
    coder, penalty = start.dynamics.coder, None
    if settings.physics is not None and isinstance(coder.network, AutoencoderNetwork):
        penalty = penalty_on_latents(
            settings.physics,
            coder.network,
            coder.scaling,
            coder.latent_scaling,
            settings.device,
        )
    return train_propagator(
        start.dynamics.propagator,
        start.latents,
        start.watched,
        rollouts=settings.rollouts,
        n_warm_up=propagator_recipe(settings.propagator).n_warm_up,
        batch_size=settings.n_windows,
        learning_rate=settings.learning_rate,
        physics=penalty,
        device=settings.device,
        rng=start.rng,
    )


def _sources(settings: Settings) -> tuple[torch.Generator, np.random.Generator]:
    """Where initial parameters and batches are drawn from."""
    seed = check_random_state(settings.random_state).randint(2**31 - 1)
    return torch.Generator().manual_seed(seed), np.random.default_rng(seed)
