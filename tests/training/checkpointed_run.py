"""A training that can be killed: run as a script, with CHECKPOINT and KIND set."""

import numpy as np
import torch

from msbook.networks import EncoderDecoder, MagnitudePruning
from msbook.training import train


class Wrapped(torch.nn.Module):
    """The same network, but nothing the compiled code knows."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)


def run(kind, checkpoint=None, epochs=None, seed=5):
    """Network and history of one training, the same for all who ask."""
    x = np.random.default_rng(0).normal(size=(60, 3))
    y = x[:, :1] ** 2 - x[:, 1:2]
    network = EncoderDecoder(
        3, 1, 1, hidden=(5, 4), generator=torch.Generator().manual_seed(1)
    )
    compiled = kind == "compiled"
    history = train(
        network if compiled else Wrapped(network),
        x[:40],
        y[:40],
        validation=(x[40:], y[40:]),
        epochs=epochs or (300 if compiled else 100),
        batch_size=16,
        learning_rate=3e-3,
        rng=seed,
        pruning=MagnitudePruning(0.2, 0.4, every=30) if compiled else None,
        checkpoint=checkpoint,
        checkpoint_every=1,
    )
    return network, history


if __name__ == "__main__":
    run(KIND, CHECKPOINT)  # noqa: F821
