"""What else could be done with the wave in the square: comparisons over five seeds.

``smoothing``: the propagator of ``wave_{seed}`` trained again on latents that were
smoothed by a filter of Savitzky and Golay, by a moving average, or not at all.
``size``: short trainings with other numbers of latent variables. ``joint``: networks
of ``wave_{seed}`` trained on together, or apart with as many updates of each.
Model errors on test waves go to wave_{what}_{seed}.safetensors.
``python book/results/led_toolkit/make_wave_ways.py``, seventy minutes on one core;
``make_wave_ways.py joint 3`` is one of them.
"""

import sys
from copy import deepcopy
from itertools import product
from pathlib import Path

import numpy as np
import torch
from make_wave import (
    DT,
    GRID,
    N_FORECAST,
    N_KNOWN,
    PROPAGATOR,
    SEEDS,
    TIMES,
    Data,
    errors,
    exact_waves,
    new_led,
    unseen_waves,
)
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d
from scipy.signal import savgol_filter
from torch import Tensor, nn

import msbook as ms
from msbook.estimators.led.training import train_propagator, windows_of
from msbook.metrics import model_error
from msbook.networks import AutoencoderNetwork
from msbook.training.by_loss import minimise

FOLDER = Path(__file__).parent
FINE = 5  # states of the report, 0.5 apart, from one of ours to the next
WINDOW, ORDER = 31, 2  # of the filters, in the report's states
SIZES = (2, 6, 10)
MORE_SIZES = (1, 3, 4)  # with the first seed only
N_JOINT, N_WINDOWS, N_FREE = 600, 16, 40
JOINT_RATE = 2e-4  # five times as much made the forecast worse


def savitzky_golay(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Latents ``(n_traj, n_time, n_latent)``, smoothed."""
    return np.asarray(savgol_filter(z, WINDOW, ORDER, axis=1))


def moving_average(z: NDArray[np.float64]) -> NDArray[np.float64]:
    """Latents ``(n_traj, n_time, n_latent)``, smoothed."""
    return uniform_filter1d(z, WINDOW, axis=1, mode="nearest")


FILTERS = {"none": np.array, "sg": savitzky_golay, "ma": moving_average}


def smoothing(seed: int) -> dict[str, NDArray[np.float64]]:
    """Model errors with and without filters, and what decoding smoothed latents costs.

    The known states of a forecast are smoothed as those of the training were.
    """
    led = ms.io.load_model(FOLDER / f"wave_{seed}.safetensors")
    times = DT / FINE * np.arange(FINE * (len(TIMES) - 1) + 1)
    firing = np.random.default_rng(seed).uniform(size=(170, 2))
    latents = np.concatenate([led.transform(GRID.waves([p], times)) for p in firing])
    points = np.random.default_rng(1000).uniform(size=(20, 2))  # of the unseen waves
    encoded = led.transform(GRID.waves(points, times))
    truth = unseen_waves()
    found = {}
    for name, smoothed in FILTERS.items():
        z = smoothed(latents)[:, ::FINE]
        propagator = PROPAGATOR.build(z.shape[2], torch.Generator().manual_seed(seed))
        train_propagator(
            propagator,
            z[:150],
            z[150:],
            rollouts=((20, 400), (80, 200)),
            n_warm_up=PROPAGATOR.n_warm_up,
            batch_size=64,
            learning_rate=led.learning_rate,
            physics=None,
            device="cpu",
            rng=np.random.default_rng(seed),
        )
        start = torch.tensor(
            smoothed(encoded[:, : FINE * (N_KNOWN - 1) + 1])[:, ::FINE]
        )
        with torch.no_grad():
            forecast, _ = propagator.rollout(start, N_FORECAST)
        fields = led.inverse_transform(forecast[:, -N_FORECAST:].numpy())
        decoded = led.inverse_transform(smoothed(encoded)[:, ::FINE])
        found[name] = model_error(fields, truth[:, N_KNOWN:], relative=True).mean()
        found[f"{name}/decoded"] = model_error(decoded, truth, relative=True).mean()
    return found


def size(seed: int) -> dict[str, NDArray[np.float64]]:
    """Model errors of short trainings, and errors of reconstruction."""
    known, watched = exact_waves(seed, 200)
    waves, found = unseen_waves(), {}
    for n in SIZES + MORE_SIZES * (seed == 0):
        led = new_led("wave", seed, n_latent=n).set_params(
            n_updates=1500, rollouts=((20, 250), (80, 150))
        )
        led.fit(known, validation=watched)
        for name, error in errors(led, waves).items():
            found[f"{n}/{name}"] = error
    return found


class Both(nn.Module):
    """Autoencoder and propagator as one network, of scaled states."""

    mean: Tensor
    scale: Tensor

    def __init__(self, led: ms.LED) -> None:
        super().__init__()
        assert isinstance(led.network_, AutoencoderNetwork)
        self.network, self.propagator = led.network_, led.propagator_
        scaling = led.latent_scaling_
        self.register_buffer("mean", torch.tensor(scaling.mean))
        self.register_buffer("scale", torch.tensor(scaling.scale))

    def loss(self, states: Tensor) -> Tensor:
        """Of reconstruction and of decoded forecasts, ``(n, n_time, dim)``."""
        z = self.network.encode(states)
        scaled = (z - self.mean) / self.scale
        forecast, _ = self.propagator.rollout(scaled[:, :-N_FREE], N_FREE)
        ahead = self.network.decode(self.mean + self.scale * forecast[:, -N_FREE:])
        rebuilt = self.network.decode(z)
        return (rebuilt - states).square().mean() + (
            ahead - states[:, -N_FREE:]
        ).square().mean()


def trained_on(led: ms.LED, data: Data, seed: int, *, together: bool) -> ms.LED:
    """A copy after further updates of both networks."""
    led = deepcopy(led)
    both = Both(led).to(torch.float32)
    length = PROPAGATOR.n_warm_up + N_FREE
    known, watched = (
        windows_of(led.scaling_.scaled(waves), length, most)
        for waves, most in zip(data, (2_000, 200), strict=True)
    )
    settings = {
        "n_updates": N_JOINT,
        "batch_size": N_WINDOWS,
        "learning_rate": JOINT_RATE,
        "rng": seed,
    }
    if together:
        minimise(both, both.loss, (known,), validation=(watched,), **settings)
    else:
        network = both.network
        minimise(network, network.error, (known,), validation=(watched,), **settings)
        network.to(torch.float64)
        z, followed = (
            windows_of(led.transform(waves), length, most)
            for waves, most in zip(data, (2_000, 200), strict=True)
        )
        propagator = both.propagator

        def loss(z: Tensor) -> Tensor:
            forecast, _ = propagator.rollout(z[:, :-N_FREE], N_FREE)
            return (forecast[:, -N_FREE:] - z[:, -N_FREE:]).square().mean()

        minimise(propagator, loss, (z,), validation=(followed,), **settings)
    both.to(torch.float64)
    return led


def joint(seed: int) -> dict[str, NDArray[np.float64]]:
    """Model errors before, after joint training, and after training apart."""
    led = ms.io.load_model(FOLDER / f"wave_{seed}.safetensors")
    data = exact_waves(100 + seed, 400, 10)
    waves = unseen_waves()
    return {"before": errors(led, waves)["forecast"]} | {
        name: errors(trained_on(led, data, seed, together=name == "together"), waves)[
            "forecast"
        ]
        for name in ("together", "apart")
    }


WAYS = {"smoothing": smoothing, "size": size, "joint": joint}


def main() -> None:
    """Compare what is asked for, or everything, and keep it."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) > 1 else None
    facts = ms.io.provenance(
        command="python book/results/led_toolkit/make_wave_ways.py", seed=[*SEEDS]
    )
    for name, seed in chosen or product(WAYS, SEEDS):
        path = FOLDER / f"wave_{name}_{seed}.safetensors"
        found = {key: np.array(value) for key, value in WAYS[name](seed).items()}
        ms.io.save_arrays(path, found, facts)


if __name__ == "__main__":
    main()
