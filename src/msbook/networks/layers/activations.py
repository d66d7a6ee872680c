"""Functions of hidden layers, by name."""

from __future__ import annotations

import torch
from torch import nn

ACTIVATIONS = {
    "elu": nn.functional.elu,
    "tanh": torch.tanh,
    "silu": nn.functional.silu,
}
