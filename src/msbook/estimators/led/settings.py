"""The parameters of LED, and what they must be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Protocol, cast

import numpy as np
from torch import Tensor

from msbook._device import check_device
from msbook._validation import (
    check_count,
    check_flag,
    check_methods,
    check_positive,
)
from msbook.networks.autoencoders.dense import Autoencoder
from msbook.networks.propagators.recurrent import GRU, LSTM, DelayedMLP, Propagator

PROPAGATORS: dict[str, Propagator] = {
    "gru": GRU(),
    "lstm": LSTM(),
    "mlp": DelayedMLP(),
}


class Settings(Protocol):
    """How LED is fitted; :class:`msbook.LED` explains each."""

    autoencoder: Autoencoder
    propagator: str | Propagator
    n_fields: int | None
    dt: float
    n_updates: int
    rollouts: Sequence[tuple[int, int]]
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
    check_rollouts(settings.rollouts)
    check_device(settings.device)
    check_flag("verbose", settings.verbose)
    check_methods(
        "autoencoder",
        settings.autoencoder,
        ("build", "n_latent"),
        "a recipe such as msbook.networks.DenseAutoencoder(8)",
    )
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


def propagator_recipe(propagator: str | Propagator) -> Propagator:
    """What builds a propagator: itself, or the one of this name."""
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
