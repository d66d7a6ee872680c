"""The parameters of LED, and what they must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, NamedTuple, Protocol, cast

import numpy as np
from torch import Tensor

from msbook._device import check_device
from msbook._validation import (
    check_count,
    check_flag,
    check_methods,
    check_positive,
)
from msbook.networks.autoencoders.dense import Autoencoder, DenseAutoencoder
from msbook.networks.propagators.recurrent import GRU, LSTM, DelayedMLP, Propagator

Stages = Sequence[tuple[int, int]]

STAGES = ((2, 1000), (10, 1000), (60, 2000))
LONGEST_ROLLOUT = STAGES[-1][0]

PROPAGATORS: dict[str, Propagator] = {
    "gru": GRU(),
    "lstm": LSTM(),
    "mlp": DelayedMLP(),
}


class Settings(Protocol):
    """How LED is fitted; :class:`msbook.LED` explains each."""

    autoencoder: Autoencoder | None
    propagator: str | Propagator | None
    n_fields: int | None
    dt: float
    n_updates: int
    rollouts: Sequence[tuple[int, int]] | None
    batch_size: int
    n_windows: int
    learning_rate: float
    physics: Callable[[Tensor], Tensor] | None
    random_state: int | np.random.RandomState | None
    device: str
    verbose: bool


def check_settings(settings: Settings) -> None:
    """Raise a ValueError if a parameter is out of range."""
    for name in ("n_updates", "batch_size", "n_windows"):
        check_count(name, getattr(settings, name))
    for name in ("learning_rate", "dt"):
        check_positive(name, getattr(settings, name))
    if settings.rollouts is not None:
        check_rollouts(settings.rollouts)
    check_device(settings.device)
    check_flag("verbose", settings.verbose)
    autoencoder_recipe(settings)
    propagator_recipe(settings.propagator)
    if settings.physics is not None and not callable(settings.physics):
        raise ValueError(
            f"physics must be a function of states, or None; got {settings.physics!r}."
        )


def check_checkpoint(checkpoint: Any, random_state: Any) -> None:
    """Raise a ValueError if a fit with a checkpoint could not be repeated."""
    if checkpoint is not None and not isinstance(random_state, Integral):
        raise ValueError(
            "random_state must be an integer for a fit with a checkpoint, or another "
            f"call would train other networks; got {random_state!r:.60}."
        )


def autoencoder_recipe(settings: Settings) -> Autoencoder:
    """What builds the autoencoder: a dense one, where only a propagator is named."""
    if settings.autoencoder is None:
        return DenseAutoencoder()
    check_methods(
        "autoencoder",
        settings.autoencoder,
        ("build", "n_latent"),
        "a recipe such as msbook.networks.DenseAutoencoder(8)",
    )
    return settings.autoencoder


def propagator_recipe(propagator: str | Propagator | None) -> Propagator:
    """What builds a propagator: itself, or the one of this name."""
    if propagator is None:
        return GRU()
    if isinstance(propagator, str) and propagator in PROPAGATORS:
        return PROPAGATORS[propagator]
    check_methods(
        "propagator",
        propagator,
        ("build", "n_warm_up"),
        f"one of {', '.join(PROPAGATORS)}, or a recipe such as "
        "msbook.networks.GRU(100)",
    )
    return cast("Propagator", propagator)


class Plan(NamedTuple):
    """How a propagator is trained.

    Attributes
    ----------
    n_warm_up : int
        Known states of a window.
    rollouts : sequence of (int, int)
        Stages: steps of free forecast, and updates.
    """

    n_warm_up: int
    rollouts: Sequence[tuple[int, int]]

    @property
    def n_steps(self) -> int:
        """Steps of the longest forecast."""
        return max(n_steps for n_steps, _ in self.rollouts)


def plan_of(settings: Settings, longest: int) -> Plan:
    """The reader's stages, or those that windows of so many states allow."""
    n_warm_up = propagator_recipe(settings.propagator).n_warm_up
    if settings.propagator is None:  # a memory can be filled with fewer states
        n_warm_up = min(n_warm_up, max(1, longest // 3))
    if settings.rollouts is not None:
        return Plan(n_warm_up, settings.rollouts)
    return Plan(n_warm_up, shortened(STAGES, longest - n_warm_up))


def shortened(stages: Stages, most: int) -> tuple[tuple[int, int], ...]:
    """Stages of no more than so many steps, one of each number."""
    fitting: dict[int, int] = {}
    for steps, updates in stages:
        n_steps = max(1, min(steps, most))
        fitting[n_steps] = max(updates, fitting.get(n_steps, 0))
    return tuple(fitting.items())


def check_rollouts(rollouts: Any) -> None:
    """Stages of the training of a propagator, or a ValueError."""
    try:
        stages = [tuple(stage) for stage in rollouts]
    except TypeError:
        stages = []
    counts = [n for stage in stages for n in stage]
    if (
        not stages
        or any(len(stage) != 2 for stage in stages)
        or not all(isinstance(n, Integral) and int(n) > 0 for n in counts)
    ):
        raise ValueError(
            "rollouts must name stages (steps of free forecast, updates), such as "
            f"((2, 1000), (60, 2000)); got {rollouts!r:.60}."
        )
