"""The networks of the report on the wave in the square, trained on the report's data.

The autoencoders of figures 16 and 23, the former with batch normalisation too, and the
propagator of figure 19 on the latents of the first. All are trained far shorter than in
the report. Errors on test waves go to wave_report.safetensors.
``python book/results/led_toolkit/make_wave_report.py``, eight minutes on one core.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from make_wave import GRID
from numpy.typing import NDArray
from report_networks import ReportAutoencoder, ReportPropagator
from torch import Tensor, nn

import msbook as ms
from msbook.metrics import model_error

FOLDER = Path(__file__).parent
DT = 0.5
N_KNOWN, N_FORECAST = 200, 800
N_UPDATES = {"autoencoder": 2500, "propagator": 600}  # a few epochs of the report's
BATCH = {"autoencoder": 64, "propagator": 32}
RATE = 1e-3  # Adam, as in the report


def waves(seed: int, n: int) -> NDArray[np.float32]:
    """Waves ``(n, 1001, 2, 20, 20)``, solved with the report's steps."""
    firing = np.random.default_rng(seed).uniform(size=(n, 2))
    y = GRID.simulate(firing, (0, 500), dt=DT).y
    return y.reshape(n, -1, 2, GRID.n, GRID.n).astype(np.float32)


def train(
    network: nn.Module,
    loss: Callable[[NDArray[np.int64]], Tensor],
    n_samples: int,
    kind: str,
) -> None:
    """Adam on random batches, of whose rows the loss is a function."""
    optimizer = torch.optim.Adam(
        [p for p in network.parameters() if p.requires_grad], lr=RATE
    )
    rng = np.random.default_rng(0)
    for _ in range(N_UPDATES[kind]):
        optimizer.zero_grad()
        loss(rng.integers(n_samples, size=BATCH[kind])).backward()
        optimizer.step()
    network.eval()


def autoencoder(
    fields: NDArray[np.float32], *, coarse: bool, normalised: bool
) -> ReportAutoencoder:
    """Trained on fields ``(n, 2, 20, 20)``: mean squares, on coarse ones absolutes."""
    network = ReportAutoencoder(coarse=coarse, normalised=normalised)

    def loss(rows: NDArray[np.int64]) -> Tensor:
        batch = torch.from_numpy(fields[rows])
        error = network(batch) - batch
        return error.abs().mean() if coarse else error.square().mean()

    train(network, loss, len(fields), "autoencoder")
    return network


def propagator(latents: NDArray[np.float32]) -> ReportPropagator:
    """Trained on single steps of latents ``(n, n_time, 10)``: mean absolutes."""
    network = ReportPropagator()
    n_traj, n_time, _ = latents.shape
    n_starts = n_time - N_KNOWN

    def loss(rows: NDArray[np.int64]) -> Tensor:
        traj, start = np.divmod(rows, n_starts)
        times = start[:, None] + np.arange(N_KNOWN + 1)
        window = torch.from_numpy(latents[traj[:, None], times])
        return (network(window[:, :-1]) - window[:, -1]).abs().mean()

    train(network, loss, n_traj * n_starts, "propagator")
    return network


@torch.no_grad()
def forecast(network: ReportPropagator, known: Tensor) -> Tensor:
    """Latents ``(n, 800, 10)`` that follow a window ``(n, 200, 10)``."""
    window, steps = known, []
    for _ in range(N_FORECAST):
        steps.append(network(window))
        window = torch.cat((window[:, 1:], steps[-1][:, None]), dim=1)
    return torch.stack(steps, dim=1)


@torch.no_grad()
def by_portions(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A function of ``(n, ...)``, asked for ``(n_traj, n_time, ...)``."""
    found = [function(portion) for portion in x.flatten(0, 1).split(1000)]
    return torch.cat(found).unflatten(0, x.shape[:2])


def error(found: Tensor, truth: Tensor) -> NDArray[np.float64]:
    """Model error over the norm of the truth, mean of the test waves."""
    pair = (values.flatten(2).double().numpy() for values in (found, truth))
    return model_error(*pair, relative=True).mean()


def main() -> None:
    """Train, test and keep."""
    torch.manual_seed(0)
    known = waves(seed=0, n=100)
    scale = known.std(axis=(0, 1, 3, 4), keepdims=True)
    fields = (known / scale).reshape(-1, *known.shape[2:])
    size = torch.from_numpy(scale)
    test = torch.from_numpy(waves(seed=1000, n=20))
    found: dict[str, NDArray[np.float64]] = {}
    for name, coarse, normalised in (
        ("figure_16", False, False),
        ("figure_16_normalised", False, True),
        ("figure_23", True, False),
    ):
        network = autoencoder(fields, coarse=coarse, normalised=normalised)
        found[name] = error(by_portions(network, test / size) * size, test)
        if name == "figure_16":
            latents = by_portions(network.encode, torch.from_numpy(known / scale))
            spread = latents.std(dim=(0, 1))
            ahead = propagator((latents / spread).numpy())
            start = by_portions(network.encode, test[:, :N_KNOWN] / size) / spread
            states = by_portions(network.decoder, forecast(ahead, start) * spread)
            truth = test[:, N_KNOWN : N_KNOWN + N_FORECAST]
            found["led"] = error(states * size, truth)
    facts = ms.io.provenance(
        command="python book/results/led_toolkit/make_wave_report.py", seed=[0]
    )
    kept = {name: np.array(value) for name, value in found.items()}
    ms.io.save_arrays(FOLDER / "wave_report.safetensors", kept, facts)


if __name__ == "__main__":
    main()
