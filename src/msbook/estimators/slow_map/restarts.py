"""Networks of a slow map, trained from several initial parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.networks.layers.coordinates import Polar, Standardised
from msbook.networks.layers.dense import EncoderDecoder
from msbook.training.loop import History, train

Samples = tuple[NDArray[np.float64], NDArray[np.float64]]

N_UPDATES = 10_000
FEWEST_EPOCHS, MOST_EPOCHS = 20, 1000


def n_epochs(wanted: int | None, n_samples: int, batch_size: int) -> int:
    """Epochs wanted, or as many as it takes to make about ten thousand updates."""
    if wanted is not None:
        return wanted
    enough = N_UPDATES // -(-n_samples // batch_size)
    return min(max(enough, FEWEST_EPOCHS), MOST_EPOCHS)


def new_network(
    parameters: Mapping[str, Any],
    coordinates: Polar | Standardised | None,
    n_features: int,
    n_outputs: int,
    n_slow: int,
    *,
    seed: int,
) -> EncoderDecoder:
    """An untrained network of the estimator's parameters."""
    return EncoderDecoder(
        n_features,
        n_slow,
        n_outputs,
        hidden=parameters["hidden"],
        decoder_hidden=parameters["decoder_hidden"],
        activation=parameters["activation"],
        coordinates=coordinates,
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
