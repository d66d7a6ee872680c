"""Networks of a slow map, trained from several initial parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.estimators.slow_map.coordinates import encoder_coordinates
from msbook.networks.layers.dense import EncoderDecoder
from msbook.sampling.circles import Circle
from msbook.training.loop import History, train

Samples = tuple[NDArray[np.float64], NDArray[np.float64]]


def new_network(
    parameters: Mapping[str, Any],
    coordinates: str,
    n_features: int,
    n_outputs: int,
    *,
    seed: int,
    circle: Circle | None = None,
) -> EncoderDecoder:
    """An untrained network of the estimator's parameters."""
    return EncoderDecoder(
        n_features,
        parameters["n_slow"],
        n_outputs,
        hidden=parameters["hidden"],
        decoder_hidden=parameters["decoder_hidden"],
        activation=parameters["activation"],
        coordinates=encoder_coordinates(coordinates, n_features, circle),
        generator=torch.Generator().manual_seed(seed),
    )


def best_of_restarts(
    networks: Sequence[EncoderDecoder],
    seeds: Sequence[int],
    training: Samples,
    validation: Samples,
    **settings: Any,
) -> tuple[EncoderDecoder, History]:
    """Train networks, each with its seed, and return the best with its history.

    Parameters
    ----------
    networks : sequence of EncoderDecoder
        Changed in place.
    seeds : sequence of int
        Draw the order of the samples, one a network.
    training, validation : pair of ndarray
        Points (n, n_features) and targets (n, n_outputs).
    **settings
        Of :func:`msbook.training.train`.
    """
    histories = [
        train(network, *training, validation=validation, rng=seed, **settings)
        for network, seed in zip(networks, seeds, strict=True)
    ]
    best = int(np.argmin([history.best_value for history in histories]))
    return networks[best], histories[best]
