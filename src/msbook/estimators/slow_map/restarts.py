"""Networks of a slow map, trained from several initial parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.estimators.slow_map.coordinates import Scaling, undo_scaling
from msbook.estimators.slow_map.quality import SlowMapQuality
from msbook.networks.layers.coordinates import Polar, Standardised
from msbook.networks.layers.dense import EncoderDecoder
from msbook.training.loop import History, train

Samples = tuple[NDArray[np.float64], NDArray[np.float64]]

N_UPDATES = 10_000
FEWEST_EPOCHS, MOST_EPOCHS = 20, 1000
MOST_RESTARTS = 4


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
    *,
    outputs: Scaling,
    assess: Callable[[EncoderDecoder], SlowMapQuality],
    until_good: bool,
    **settings: Any,
) -> tuple[EncoderDecoder, History, SlowMapQuality]:
    """Train networks, each with its seed; the best, its history and its quality.

    Parameters
    ----------
    networks : sequence of EncoderDecoder
        Changed in place.
    seeds : sequence of int
        Draw the order of the samples, one a network.
    training, validation : pair of ndarray
        Points (n, n_features) and scaled targets (n, n_outputs).
    outputs : Scaling
        What scaled the targets, to be undone in the networks.
    assess : callable
        SlowMapQuality of a network.
    until_good : bool
        Whether to stop at the first network that is good.
    **settings
        Of :func:`msbook.training.train`.
    """
    histories: list[History] = []
    best, quality = 0, None
    for index, (network, seed) in enumerate(zip(networks, seeds, strict=True)):
        history = train(network, *training, validation=validation, rng=seed, **settings)
        undo_scaling(network, outputs)
        histories.append(history)
        if history.best_value < histories[best].best_value:
            best, quality = index, None
        if until_good:
            quality = quality or assess(networks[best])
            if quality.verdict == "good":
                break
    return networks[best], histories[best], quality or assess(networks[best])
