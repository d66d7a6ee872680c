"""A search over the settings of LED for particles, as in tables 1 to 4, but smaller.

Autoencoders with several numbers of latent variables, variational or not, and on the
plain ones with the paper's number the propagators. The seeds are not those of the
trainings that are judged elsewhere. Errors on the validation data go to
particle_search_{seed}.safetensors, and those of a much shorter search, a part of which
a test makes again, to particle_search.safetensors.
``python book/results/effective_dynamics/make_particle_search.py``, twelve minutes on
one core; ``make_particle_search.py 12`` is one of the seeds.
"""

import sys
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import make_particles_1d
import make_particles_3d
import numpy as np
from make_led import stages
from numpy.typing import NDArray

import msbook as ms
from msbook.networks import GRU, LSTM, DelayedMLP, ParticleAutoencoder
from msbook.networks.propagators.recurrent import Propagator

FOLDER = Path(__file__).parent
SEEDS = range(10, 13)
SHORTER = 10  # times, where a test makes it again
DT, WARM_UP = 0.5, 120
N_FORECAST, EVERY = 400, 20
N_STARTS = 8  # of forecasts, evenly spread over the validation data
VARIATIONAL = (0.0, 1.0)  # weight of the divergence
SIZES = (20, 100)
CELLS = ("lstm", "gru", "delays")


@dataclass(frozen=True)
class Search:
    """What differs between one dimension and three."""

    n_latent: tuple[int, ...]
    chosen: int  # the paper's
    n_parts: int
    n_delays: int


SEARCHES = {
    "1d": Search((1, 2, 4), chosen=1, n_parts=4, n_delays=60),
    "3d": Search((2, 4, 8, 12), chosen=8, n_parts=5, n_delays=40),
}


@cache
def clouds(name: str, t: float, rng: int) -> NDArray[np.float64]:
    """Clouds ``(1, 1000, 1000, dim)`` from the time t on, 0.5 apart."""
    if name == "1d":
        return make_particles_1d.clouds(1000, t, rng)
    return make_particles_3d.clouds("ad3", 1000, t, DT, rng)


def distance(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Wasserstein distance of clouds ``(..., n, dim)``, mean over everything else."""
    return float(np.abs(np.sort(first, axis=-2) - np.sort(second, axis=-2)).mean())


def with_autoencoder(
    name: str, n_latent: int, kl_weight: float, seed: int, shorter: int = 1
) -> ms.LED:
    """A trained autoencoder, and a propagator that is not trained to speak of."""
    return ms.LED(
        ParticleAutoencoder(
            n_latent,
            hidden=(40, 40),
            n_pooled=40,
            n_parts=SEARCHES[name].n_parts,
            kl_weight=kl_weight,
        ),
        "mlp",
        dt=DT,
        n_updates=1000 // shorter,
        rollouts=((1, 1),),
        batch_size=32,
        n_windows=64,
        random_state=seed,
    ).fit(clouds(name, 0.0, rng=0), validation=clouds(name, 500.0, rng=1))


def coding(name: str, led: ms.LED) -> tuple[float, float]:
    """Log-likelihood of validation data, and distance of what is decoded."""
    some = clouds(name, 500.0, rng=1)[0, ::5]
    decoded = led.sample(led.transform(some), rng=0)
    return float(led.log_likelihood(some).mean()), distance(decoded, some)


def propagator(name: str, cell: str, size: int) -> Propagator:
    """A recipe; all of them forecast the state itself, which here is the better way."""
    if cell == "delays":
        return DelayedMLP((size, size), SEARCHES[name].n_delays, increments=False)
    recipe = {"lstm": LSTM, "gru": GRU}[cell]
    return recipe(size, n_warm_up=60, increments=False)


def forecast_error(
    name: str, led: ms.LED, cell: str, size: int, shorter: int = 1
) -> float:
    """Wasserstein distance of forecasts of validation data, over 200 units of time."""
    known, watched = clouds(name, 0.0, rng=0), clouds(name, 500.0, rng=1)
    model = (
        deepcopy(led)
        .set_params(
            propagator=propagator(name, cell, size),
            rollouts=stages((20, 100), (100, 150), shorter=shorter),
        )
        .refit_propagator(known, validation=watched)
    )
    last = watched.shape[1] - WARM_UP - N_FORECAST
    begins = np.linspace(0, last, N_STARTS).astype(int)
    warm = np.stack([watched[0, k : k + WARM_UP] for k in begins])
    latents = model.forecast_latent(warm, N_FORECAST)[:, EVERY - 1 :: EVERY]
    asked = WARM_UP + np.arange(EVERY - 1, N_FORECAST, EVERY)
    truth = watched[0, begins[:, None] + asked]
    return distance(model.sample(latents, rng=0), truth)


def search(name: str, seed: int, shorter: int = 1) -> dict[str, NDArray[np.float64]]:
    """Errors of autoencoders ``(n_latent, variational, 2)`` and of propagators.

    Those of propagators are ``(cell, size)``. Beside them is the distance of a second
    run of the solver.
    """
    here = SEARCHES[name]
    leds = {
        setting: with_autoencoder(name, *setting, seed, shorter)
        for setting in product(here.n_latent, VARIATIONAL)
    }
    codings = [coding(name, led) for led in leds.values()]
    chosen = leds[here.chosen, 0.0]
    forecasts = [
        [forecast_error(name, chosen, cell, size, shorter) for size in SIZES]
        for cell in CELLS
    ]
    again, watched = clouds(name, 500.0, rng=2), clouds(name, 500.0, rng=1)
    return {
        f"coding_{name}": np.reshape(codings, (len(here.n_latent), 2, 2)),
        f"forecast_{name}": np.array(forecasts),
        f"again_{name}": np.array(distance(again, watched)),
    }


def main() -> None:
    """Search with the seed that is asked for, or with all, and keep it."""
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_particle_search.py",
        seed=[*SEEDS],
    )
    for seed in [int(sys.argv[1])] if len(sys.argv) > 1 else SEEDS:
        arrays = search("1d", seed) | search("3d", seed)
        path = FOLDER / f"particle_search_{seed}.safetensors"
        ms.io.save_arrays(path, arrays, facts)
    short = search("1d", SEEDS[0], SHORTER)
    ms.io.save_arrays(FOLDER / "particle_search.safetensors", short, facts)


if __name__ == "__main__":
    main()
