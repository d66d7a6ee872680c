"""The report's own network for Van der Pol's oscillator, and its free forecast.

Three bidirectional LSTM layers and four dense ones with batch normalisation, trained to
forecast one step from a window of 70 states. The report has up to 200 epochs of batches
of 32 windows, 45 200 updates and seven hours on one core; here it is 1 200, with a
learning rate that falls to nothing over the last half, so that the short training ends
quietly. Forecasts from 50 unseen starts go to van_der_pol.safetensors.
``python book/results/led_toolkit/make_van_der_pol.py``, twelve minutes on one core.
"""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import msbook as ms

FOLDER = Path(__file__).parent
WINDOW, N_FORECAST = 70, 180
N_UPDATES, BATCH = 1200, 32
SEED = 0


def series(n_traj: int, rng: int) -> NDArray[np.float64]:
    """Solutions ``(n_traj, 251, 2)`` from random starts in the report's square."""
    starts = np.random.default_rng(rng).uniform(-5, 5, (n_traj, 2))
    return ms.solve(
        ms.systems.van_der_pol(),
        starts,
        t_span=(0, 25),
        dt=0.1,
        method=ms.Theta(0.5),
    ).y


class ReportNetwork(nn.Module):
    """From windows ``(n, 70, 2)`` to the states that follow, ``(n, 2)``.

    Batch normalisation stands where figure 19 has it in the other example: after each
    recurrent layer but the last, and after each hidden dense layer.
    """

    def __init__(self) -> None:
        super().__init__()
        sizes = (2, 64, 128, 256)
        inputs = (2, 128, 256)  # both directions of the layer before
        self.recurrent = nn.ModuleList(
            nn.LSTM(n, size, batch_first=True, bidirectional=True)
            for n, size in zip(inputs, sizes[1:], strict=True)
        )
        self.norms = nn.ModuleList(batch_norm(n) for n in inputs[1:])
        layers: list[nn.Module] = []
        for n_in, n_out in ((512, 256), (256, 128), (128, 64)):
            layers += [nn.Linear(n_in, n_out), nn.ReLU(), batch_norm(n_out)]
        self.dense = nn.Sequential(*layers, nn.Linear(64, 2))

    def forward(self, windows: Tensor) -> Tensor:
        """Forecasts of the next state."""
        x, _ = self.recurrent[0](windows)
        for norm, layer in zip(self.norms, self.recurrent[1:], strict=True):
            x, _ = layer(norm(x.transpose(1, 2)).transpose(1, 2))
        # The last state that each direction comes to.
        forward, backward = x.chunk(2, dim=-1)
        return self.dense(torch.cat((forward[:, -1], backward[:, 0]), dim=-1))


def batch_norm(n: int) -> nn.BatchNorm1d:
    """With the constants of Keras, in which the report is written."""
    return nn.BatchNorm1d(n, eps=1e-3, momentum=0.01)


def train(runs: NDArray[np.float64]) -> tuple[ReportNetwork, NDArray[np.float64]]:
    """The network and its loss, a mean over 20 updates an entry."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    views = np.lib.stride_tricks.sliding_window_view(runs, WINDOW + 1, axis=1)
    windows = views.transpose(0, 1, 3, 2).reshape(-1, WINDOW + 1, 2)
    network = ReportNetwork()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1.0, 2 * (1 - step / N_UPDATES))
    )
    losses = []
    for _ in range(N_UPDATES):
        rows = rng.integers(len(windows), size=BATCH)
        batch = torch.tensor(windows[rows], dtype=torch.float32)
        optimizer.zero_grad()
        loss = (network(batch[:, :-1]) - batch[:, -1]).abs().mean()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    return network.eval(), np.array(losses).reshape(-1, 20).mean(axis=1)


def forecast(network: ReportNetwork, known: NDArray[np.float64]) -> NDArray[np.float64]:
    """What follows windows ``(n, 70, 2)``, each step from the last 70 states."""
    window, found = torch.tensor(known, dtype=torch.float32), []
    with torch.no_grad():
        for _ in range(N_FORECAST):
            found.append(network(window))
            window = torch.cat((window[:, 1:], found[-1][:, None]), dim=1)
    return torch.stack(found, dim=1).double().numpy()


def one_step_errors(
    network: ReportNetwork, test: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Forecast less truth at every tenth of the steps to be forecast."""
    errors = []
    for first in range(0, N_FORECAST, 10):
        window = torch.tensor(test[:, first : first + WINDOW], dtype=torch.float32)
        with torch.no_grad():
            errors.append(network(window).numpy() - test[:, first + WINDOW])
    return np.stack(errors, axis=1)


def main() -> None:
    """Train, forecast and keep."""
    network, losses = train(series(50, rng=0)[:40])
    test = series(50, rng=1)
    ms.io.save_arrays(
        FOLDER / "van_der_pol.safetensors",
        {
            "forecast": forecast(network, test[:, :WINDOW]),
            "one_step": one_step_errors(network, test),
            "losses": losses,
            "n_parameters": np.array(sum(p.numel() for p in network.parameters())),
        },
        ms.io.provenance(
            command="python book/results/led_toolkit/make_van_der_pol.py", seed=SEED
        ),
    )


if __name__ == "__main__":
    main()
