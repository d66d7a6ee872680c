"""How the two halves of LED are trained: the autoencoder, then the propagator."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.free_forecasts import FreeForecasts
from msbook.estimators.state_checks import check_trajectories
from msbook.networks.autoencoders.dense import (
    AutoencoderNetwork,
    mean_square,
)
from msbook.networks.layers.encoder_network import EncoderNetwork
from msbook.networks.propagators.networks import PropagatorNetwork
from msbook.networks.propagators.rollouts import rollout
from msbook.training.by_loss import LossHistory, minimise

OVERFITTED = 5.0  # times the loss on the training states
FLOOR = 0.01  # of the variance, a tenth of the states' spread
MOST_WINDOWS = 20_000  # more of them overlap so much that they tell nothing new


def training_and_validation(
    X: NDArray[np.float64],
    validation: ArrayLike | None,
    *,
    n_axes: int,
    n_warm_up: int,
    rollouts: Sequence[tuple[int, int]],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Trajectories to train on, and those that choose the networks."""
    trajectories = check_trajectories("X", X, n_axes=n_axes)
    if validation is None:
        cut = trajectories.shape[1] * 4 // 5
        trajectories, watched = trajectories[:, :cut], trajectories[:, cut:]
    else:
        dim = trajectories.shape[-1]
        watched = check_trajectories("validation", validation, dim, n_axes)
    if not np.ptp(trajectories, axis=1).any():
        raise ValueError(
            "X must change with the time, or there is no dynamics to learn; got "
            f"{len(trajectories)} trajectories of {trajectories.shape[1]} equal states "
            "each. Look whether time is the second axis."
        )
    longest = n_warm_up + max(n_steps for n_steps, _ in rollouts)
    shortest = min(trajectories.shape[1], watched.shape[1])
    if shortest < longest:
        most = shortest - n_warm_up
        advice = (
            f"Forecast {most} steps or fewer in every stage of rollouts, or give "
            "longer trajectories."
            if most > 0
            else f"Not even the warm-up of {n_warm_up} fits: give longer trajectories."
        )
        raise ValueError(
            f"X is too short: the longest window has {longest} states, {n_warm_up} of "
            f"warm-up and the forecast; got {trajectories.shape[1]} states a "
            f"trajectory for training and {watched.shape[1]} for validation, by "
            f"default the last fifth. {advice}"
        )
    return trajectories, watched


def train_autoencoder(
    network: EncoderNetwork,
    states: NDArray[np.float64],
    watched: NDArray[np.float64],
    *,
    n_updates: int,
    batch_size: int,
    learning_rate: float,
    device: str,
    rng: np.random.Generator,
) -> LossHistory | None:
    """Train on scaled states ``(n, ...)``; None for one that is found at once."""
    if network.fit(torch.tensor(states)):
        return None
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    network.to(device, torch.float32)
    history = minimise(
        network,
        lambda x: network.loss(x, generator),
        (states,),
        validation=(watched,),
        n_updates=n_updates,
        batch_size=batch_size,
        learning_rate=learning_rate,
        rng=rng,
        judge=network.error,
        parts={"noise": generator},
        stage="autoencoder",
    )
    network.to("cpu").to(torch.float64)
    return history


def warn_if_overfitted(history: LossHistory) -> None:
    """Say so if an autoencoder knows the states that it was trained on by heart.

    Its errors are mean squares in units of the variance. A quotient alone says little:
    of errors that are both tiny, as deterministic states of few degrees of freedom
    have them, nothing is lost by the larger one.
    """
    trained, watched = history.train_loss[history.best], history.best_loss
    if watched > FLOOR and watched > OVERFITTED * trained:
        warnings.warn(
            f"the autoencoder has an error of {watched:.2g} on the validation states, "
            f"and of {trained:.2g} on those that it was trained on, in units of the "
            "variance: it knows these by heart. Give more trajectories, a smaller "
            "autoencoder or one of principal components, or, if the last fifth of each "
            "trajectory is unlike the rest, trajectories for validation. "
            "msbook.plotting.training_curve shows the losses.",
            UserWarning,
            stacklevel=4,
        )


def train_propagator(
    network: PropagatorNetwork,
    latents: NDArray[np.float64],
    watched: NDArray[np.float64],
    *,
    rollouts: Sequence[tuple[int, int]],
    n_warm_up: int,
    batch_size: int,
    learning_rate: float,
    physics: Callable[[Tensor], Tensor] | None,
    device: str,
    rng: np.random.Generator,
) -> list[LossHistory]:
    r"""Train on latent trajectories ``(n_traj, n_time, n_latent)``, stage by stage.

    In a stage of :math:`k` steps a window of known states is followed by :math:`k`
    steps of free forecast, and the loss is the mean squared error in both, in the size
    of an increment; the first half of the known states only fills the memory.

    Parameters
    ----------
    rollouts : sequence of (int, int)
        Steps of free forecast and updates of each stage.
    physics : callable, optional
        A penalty on stretches of latent forecasts ``(n, n_time, n_latent)``, which is
        asked along :class:`~msbook.estimators.led.free_forecasts.FreeForecasts`.
    """
    scale = float(np.sqrt(np.mean(np.diff(latents, axis=1) ** 2)))
    with torch.no_grad():
        network.increment_scale.fill_(scale)
    network.to(device, torch.float32)
    ahead = None
    if physics is not None:
        starts = windows_of(latents, n_warm_up)
        ahead = FreeForecasts(physics, network, starts, batch_size, rng.spawn(1)[0])
    histories = []
    for n_steps, n_updates in rollouts:

        def errors(known_and_true: Tensor, n_steps: int = n_steps) -> Tensor:
            predicted, _ = rollout(network, known_and_true[:, :n_warm_up], n_steps)
            return predicted - known_and_true[:, 1:]

        def loss(windows: Tensor, n_steps: int = n_steps) -> Tensor:
            found = errors(windows, n_steps)[:, n_warm_up // 2 :]
            value = mean_square(found) / scale**2
            return value if ahead is None else value + ahead.penalty()

        def judge(windows: Tensor, n_steps: int = n_steps) -> Tensor:
            return mean_square(errors(windows, n_steps)[:, -n_steps:])

        histories.append(
            minimise(
                network,
                loss,
                (windows_of(latents, n_warm_up + n_steps),),
                validation=(windows_of(watched, n_warm_up + n_steps, 2_000),),
                n_updates=n_updates,
                batch_size=batch_size,
                learning_rate=learning_rate,
                rng=rng,
                judge=judge,
                parts={} if ahead is None else {"free forecasts": ahead},
                stage=f"propagator, {n_steps} steps",
            )
        )
    network.to("cpu").to(torch.float64)
    return histories


def penalty_on_latents(
    physics: Callable[[Tensor], Tensor],
    network: AutoencoderNetwork,
    scaling: FieldScaling,
    latent_scaling: FieldScaling,
    device: str,
) -> Callable[[Tensor], Tensor]:
    """A penalty on states as a function of scaled latents, in single precision."""
    decoder = deepcopy(network).to(device, torch.float32)
    mean, scale, offset, unit = (
        torch.tensor(values, dtype=torch.float32, device=device)
        for each in (latent_scaling, scaling)
        for values in (each.mean, each.scale)
    )

    def penalty(latents: Tensor) -> Tensor:
        return physics(offset + unit * decoder.decode(mean + scale * latents))

    return penalty


def windows_of(
    latents: NDArray[np.float64], length: int, most: int = MOST_WINDOWS
) -> NDArray[np.float64]:
    """Windows ``(n, length, n_latent)``, evenly spread, at most about ``most``."""
    views = np.lib.stride_tricks.sliding_window_view(latents, length, axis=1)
    every = max(1, views.shape[0] * views.shape[1] // most)
    chosen = np.swapaxes(views[:, ::every], 2, 3)
    return np.array(chosen.reshape(-1, *chosen.shape[2:]))
