"""What is trained: networks as plain :class:`torch.nn.Module` objects."""

from msbook.networks.autoencoders import (
    Autoencoder,
    AutoencoderNetwork,
    DenseAutoencoder,
    PrincipalComponents,
    VariationalAutoencoder,
    VariationalNetwork,
)
from msbook.networks.convolutional import ConvolutionalAutoencoder, on_fine_grid
from msbook.networks.coordinates import Polar
from msbook.networks.dense import ACTIVATIONS, Dense, EncoderDecoder
from msbook.networks.encoder_network import EncoderNetwork
from msbook.networks.flows import Affine, Autoregressive, ConditionalFlow
from msbook.networks.full_covariance_mixture import FullCovarianceMixture
from msbook.networks.identity import Identity, IdentityNetwork
from msbook.networks.mixture_density import MixtureDensity
from msbook.networks.particle_autoencoder import ParticleAutoencoder, ParticleNetwork
from msbook.networks.permutation_invariant import PermutationInvariantEncoder
from msbook.networks.propagators import (
    GRU,
    LSTM,
    DelayedMLP,
    Propagator,
    PropagatorNetwork,
)
from msbook.networks.propagators_compiled import propagate
from msbook.networks.pruning import (
    MagnitudePruning,
    RowPruning,
    Sparsity,
    active_inputs,
    sparsity,
)
from msbook.networks.push_forward import LatentGaussian, PushForward
from msbook.networks.residual import ResidualDense
from msbook.networks.roll_outs import roll_out
from msbook.networks.spline_transform import Spline

__all__ = [
    "ACTIVATIONS",
    "GRU",
    "LSTM",
    "Affine",
    "Autoencoder",
    "AutoencoderNetwork",
    "Autoregressive",
    "ConditionalFlow",
    "ConvolutionalAutoencoder",
    "DelayedMLP",
    "Dense",
    "DenseAutoencoder",
    "EncoderDecoder",
    "EncoderNetwork",
    "FullCovarianceMixture",
    "Identity",
    "IdentityNetwork",
    "LatentGaussian",
    "MagnitudePruning",
    "MixtureDensity",
    "ParticleAutoencoder",
    "ParticleNetwork",
    "PermutationInvariantEncoder",
    "Polar",
    "PrincipalComponents",
    "Propagator",
    "PropagatorNetwork",
    "PushForward",
    "ResidualDense",
    "RowPruning",
    "Sparsity",
    "Spline",
    "VariationalAutoencoder",
    "VariationalNetwork",
    "active_inputs",
    "on_fine_grid",
    "propagate",
    "roll_out",
    "sparsity",
]
