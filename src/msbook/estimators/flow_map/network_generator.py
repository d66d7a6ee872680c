"""Generators that are networks: how they are trained, evaluated and kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from msbook._device import check_device
from msbook._validation import (
    check_choice,
    check_count,
    check_positive,
    check_widths,
)
from msbook.estimators.flow_map.one_step_generator import OneStepGenerator
from msbook.estimators.flow_map.serialization import Arrays
from msbook.estimators.network_serialization import losses_from_arrays
from msbook.estimators.random_states import check_random_state
from msbook.training.by_loss import LossHistory, minimise
from msbook.training.early_stopping import minimise_until_still
from msbook.training.session import session

BASELINES = ("linear", "mean")
VALIDATION_FRACTION = 0.1

_CURVES = tuple(field.name for field in fields(LossHistory))


class NetworkGenerator(OneStepGenerator):
    """A generator whose push is a network, ``network_.push(noise, condition)``.

    It is trained in float32 on ``device``, and evaluated in float64 on the processor.
    """

    hidden: Sequence[int]
    baseline: str
    n_updates: int | None
    batch_size: int
    learning_rate: float
    random_state: Any
    device: str
    network_: Any
    _may_be_still = False  # whether a validation loss tells when training is done
    history_: LossHistory

    @abstractmethod
    def _new_network(self, generator: torch.Generator) -> nn.Module:
        """An untrained network of the estimator's parameters and ``scaling_``."""

    @abstractmethod
    def _objective(
        self, network: Any, generator: torch.Generator
    ) -> dict[str, Callable]:
        """Arguments ``loss``, and maybe ``judge`` and ``before_step``, of ``minimise``.

        Batches are scaled increments and conditions.
        """

    @property
    def _linear(self) -> bool:
        return self.baseline == "linear"

    @property
    def _noise_dim(self) -> int:
        return self.network_.noise_dim

    def _learn(self, condition: NDArray, increments: NDArray) -> None:
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        rng, generator = np.random.default_rng(seed), torch.Generator()
        generator.manual_seed(seed)
        rows = rng.permutation(len(condition))
        watched, used = np.split(rows, [max(1, int(VALIDATION_FRACTION * len(rows)))])
        network = self._new_network(generator).to(self.device, torch.float32)
        settings: dict[str, Any] = {
            "samples": (increments[used], condition[used]),
            "validation": (increments[watched], condition[watched]),
            "batch_size": self.batch_size,
            "learning_rate": self.learning_rate,
            "rng": rng,
        }
        settings |= self._objective(network, generator)
        self._prepare(network, increments[used])
        with session():
            if self.n_updates is None:
                self.history_ = minimise_until_still(network, **settings)
            else:
                self.history_ = minimise(network, n_updates=self.n_updates, **settings)
        self.network_ = network.to("cpu").to(torch.float64)

    def _prepare(self, network: Any, increments: NDArray) -> None:
        """Let a network start near the law of all increments, before it is trained."""

    def _push(self, noise: NDArray, condition: NDArray) -> NDArray[np.float64]:
        with torch.no_grad():
            pushed = self.network_.push(torch.tensor(noise), torch.tensor(condition))
        return pushed.numpy()

    def _learned(self) -> Arrays:
        weights = self.network_.state_dict()
        arrays = {f"network.{name}": w.numpy() for name, w in weights.items()}
        curves = {f"history.{name}": getattr(self.history_, name) for name in _CURVES}
        return arrays | curves

    def from_arrays(self, arrays: Arrays, fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        if "scaling.mixing" not in arrays:  # as before there was a baseline
            self.baseline = "mean"
        return super().from_arrays(arrays, fitted)

    def _take_over(self, learned: Arrays) -> None:
        self.history_ = losses_from_arrays(learned, "history.")
        self.network_ = self._new_network(torch.Generator())
        names = self.network_.state_dict()
        weights = {name: torch.tensor(learned[f"network.{name}"]) for name in names}
        self.network_.load_state_dict(weights)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_choice("baseline", self.baseline, BASELINES)
        if self.n_updates is not None or not self._may_be_still:
            check_count("n_updates", self.n_updates)
        check_count("batch_size", self.batch_size)
        check_positive("learning_rate", self.learning_rate)
        check_widths("hidden", self.hidden)
        check_device(self.device)
