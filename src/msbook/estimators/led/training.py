"""How the two halves of LED are trained: the autoencoder, then the propagator."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from copy import deepcopy

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.free_forecasts import FreeForecasts
from msbook.estimators.led.inputs.scaled import ScaledStates
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

# Of one length as an array, of different ones as a list.
Latents = NDArray[np.float64] | Sequence[NDArray[np.float64]]


def train_autoencoder(
    network: EncoderNetwork,
    states: ScaledStates,
    watched: ScaledStates,
    *,
    n_updates: int,
    batch_size: int,
    learning_rate: float,
    device: str,
    rng: np.random.Generator,
) -> LossHistory | None:
    """Train on scaled states; None for a network that is found at once."""
    if network.fit(states):
        return None
    generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
    network.to(device, torch.float32)
    history = minimise(
        network,
        lambda x: network.loss(x, generator),
        (states.rows(np.arange(len(states))) if states.is_small else states,),
        validation=(watched.some(),),
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
    latents: Latents,
    watched: Latents,
    *,
    rollouts: Sequence[tuple[int, int]],
    n_warm_up: int,
    batch_size: int,
    learning_rate: float,
    physics: Callable[[Tensor], Tensor] | None,
    device: str,
    rng: np.random.Generator,
) -> list[LossHistory]:
    r"""Train on latent trajectories ``(n_time, n_latent)``, stage by stage.

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
    if network.fit(list(latents)):
        return []
    squares = [np.mean(np.diff(path, axis=0) ** 2) for path in latents]
    n_increments = [len(path) - 1 for path in latents]
    scale = float(np.sqrt(np.average(squares, weights=n_increments)))
    with torch.no_grad():
        network.increment_scale.fill_(scale)
    network.to(device, torch.float32)
    ahead = None
    if physics is not None:
        starts = Windows(latents, n_warm_up).all()
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
                (Windows(latents, n_warm_up + n_steps),),
                validation=(
                    Windows(watched, n_warm_up + n_steps, network.most_watched).all(),
                ),
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


class Windows:
    """Windows ``(n, length, n_latent)`` of latent paths, cut when a batch asks.

    Parameters
    ----------
    latents : sequence of ndarray, each of shape (n_time, n_latent)
    length : int
        States of a window.
    most : int
        About as many are taken at most, evenly spread.
    """

    def __init__(self, latents: Latents, length: int, most: int = MOST_WINDOWS) -> None:
        counts = [max(0, len(path) - length + 1) for path in latents]
        every = max(1, sum(counts) // most)
        before = np.cumsum([0, *map(len, latents)])
        known = list(zip(before[:-1], counts, strict=True))
        if every < max(counts):
            firsts = [first + np.arange(0, n, every) for first, n in known]
            self.firsts: NDArray[np.int64] = np.concatenate(firsts)
        else:  # of each path the first would be taken alone
            firsts = np.concatenate([first + np.arange(n) for first, n in known])
            self.firsts = firsts[:: -(-len(firsts) // most)]
        self.states: NDArray[np.float64] = np.concatenate(list(latents))
        self.length = length

    @property
    def shape(self) -> tuple[int, ...]:
        """That of all windows as one array."""
        return len(self.firsts), self.length, self.states.shape[1]

    def rows(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """Windows by their numbers."""
        return self.states[self.firsts[indices, None] + np.arange(self.length)]

    def all(self) -> NDArray[np.float64]:
        """All of them."""
        return self.rows(np.arange(len(self.firsts)))
