"""What is trained: networks as plain :class:`torch.nn.Module` objects."""

from msbook.networks.autoencoders.convolutional import (
    ConvolutionalAutoencoder,
    on_fine_grid,
)
from msbook.networks.autoencoders.dense import (
    Autoencoder,
    AutoencoderNetwork,
    DenseAutoencoder,
)
from msbook.networks.autoencoders.identity import Identity, IdentityNetwork
from msbook.networks.autoencoders.particles import ParticleAutoencoder, ParticleNetwork
from msbook.networks.autoencoders.permutation_invariant import (
    PermutationInvariantEncoder,
)
from msbook.networks.autoencoders.principal_components import PrincipalComponents
from msbook.networks.autoencoders.variational import (
    VariationalAutoencoder,
    VariationalNetwork,
)
from msbook.networks.densities.flows import Affine, Autoregressive, ConditionalFlow
from msbook.networks.densities.full_covariance_mixture import FullCovarianceMixture
from msbook.networks.densities.mixture_density import MixtureDensity
from msbook.networks.densities.push_forward import LatentGaussian, PushForward
from msbook.networks.densities.spline_transform import Spline
from msbook.networks.layers.activations import ACTIVATIONS
from msbook.networks.layers.coordinates import Polar
from msbook.networks.layers.dense import Dense, EncoderDecoder
from msbook.networks.layers.encoder_network import EncoderNetwork
from msbook.networks.layers.pruning import (
    MagnitudePruning,
    RowPruning,
    Sparsity,
    active_inputs,
    sparsity,
)
from msbook.networks.layers.residual import ResidualDense
from msbook.networks.propagators.linear import LinearMap
from msbook.networks.propagators.local import LocalMap
from msbook.networks.propagators.networks import PropagatorNetwork
from msbook.networks.propagators.recurrent import GRU, LSTM, DelayedMLP, Propagator
from msbook.networks.propagators.recurrent_kernels import propagate
from msbook.networks.propagators.rollouts import rollout
from msbook.networks.propagators.stencil import LinearStencil

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
    "LinearMap",
    "LinearStencil",
    "LocalMap",
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
    "rollout",
    "sparsity",
]
