"""What a physics-based loss does for forecasts of Kuramoto–Sivashinsky.

On the autoencoders of ``plain_*``, three propagators each: without the loss, with it,
and without it but on eight times the data. They are tested on 200 starts, and what
comes of it goes to physics_{seed}.safetensors.
``python book/results/effective_dynamics/make_physics.py``, ten minutes on one core.
"""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from time import process_time

import numpy as np
import torch
from make_led import SEEDS, kuramoto_sivashinsky
from numpy.typing import NDArray
from torch import Tensor

import msbook as ms
from msbook.estimators.led.training import penalty_on_latents, train_propagator
from msbook.metrics import normalised_absolute_difference, valid_prediction_time
from msbook.networks import DelayedMLP
from msbook.networks.propagators.recurrent import Propagator

FOLDER = Path(__file__).parent
DT = 0.25
WEIGHT = 300.0  # chosen, as all settings here, on a training with another seed
ROLLOUTS = ((2, 500), (10, 500), (40, 1000))
N_FORECAST = 480
SOLVER = ms.Solver(ms.systems.KuramotoSivashinsky(), dt=DT)


def residual(states: NDArray[np.float64]) -> NDArray[np.float64]:
    """States after the first, less what the solver makes of the ones before."""
    starts = states[:, :-1].reshape(-1, states.shape[2])
    return states[:, 1:] - SOLVER.advance(starts, n_steps=1).reshape(
        states[:, 1:].shape
    )


def penalty(states: Tensor, size: float) -> Tensor:
    """Mean square of the residual, in that of an increment, times the weight."""
    before = states[:, :-1].detach().double().numpy()
    after = SOLVER.advance(before.reshape(-1, before.shape[2]), n_steps=1)
    expected = torch.from_numpy(after.reshape(before.shape)).to(states.dtype)
    return WEIGHT * (states[:, 1:] - expected).square().mean() / size**2


def with_propagator(
    led: ms.LED,
    recipe: Propagator,
    known: NDArray[np.float64],
    watched: NDArray[np.float64],
    *,
    rollouts: tuple[tuple[int, int], ...],
    seed: int,
    physics: Callable[[Tensor], Tensor] | None = None,
) -> ms.LED:
    """The same autoencoder with another propagator, trained with 64 windows."""
    new = deepcopy(led).set_params(propagator=recipe, rollouts=rollouts)
    new.propagator_ = recipe.build(
        led.propagator_.n_latent, torch.Generator().manual_seed(seed)
    )
    scalings = led.scaling_, led.latent_scaling_
    new.propagator_histories_ = train_propagator(
        new.propagator_,
        led.transform(known),
        led.transform(watched),
        rollouts=rollouts,
        n_warm_up=recipe.n_warm_up,
        batch_size=64,
        learning_rate=led.learning_rate,
        physics=physics and penalty_on_latents(physics, led.network_, *scalings, "cpu"),
        device="cpu",
        rng=np.random.default_rng(seed),
    )
    return new


def results(
    seed: int, states: NDArray[np.float64], test: NDArray[np.float64]
) -> dict[str, NDArray[np.float64]]:
    """Everything that is kept of one seed."""
    known, watched = states[:, :5000], states[:, 5000:10_000]
    more = np.concatenate((known, states[:, 10_000:]), axis=1)
    led = ms.io.load_model(FOLDER / f"plain_{seed}.safetensors")
    size = float(np.sqrt(np.mean(np.diff(known, axis=1) ** 2)))
    own = np.stack([known[0, n : n + 41] for n in range(0, 4800, 24)])
    truth = test[:, 1 : N_FORECAST + 1]
    places = {"training": own, "test": test[:, :41]}

    def wrong(paths: NDArray[np.float64]) -> float:
        return float(np.sqrt(np.mean(residual(paths) ** 2)) / size)

    def decoded(paths: NDArray[np.float64]) -> NDArray[np.float64]:
        return led.inverse_transform(led.transform(paths))

    found: dict[str, list] = {
        "nad": [],
        "horizon": [],
        "seconds": [],
        "residual": [],
    }
    for data, physics in (
        (known, None),
        (known, lambda paths: penalty(paths, size)),
        (more, None),
    ):
        begin = process_time()
        model = with_propagator(
            led,
            DelayedMLP((256, 256), n_delays=1),
            data,
            watched,
            rollouts=ROLLOUTS,
            seed=seed,
            physics=physics,
        )
        found["seconds"].append(process_time() - begin)
        forecast = model.forecast(test[:, :1], N_FORECAST)
        times = valid_prediction_time(forecast, truth, DT)
        found["horizon"].append(np.median(times))
        nad = normalised_absolute_difference(forecast, truth)
        found["nad"].append(nad.mean(axis=0))
        found["residual"].append(
            [wrong(model.forecast(u[:, :1], 41)) for u in places.values()]
        )
    return {
        **{name: np.array(values) for name, values in found.items()},
        "residual_decoded": np.array([wrong(decoded(u)) for u in places.values()]),
        "residual_true": np.array([wrong(u) for u in places.values()]),
    }


def main() -> None:
    """Train, test and keep, a file for each seed."""
    states = kuramoto_sivashinsky(45_000, 1, rng=0)
    test = kuramoto_sivashinsky(N_FORECAST + 1, 200, rng=1)
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_physics.py",
        seed=[*SEEDS],
    )
    for seed in SEEDS:
        arrays = results(seed, states, test)
        ms.io.save_arrays(FOLDER / f"physics_{seed}.safetensors", arrays, facts)


if __name__ == "__main__":
    main()
