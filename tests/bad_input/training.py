"""Valid calls of msbook.training and msbook.training.by_loss."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from functools import wraps

import numpy as np
import torch

from msbook.networks import Dense, MagnitudePruning
from msbook.training import train
from msbook.training.by_loss import minimise
from tests.bad_input.rule import Call

x = np.linspace(-1.0, 1.0, 6)[:, None]
network = Dense((1, 3, 1), "tanh", torch.Generator().manual_seed(0))
settings = {"batch_size": 3, "learning_rate": 1e-3, "rng": 0}


def loss(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return (network(x) - y).square().mean()


def on_the_same(function: Callable[..., object]) -> Callable[..., object]:
    """The best loss of a training that leaves the network as it found it."""

    @wraps(function)
    def train_and_restore(**arguments):
        state = deepcopy(network.state_dict())
        try:
            return function(**arguments).best_loss
        finally:
            network.load_state_dict(state)

    return train_and_restore


CALLS = {
    "train": Call(
        {
            "network": network,
            "x": x,
            "y": x**2,
            "validation": (x, x**2),
            "epochs": 2,
            "pruning": MagnitudePruning(0.1, 0.3),
            "monitor": lambda network: 1.0,
            "monitor_every": 1,
        }
        | settings,
        on_the_same(train),
    ),
    "minimise": Call(
        {
            "network": network,
            "loss": loss,
            "samples": (x, x**2),
            "validation": (x, x**2),
            "n_updates": 2,
            "judge": loss,
            "before_step": lambda *batch: None,
            "parts": {"noise": torch.Generator()},
        }
        | settings,
        on_the_same(minimise),
        texts=("stage",),
    ),
}

REASONS = {
    "History": "a result, made by train",
    "LossHistory": "a result, made by minimise",
}
