"""How LED learns to forecast, once it has its latent variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Self, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from msbook._device import check_device
from msbook._validation import check_count, check_methods, check_positive
from msbook.estimators.led.coding import LEDCoding
from msbook.estimators.led.training import (
    penalty_on_latents,
    train_propagator,
    training_and_validation,
)
from msbook.estimators.random_states import check_random_state
from msbook.estimators.state_checks import check_states
from msbook.networks.autoencoders.dense import Autoencoder, AutoencoderNetwork
from msbook.networks.propagators.recurrent import GRU, LSTM, DelayedMLP, Propagator
from msbook.training.by_loss import LossHistory

PROPAGATORS: dict[str, Propagator] = {
    "gru": GRU(),
    "lstm": LSTM(),
    "mlp": DelayedMLP(),
}


class LEDLearning(LEDCoding):
    """Mixin for :class:`msbook.LED`."""

    autoencoder: Autoencoder
    propagator: str | Propagator
    rollouts: Sequence[tuple[int, int]]
    n_windows: int
    learning_rate: float
    physics: Callable[[Tensor], Tensor] | None
    device: str
    propagator_histories_: list[LossHistory]

    def refit_propagator(
        self, X: ArrayLike, *, validation: ArrayLike | None = None
    ) -> Self:
        """Learn to forecast anew; the autoencoder stays as it is.

        Change the propagator or its training first, by ``set_params``.

        Parameters
        ----------
        X, validation : array_like
            Trajectories as for :meth:`msbook.LED.fit`, the same ones or others.

        Returns
        -------
        LED

        Raises
        ------
        ValueError
            If the trajectories do not fit, or a parameter is out of range.
        sklearn.exceptions.NotFittedError
            When there is no autoencoder yet.
        msbook.training.TrainingError
            When a loss is not finite.
        """
        check_is_fitted(self, "network_")
        self._check_parameters()
        recipe, (generator, rng) = self._propagator_recipe(), self._sources()
        n_axes = self.network_.n_axes
        known, watched = training_and_validation(
            check_states("X", X, self.n_features_in_, n_axes),
            validation,
            n_axes=n_axes,
            n_warm_up=recipe.n_warm_up,
            rollouts=self.rollouts,
        )
        latents, followed = map(self.transform, (known, watched))
        return self._learn_to_forecast(
            recipe, latents, followed, generator=generator, rng=rng
        )

    def _learn_to_forecast(
        self,
        recipe: Propagator,
        latents: NDArray[np.float64],
        followed: NDArray[np.float64],
        *,
        generator: torch.Generator,
        rng: np.random.Generator,
    ) -> Self:
        """Train a new propagator on latents; ``followed`` chooses among its states."""
        self.propagator_ = recipe.build(self.autoencoder.n_latent, generator)
        self.propagator_histories_ = train_propagator(
            self.propagator_,
            latents,
            followed,
            rollouts=self.rollouts,
            n_warm_up=recipe.n_warm_up,
            batch_size=self.n_windows,
            learning_rate=self.learning_rate,
            physics=self._penalty(),
            device=self.device,
            rng=rng,
        )
        return self

    def _sources(self) -> tuple[torch.Generator, np.random.Generator]:
        """Where initial parameters and batches are drawn from."""
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        return torch.Generator().manual_seed(seed), np.random.default_rng(seed)

    def _penalty(self) -> Callable[[Tensor], Tensor] | None:
        if self.physics is None or not isinstance(self.network_, AutoencoderNetwork):
            return None
        scalings = self.scaling_, self.latent_scaling_
        return penalty_on_latents(self.physics, self.network_, *scalings, self.device)

    def _propagator_recipe(self) -> Propagator:
        if isinstance(self.propagator, str) and self.propagator in PROPAGATORS:
            return PROPAGATORS[self.propagator]
        check_methods(
            "propagator",
            self.propagator,
            ("build", "n_warm_up"),
            f"one of {', '.join(PROPAGATORS)}, or a recipe such as "
            "msbook.networks.GRU(100)",
        )
        return cast("Propagator", self.propagator)

    def _check_parameters(self) -> None:
        for name in ("n_updates", "batch_size", "n_windows"):
            check_count(name, getattr(self, name))
        for name in ("learning_rate", "dt"):
            check_positive(name, getattr(self, name))
        check_rollouts(self.rollouts)
        check_device(self.device)
        check_methods(
            "autoencoder",
            self.autoencoder,
            ("build", "n_latent"),
            "a recipe such as msbook.networks.DenseAutoencoder(8)",
        )
        if self.physics is not None and not callable(self.physics):
            raise ValueError(
                f"physics must be a function of states, or None; got {self.physics!r}."
            )


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
