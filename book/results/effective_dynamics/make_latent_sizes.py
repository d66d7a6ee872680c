"""How well autoencoders reconstruct, by their number of latent variables.

Plain and variational ones on FitzHugh–Nagumo and on Kuramoto–Sivashinsky, five seeds
each, with principal components beside. Mean squared errors on test data, in the
variance of the training data, go to latent_sizes_fhn.safetensors and
latent_sizes_ks.safetensors.
``python book/results/effective_dynamics/make_latent_sizes.py``, eight minutes.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from make_led import fitzhugh_nagumo, kuramoto_sivashinsky
from numpy.typing import NDArray

import msbook as ms
from msbook.networks import (
    Autoencoder,
    DenseAutoencoder,
    PrincipalComponents,
    VariationalAutoencoder,
)

FOLDER = Path(__file__).parent
SEEDS = range(5)
SIZES = {"fhn": (1, 2, 4, 8, 12, 16, 32), "ks": (2, 4, 8, 12, 16)}
VARIATIONAL_SIZES = {"fhn": (4, 8), "ks": (8,)}
LONGER_SIZES = {"fhn": (8,), "ks": ()}  # trained three times as long
FIELDS = {"fhn": 2, "ks": 1}
N_UPDATES = {"fhn": 2000, "ks": 1200}
BATCH_SIZE = {"fhn": 64, "ks": 256}
DECODER_STD = {"fhn": 0.01, "ks": 0.03}  # about the error of the plain ones

Data = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


def data(name: str) -> Data:
    """Trajectories to train on, to watch, and to test."""
    if name == "fhn":
        runs = fitzhugh_nagumo()
        return runs[:3], runs[3:5], runs[5:]
    system = ms.systems.KuramotoSivashinsky()
    states = kuramoto_sivashinsky(10_000, 1, rng=0)
    return (
        system.symmetric_copies(states[:, :5000], 16),
        states[:, 5000:],
        kuramoto_sivashinsky(5000, 1, rng=1),
    )


def error(
    name: str, runs: Data, autoencoder: Autoencoder, seed: int, longer: int = 1
) -> float:
    """Mean squared error of reconstruction, in the variance of the data."""
    known, watched, test = runs
    # The propagator is not looked at, so one update of it is enough.
    led = ms.LED(
        autoencoder,
        "mlp",
        n_fields=FIELDS[name],
        n_updates=longer * N_UPDATES[name],
        batch_size=BATCH_SIZE[name],
        rollouts=((1, 1),),
        random_state=seed,
    ).fit(known, validation=watched)
    difference = led.inverse_transform(led.transform(test)) - test
    return float(np.mean((difference / led.scaling_.scale) ** 2))


def errors(
    name: str, runs: Data, recipes: Sequence[Autoencoder], longer: int = 1
) -> NDArray[np.float64]:
    """Errors ``(recipe, seed)``."""
    found = [
        [error(name, runs, recipe, seed, longer) for seed in SEEDS]
        for recipe in recipes
    ]
    return np.reshape(found, (len(recipes), len(SEEDS)))


def main() -> None:
    """Train everything and keep the errors, a file for each system."""
    for name, sizes in SIZES.items():
        runs, some, few = data(name), VARIATIONAL_SIZES[name], LONGER_SIZES[name]
        variational = partial(VariationalAutoencoder, decoder_std=DECODER_STD[name])
        arrays = {
            "sizes": np.array(sizes),
            "plain": errors(name, runs, [DenseAutoencoder(n) for n in sizes]),
            "pca": np.array(
                [error(name, runs, PrincipalComponents(n), 0) for n in sizes]
            ),
            "variational_sizes": np.array(some),
            "variational": errors(name, runs, [variational(n) for n in some]),
            "longer_sizes": np.array(few, dtype=int),
            "longer": errors(name, runs, [DenseAutoencoder(n) for n in few], longer=3),
        }
        facts = ms.io.provenance(
            command="python book/results/effective_dynamics/make_latent_sizes.py",
            seed=[*SEEDS],
        )
        path = FOLDER / f"latent_sizes_{name}.safetensors"
        ms.io.save_arrays(path, arrays, facts)


if __name__ == "__main__":
    main()
