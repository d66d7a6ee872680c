"""What is trained: networks as plain :class:`torch.nn.Module` objects."""

from msbook.networks.coordinates import Polar
from msbook.networks.dense import ACTIVATIONS, Dense, EncoderDecoder
from msbook.networks.flows import Affine, Autoregressive, ConditionalFlow
from msbook.networks.mixture_density import MixtureDensity
from msbook.networks.pruning import (
    MagnitudePruning,
    RowPruning,
    Sparsity,
    active_inputs,
    sparsity,
)
from msbook.networks.push_forward import LatentGaussian, PushForward
from msbook.networks.spline_transform import Spline

__all__ = [
    "ACTIVATIONS",
    "Affine",
    "Autoregressive",
    "ConditionalFlow",
    "Dense",
    "EncoderDecoder",
    "LatentGaussian",
    "MagnitudePruning",
    "MixtureDensity",
    "Polar",
    "PushForward",
    "RowPruning",
    "Sparsity",
    "Spline",
    "active_inputs",
    "sparsity",
]
