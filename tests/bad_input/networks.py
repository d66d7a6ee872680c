"""Valid calls of msbook.networks."""

from __future__ import annotations

import numpy as np
import torch

from msbook import networks
from tests.bad_input.rule import Call

generator = torch.Generator().manual_seed(0)
dense = networks.Dense((2, 4, 1), "tanh", generator)
encoder = networks.PermutationInvariantEncoder(2, 2, (4,), 3, "silu", generator)
law = networks.FullCovarianceMixture(2, 2, 2, (4,), "silu", "logit", generator)
layer = networks.Autoregressive(networks.Affine(), 2, 1, (4,), generator)
magnitude = networks.MagnitudePruning(fraction=0.1, target=0.3)
rows = networks.RowPruning()
new = {"generator": generator}
hidden = {"hidden": (4,)} | new


class StandsStill(networks.PropagatorNetwork):
    """Without kernels, whose compilation would take long."""

    def update(self, z, memory):
        return torch.zeros_like(z), memory


still = StandsStill(2, 3, increments=True)


def build(recipe: object, n: str = "n_features", size: int = 2) -> Call:
    return Call({n: size} | new, recipe.build)


CALLS = {
    "Dense": Call({"widths": (2, 4, 1), "activation": "tanh"} | new),
    "ResidualDense": Call(
        {"n_features": 2, "n_outputs": 1, "activation": "silu"} | hidden
    ),
    "EncoderDecoder": Call(
        {
            "n_features": 2,
            "n_slow": 1,
            "n_outputs": 2,
            "decoder_hidden": (3,),
            "coordinates": networks.Polar(2),
        }
        | hidden
    ),
    "Polar": Call(
        {
            "n_features": 2,
            "centre": torch.zeros(2).double(),
            "axes": torch.eye(2).double(),
        }
    ),
    "Autoregressive": Call(
        {"transform": networks.Affine(), "dim": 2, "n_condition": 1} | hidden
    ),
    "ConditionalFlow": Call({"layers": [layer], "dim": 2}),
    "MixtureDensity": Call({"dim": 2, "n_condition": 1, "n_parts": 2} | hidden),
    "FullCovarianceMixture": Call(
        {
            "dim": 2,
            "n_condition": 2,
            "n_parts": 2,
            "activation": "silu",
            "support": "logit",
        }
        | hidden
    ),
    "PermutationInvariantEncoder": Call(
        {"n_features": 2, "n_outputs": 2, "n_pooled": 3, "activation": "silu"} | hidden
    ),
    "PushForward": Call({"dim": 2, "n_condition": 1, "noise_dim": 3} | hidden),
    "LatentGaussian": Call({"dim": 2, "n_condition": 1, "n_latent": 1} | hidden),
    "AutoencoderNetwork": Call({"encoder": dense, "decoder": dense}),
    "VariationalNetwork": Call(
        {"encoder": dense, "decoder": dense, "decoder_std": 0.1}
    ),
    "ParticleNetwork": Call(
        {
            "encoder": encoder,
            "decoder": law,
            "box": np.array([[0.0, 1.0], [0.0, 1.0]]),
            "n_seen": 2,
            "n_scored": 3,
        }
    ),
    "DenseAutoencoder.build": build(networks.DenseAutoencoder(1, (4,))),
    "VariationalAutoencoder.build": build(networks.VariationalAutoencoder(1, (4,))),
    "PrincipalComponents.build": build(networks.PrincipalComponents(1)),
    "ParticleAutoencoder.build": build(networks.ParticleAutoencoder(1, (4,))),
    "Identity": Call({"n_latent": 2}),
    "Identity.build": Call({"n_features": 2} | new, networks.Identity(2).build),
    "ConvolutionalAutoencoder.build": build(
        networks.ConvolutionalAutoencoder((2, 3), 1, 1, (2,), 1, (4,)), size=6
    ),
    "GRU.build": build(networks.GRU(3), "n_latent"),
    "LSTM.build": build(networks.LSTM(3), "n_latent"),
    "DelayedMLP.build": build(networks.DelayedMLP((4,)), "n_latent"),
    "LinearMap.build": build(networks.LinearMap(2), "n_latent"),
    "LocalMap": Call({"grid": (8,)}),
    "LocalMap.build": build(networks.LocalMap((8,)), "n_latent", size=8),
    "LocalMap.n_fields": Call({"n_latent": 8}, networks.LocalMap((8,)).n_fields),
    "LinearStencil": Call({"grid": (8,)}),
    "LinearStencil.build": build(networks.LinearStencil((8,)), "n_latent", size=8),
    "LinearStencil.n_fields": Call(
        {"n_latent": 8}, networks.LinearStencil((8,)).n_fields
    ),
    "MagnitudePruning": Call({"fraction": 0.1, "target": 0.3}),
    "MagnitudePruning.check": Call({"network": dense}, magnitude.check),
    "MagnitudePruning.cut": Call({"network": dense}, magnitude.cut),
    "MagnitudePruning.due": Call({"epoch": 3}, magnitude.due),
    "RowPruning.check": Call({"network": dense}, rows.check),
    "RowPruning.cut": Call({"network": dense}, rows.cut),
    "RowPruning.due": Call({"epoch": 3}, rows.due),
    "active_inputs": Call({"network": dense}),
    "sparsity": Call({"network": dense}),
    "on_fine_grid": Call(
        {"coarse": [1.0, 2.0, 3.0, 4.0], "grid": (3, 3), "n_fields": 1, "every": 2}
    ),
    "propagate": Call(
        {
            "network": still,
            "z": np.ones((2, 2)),
            "memory": np.zeros((2, 3)),
            "n_steps": 2,
        },
        passes_on=("z", "memory"),
    ),
    "rollout": Call(
        {"network": still, "z": torch.zeros(2, 3, 2).double(), "n_steps": 2},
        passes_on=("z",),  # training says that its loss is not finite
    ),
}

_INSIDE = "takes tensors inside a network, where PyTorch's own errors are let through"
REASONS = {
    "Affine.forward": _INSIDE,
    "Affine.inverse": _INSIDE,
    "Spline.forward": _INSIDE,
    "Spline.inverse": _INSIDE,
    "Sparsity": "a result, made by sparsity",
}
