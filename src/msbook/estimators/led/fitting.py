"""How LED is fitted: its autoencoder with the scalings, then its propagator."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.coding import Coder, check_inside, encoded, sizes
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.labels import check_dt
from msbook.estimators.led.inputs.paths import Paths
from msbook.estimators.led.inputs.reading import fields_of, read_paths
from msbook.estimators.led.inputs.scaled import ScaledStates
from msbook.estimators.led.inputs.splitting import (
    longest_window,
    read_validation,
    training_and_validation,
)
from msbook.estimators.led.settings import (
    Plan,
    Settings,
    autoencoder_recipe,
    check_settings,
    plan_of,
    propagator_recipe,
)
from msbook.estimators.led.training import (
    penalty_on_latents,
    train_autoencoder,
    train_propagator,
    warn_if_overfitted,
)
from msbook.estimators.random_states import check_random_state
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.autoencoders.identity import IdentityNetwork
from msbook.networks.propagators.local import LocalMap
from msbook.networks.propagators.stencil import LinearStencil
from msbook.training.by_loss import LossHistory


class Start(NamedTuple):
    """What the training of a propagator starts from.

    Attributes
    ----------
    dynamics : LatentDynamics
        Whose propagator is new.
    latents : list of ndarray, each of shape (n_time, n_latent)
        What it is trained on.
    watched : list of ndarray, each of shape (n_time, n_latent)
        What chooses among its states.
    rng : numpy.random.Generator
        Draws the batches.
    plan : Plan
        Of the training.
    """

    dynamics: LatentDynamics
    latents: list[NDArray[np.float64]]
    watched: list[NDArray[np.float64]]
    rng: np.random.Generator
    plan: Plan


def fit_coder(settings: Settings, X: Any, validation: Any) -> Start:
    """Fit the autoencoder and its scalings; the propagator is to be trained."""
    check_settings(settings)
    recipe = propagator_recipe(settings.propagator)
    generator, rng = _sources(settings)
    check_dt("X", X, settings.dt)
    autoencoder = autoencoder_recipe(settings)
    paths = read_paths("X", X, getattr(autoencoder, "n_axes", 1))
    network = autoencoder.build(paths.dim, generator)
    if network.n_axes != paths.n_axes:
        raise ValueError(
            f"autoencoder must say n_axes = {network.n_axes}, the axes of a state in "
            f"its networks; got {autoencoder!r:.60}."
        )
    if settings.physics is not None and not isinstance(network, AutoencoderNetwork):
        raise ValueError("physics needs decoded states, not a law; use None.")
    training, watched, plan = _split(settings, paths, validation)
    of_grid = isinstance(recipe, LocalMap | LinearStencil)
    n_fields = fields_of(paths, settings.n_fields)
    if n_fields is None and of_grid and isinstance(network, IdentityNetwork):
        n_fields = recipe.n_fields(paths.dim)  # what holds at all points needs one unit
    scaling = (
        FieldScaling.of_portions(training, n_fields)
        if network.box is None
        else FieldScaling.of_box(network.box)
    )
    if network.box is not None:
        check_inside(training, scaling, network.box)
        check_inside(watched, scaling, network.box)
    states = ScaledStates(training, scaling)
    seen = ScaledStates(watched, scaling)
    history = train_autoencoder(
        network,
        states,
        seen,
        n_updates=settings.n_updates,
        batch_size=settings.batch_size,
        learning_rate=settings.learning_rate,
        device=settings.device,
        rng=rng,
    )
    # Losses of sets of particles are logarithms.
    if history is not None and isinstance(network, AutoencoderNetwork):
        warn_if_overfitted(history)
    codes, largest = [], 0.0
    for part in states:
        codes.append(encoded(network, part.numpy()))
        largest = max(largest, float(sizes(part.numpy()).max()))
    latents = np.concatenate(codes)
    n_latent = autoencoder.n_latent
    of_latents = recipe.n_fields(n_latent) if of_grid else None
    latent_scaling = FieldScaling.of(latents, of_latents)
    coder = Coder(network, scaling, latent_scaling, paths.shape, largest)
    propagator = recipe.build(n_latent, generator)
    dynamics = LatentDynamics(coder, propagator, history, [], coder.floor(watched))
    known = training.split(latent_scaling.scaled(latents))
    return Start(dynamics, known, coder.encode_paths(watched), rng, plan)


def check_has_parts(found: LatentDynamics) -> None:
    """Raise a ValueError for an LED whose parts no argument names."""
    if found.stack is not None:
        raise ValueError(
            "autoencoder must be given in fit for it to be kept; got an LED that has "
            "chosen its parts. Fit it with an autoencoder and a propagator."
        )


def keep_coder(
    settings: Settings, found: LatentDynamics, X: Any, validation: Any
) -> Start:
    """Leave the autoencoder as it is; a new propagator is to be trained."""
    check_settings(settings)
    check_has_parts(found)
    recipe = propagator_recipe(settings.propagator)
    generator, rng = _sources(settings)
    coder = found.coder
    check_dt("X", X, settings.dt)
    paths = read_paths("X", X, coder.network.n_axes)
    coder.check(paths)
    *both, plan = _split(settings, paths, validation)
    latents, followed = (coder.encode_paths(each) for each in both)
    propagator = recipe.build(len(coder.latent_scaling.mean), generator)
    dynamics = LatentDynamics(coder, propagator, found.history, [], found.floor)
    return Start(dynamics, latents, followed, rng, plan)


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
        rollouts=start.plan.rollouts,
        n_warm_up=start.plan.n_warm_up,
        batch_size=settings.n_windows,
        learning_rate=settings.learning_rate,
        physics=penalty,
        device=settings.device,
        rng=start.rng,
    )


def _split(
    settings: Settings, paths: Paths, validation: Any
) -> tuple[Paths, Paths, Plan]:
    """What a fit is trained on, what chooses, and the plan that fits both."""
    chosen = None if validation is None else read_validation(validation, paths)
    plan = plan_of(settings, longest_window(paths, chosen))
    both = training_and_validation(
        paths, chosen, n_warm_up=plan.n_warm_up, n_steps=plan.n_steps
    )
    return *both, plan


def _sources(settings: Settings) -> tuple[torch.Generator, np.random.Generator]:
    """Where initial parameters and batches are drawn from."""
    seed = check_random_state(settings.random_state).randint(2**31 - 1)
    return torch.Generator().manual_seed(seed), np.random.default_rng(seed)
