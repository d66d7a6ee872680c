"""Functions of hidden layers, by name."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import nn

ACTIVATIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "elu": nn.functional.elu,
    "tanh": torch.tanh,
    "silu": nn.functional.silu,
}
