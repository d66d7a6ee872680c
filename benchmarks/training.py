"""Training of a small network."""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

import msbook as ms
from benchmarks.timing import Implementation, Run, Workload
from msbook.networks import EncoderDecoder

BATCH_SIZE = 16
LEARNING_RATE = 1e-3
VALIDATION_SHARE = 0.3

Batches = Iterator[tuple[torch.Tensor, torch.Tensor]]


def workloads(
    n_points: int = 2010, epochs: int = 100, peer_epochs: int = 3
) -> list[Workload]:
    """The network 4-4-1-4-4 on points of the quadratic system and their projections.

    Whoever trains takes the same batches, so that all losses agree to rounding.
    """
    rng = np.random.default_rng(0)
    system = ms.systems.QuadraticSlowFast(n_slow=2, n_fast=2)
    n_watched = round(VALIDATION_SHARE * n_points)
    slow = rng.uniform(0.0, 1.0, (n_points + n_watched, 2))
    fast = rng.normal(0.0, 0.5**0.5, slow.shape)
    x = torch.tensor(system.fibre(slow, fast))
    y = torch.tensor(system.slow_manifold(slow))
    data = ((x[:n_points], y[:n_points]), (x[n_points:], y[n_points:]))
    peers = {
        "msbook, not compiled": partial(by_msbook, torch.nn.Sequential),
        "PyTorch, DataLoader": partial(by_pytorch, loader, fused=False),
        "PyTorch, fused Adam": partial(by_pytorch, slices, fused=True),
    }
    return [
        Workload(
            "training",
            unit="ms an epoch",
            units_per_second=1e3,
            steps=1,
            ours=Implementation("msbook", partial(by_msbook, _same, data, epochs)),
            peers=tuple(
                Implementation(name, partial(prepare, data=data, epochs=peer_epochs))
                for name, prepare in peers.items()
            ),
        )
    ]


def by_msbook(wrap: Callable, data: tuple, epochs: int) -> Run:
    """Our loop; a network inside another module is not compiled."""

    def run(seed: int) -> np.ndarray:
        history = ms.training.train(
            wrap(_new_network(seed)),
            *data[0],
            validation=data[1],
            epochs=epochs,
            batch_size=BATCH_SIZE,
            learning_rate=LEARNING_RATE,
            rng=seed,
        )
        return history.validation_loss

    return run


def by_pytorch(
    batches: Callable[[torch.Tensor, torch.Tensor, np.ndarray], Batches],
    *,
    fused: bool,
    data: tuple,
    epochs: int,
) -> Run:
    """The loop of PyTorch's tutorials."""
    (x, y), (x_watched, y_watched) = data
    loss_function = torch.nn.MSELoss()

    def run(seed: int) -> np.ndarray:
        rng = np.random.default_rng(seed)
        network = _new_network(seed)
        optimizer = torch.optim.Adam(
            network.parameters(), lr=LEARNING_RATE, amsgrad=True, fused=fused
        )
        losses = []
        for _ in range(epochs):
            for inputs, targets in batches(x, y, rng.permutation(len(x))):
                optimizer.zero_grad()
                loss_function(network(inputs), targets).backward()
                optimizer.step()
            with torch.no_grad():
                losses.append(loss_function(network(x_watched), y_watched).item())
        return np.array(losses)

    return run


def slices(x: torch.Tensor, y: torch.Tensor, order: np.ndarray) -> Batches:
    """Batches cut from the tensors themselves."""
    return ((x[batch], y[batch]) for batch in torch.from_numpy(order).split(BATCH_SIZE))


def loader(x: torch.Tensor, y: torch.Tensor, order: np.ndarray) -> Batches:
    """Batches that PyTorch's loader collects sample by sample."""
    return iter(DataLoader(TensorDataset(x, y), BATCH_SIZE, sampler=order.tolist()))


def _new_network(seed: int) -> EncoderDecoder:
    generator = torch.Generator().manual_seed(seed)
    return EncoderDecoder(4, 1, 4, hidden=(4,), generator=generator)


def _same(network: EncoderDecoder) -> EncoderDecoder:
    return network
