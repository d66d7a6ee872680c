"""A search over the settings of LED, as in tables 5 to 8 of the paper, but smaller.

FitzHugh–Nagumo: propagators on the autoencoders of ``fhn_*``, two of them trained
longer too, and principal components beside. Kuramoto–Sivashinsky: noise and decay of
autoencoders with the paper's layers, and two cells on each. Errors on test data go to
tuning_{search}_{seed}.safetensors.
``python book/results/effective_dynamics/make_tuning.py``, fifteen minutes on one core;
``make_tuning.py ks 3`` is one of them.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from make_led import SEEDS, fitzhugh_nagumo, kuramoto_sivashinsky
from make_physics import with_propagator
from numpy.typing import NDArray

import msbook as ms
from msbook.metrics import normalised_absolute_difference
from msbook.networks import (
    GRU,
    LSTM,
    DelayedMLP,
    DenseAutoencoder,
    PrincipalComponents,
)

FOLDER = Path(__file__).parent
NOISE = (0.01, 0.1)
DECAY = (0.0, 1e-4)
FHN_ROLLOUTS = ((2, 100), (10, 100), (60, 150))
LONGER_ROLLOUTS = ((2, 400), (10, 400), (60, 600))
KS_ROLLOUTS = ((10, 200), (40, 500))
N_WARM = 75  # FitzHugh–Nagumo, as in the paper
N_KNOWN, N_FORECAST = 8, 83  # Kuramoto–Sivashinsky: two units, one Lyapunov time


def fitzhugh_nagumo_error(led: ms.LED, test: NDArray[np.float64]) -> float:
    """Error of a forecast to the end of the run, mean of both fields."""
    known, truth = test[:, :N_WARM], test[:, N_WARM:]
    forecast = led.forecast(known, truth.shape[1])
    fields = zip(np.split(forecast, 2, axis=2), np.split(truth, 2, axis=2), strict=True)
    return float(np.mean([normalised_absolute_difference(*pair) for pair in fields]))


def fitzhugh_nagumo_errors(seed: int) -> dict[str, NDArray[np.float64]]:
    """Of the propagators, and of a dense one on principal components."""
    runs = fitzhugh_nagumo()
    data = runs[:3], runs[3:5]
    led = ms.io.load_model(FOLDER / f"fhn_{seed}.safetensors")
    dense = DelayedMLP((100, 100), n_delays=2)
    recipes = {
        "lstm_50": LSTM(50),
        "lstm_100": LSTM(100),
        "gru_50": GRU(50),
        "gru_100": GRU(100),
        "dense": dense,
    }
    found = {
        name: with_propagator(led, recipe, *data, rollouts=FHN_ROLLOUTS, seed=seed)
        for name, recipe in recipes.items()
    } | {
        f"components_{n}": ms.LED(
            PrincipalComponents(n),
            dense,
            n_fields=2,
            rollouts=FHN_ROLLOUTS,
            random_state=seed,
        ).fit(data[0], validation=data[1])
        for n in (8, 12)
    }
    return {
        name: np.array(fitzhugh_nagumo_error(led, runs[5:]))
        for name, led in found.items()
    }


def longer_errors(seed: int) -> dict[str, NDArray[np.float64]]:
    """Of both cells on FitzHugh–Nagumo, trained four times as long."""
    runs = fitzhugh_nagumo()
    led = ms.io.load_model(FOLDER / f"fhn_{seed}.safetensors")
    found = {
        name: with_propagator(
            led, recipe, runs[:3], runs[3:5], rollouts=LONGER_ROLLOUTS, seed=seed
        )
        for name, recipe in {"lstm_50": LSTM(50), "gru_50": GRU(50)}.items()
    }
    return {
        name: np.array(fitzhugh_nagumo_error(led, runs[5:]))
        for name, led in found.items()
    }


def kuramoto_sivashinsky_errors(
    seed: int,
) -> dict[str, NDArray[np.float64]]:
    """Squared errors of reconstruction ``(noise, decay)``, and of forecasts.

    The errors of forecasts, means over a Lyapunov time, are ``(noise, decay, cell)``.
    """
    states = kuramoto_sivashinsky(10_000, 1, rng=0)
    test = kuramoto_sivashinsky(N_KNOWN + N_FORECAST, 200, rng=1)
    known, watched = states[:, :5000], states[:, 5000:]
    start, truth = test[:, :N_KNOWN], test[:, N_KNOWN:]
    reconstruction = np.empty((len(NOISE), len(DECAY)))
    forecast = np.empty((len(NOISE), len(DECAY), 2))
    for i, j in np.ndindex(reconstruction.shape):
        # The propagator is replaced below, so one update of it is enough.
        led = ms.LED(
            DenseAutoencoder(
                8, (50,) * 5, "tanh", noise=NOISE[i], weight_decay=DECAY[j]
            ),
            "mlp",
            n_fields=1,
            dt=0.25,
            n_updates=1000,
            rollouts=((1, 1),),
            random_state=seed,
        ).fit(known, validation=watched)
        difference = led.inverse_transform(led.transform(truth)) - truth
        reconstruction[i, j] = np.mean((difference / led.scaling_.scale) ** 2)
        for k, cell in enumerate((GRU(50, 8), LSTM(50, 8))):
            model = with_propagator(
                led, cell, known, watched[:, :500], rollouts=KS_ROLLOUTS, seed=seed
            )
            errors = normalised_absolute_difference(
                model.forecast(start, N_FORECAST), truth
            )
            forecast[i, j, k] = errors.mean()
    frozen = np.broadcast_to(start[:, -1:], truth.shape)
    return {
        "noise": np.array(NOISE),
        "decay": np.array(DECAY),
        "reconstruction": reconstruction,
        "forecast": forecast,
        "persistence": np.array(normalised_absolute_difference(frozen, truth).mean()),
    }


SEARCHES = {
    "fhn": fitzhugh_nagumo_errors,
    "longer": longer_errors,
    "ks": kuramoto_sivashinsky_errors,
}


def main() -> None:
    """Search what is asked for, or everything, and keep it."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) > 1 else None
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_tuning.py",
        seed=[*SEEDS],
    )
    for name, seed in chosen or product(SEARCHES, SEEDS):
        path = FOLDER / f"tuning_{name}_{seed}.safetensors"
        ms.io.save_arrays(path, SEARCHES[name](seed), facts)


if __name__ == "__main__":
    main()
