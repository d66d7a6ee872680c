"""What is trained: networks as plain :class:`torch.nn.Module` objects."""

from msbook.networks.coordinates import Polar
from msbook.networks.dense import ACTIVATIONS, Dense, EncoderDecoder
from msbook.networks.pruning import (
    MagnitudePruning,
    RowPruning,
    Sparsity,
    active_inputs,
    sparsity,
)

__all__ = [
    "ACTIVATIONS",
    "Dense",
    "EncoderDecoder",
    "MagnitudePruning",
    "Polar",
    "RowPruning",
    "Sparsity",
    "active_inputs",
    "sparsity",
]
