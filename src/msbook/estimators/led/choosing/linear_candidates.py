"""Linear models of all sizes: principal components, and a linear map of delays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.coding import Coder, encoded, sizes
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.paths import Paths
from msbook.estimators.led.inputs.scaled import ScaledStates
from msbook.networks.autoencoders.principal_components import (
    LinearNetwork,
    PrincipalComponents,
)
from msbook.networks.propagators.linear import LinearMap

SIZES = (2, 4, 8, 16, 32, 64, 128)
RIDGES = (1e-10, 1e-6, 1e-3)


class Linear(NamedTuple):
    """A linear model: its recipes, and what was found."""

    autoencoder: PrincipalComponents
    propagator: LinearMap
    dynamics: LatentDynamics


def linear_models(
    training: Paths, watched: Paths, scaling: FieldScaling, n_delays: int
) -> Iterator[Linear]:
    """Models of all sizes and ridges, from one search for principal components."""
    dim = training.dim
    numbers = [size for size in SIZES if size < dim] + [dim] * (dim <= SIZES[-1])
    states = ScaledStates(training, scaling)
    whole = PrincipalComponents(numbers[-1]).build(dim, torch.Generator())
    whole.fit(states)
    codes, largest = [], 0.0
    for part in states:
        codes.append(encoded(whole, part.numpy()))
        largest = max(largest, float(sizes(part.numpy()).max()))
    found = np.concatenate(codes)
    for size in numbers:
        latents = found[:, :size]
        latent_scaling = FieldScaling.of(latents)
        coder = Coder(
            _leading(whole, size), scaling, latent_scaling, training.shape, largest
        )
        paths = training.split(latent_scaling.scaled(latents))
        floor = coder.floor(watched)
        for ridge in RIDGES:
            recipe = LinearMap(n_delays, ridge)
            propagator = recipe.build(size, torch.Generator())
            propagator.fit(paths)
            dynamics = LatentDynamics(coder, propagator, None, [], floor)
            yield Linear(PrincipalComponents(size), recipe, dynamics)


def _leading(network: LinearNetwork, n_latent: int) -> LinearNetwork:
    """The first components alone."""
    n_features = network.encoder.in_features
    fewer = LinearNetwork(n_features, n_latent)
    with torch.no_grad():
        fewer.encoder.weight.copy_(network.encoder.weight[:n_latent])
        fewer.encoder.bias.copy_(network.encoder.bias[:n_latent])
        fewer.decoder.weight.copy_(network.decoder.weight[:, :n_latent])
        fewer.decoder.bias.copy_(network.decoder.bias)
    return fewer
