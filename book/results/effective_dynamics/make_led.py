"""LED on FitzHugh–Nagumo and on Kuramoto–Sivashinsky, five trainings each.

``fhn_*`` learn the former; ``ks_*`` the latter with its images under shifts and
reflection, ``plain_*`` without them, as the paper does. The fitted estimators go to
{name}_{seed}.safetensors, and the losses of a much shorter training of each kind, which
a test makes again, to led.safetensors.
``python book/results/effective_dynamics/make_led.py``, forty minutes on one core;
``make_led.py ks 3`` trains one of them.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.networks import DelayedMLP, DenseAutoencoder

FOLDER = Path(__file__).parent
NAMES = ("fhn", "ks", "plain")
SEEDS = range(5)
SHORTER = 100  # times, where a test makes it again


def fitzhugh_nagumo() -> NDArray[np.float64]:
    """Six runs ``(6, 451, 202)``: three to train on, two to watch, one to test."""
    system = ms.systems.FitzHughNagumo()
    runs = ms.solve(
        system, system.starts(), t_span=(0, 452), dt=0.005, save_every=200
    ).y
    return runs[:, 2:]


def kuramoto_sivashinsky(n_time: int, n_traj: int, rng: int) -> NDArray[np.float64]:
    """States ``(n_traj, n_time, 64)`` 0.25 apart, after a transient of 1 000."""
    system = ms.systems.KuramotoSivashinsky()
    solver = ms.Solver(system, dt=0.025)
    starts = solver.advance(system.random_starts(n_traj, rng), n_steps=40_000)
    return solver.trajectories(starts, 0.0, 10 * (n_time - 1), save_every=10)


def train(name: str, seed: int, shorter: int = 1) -> ms.LED:
    """One of the fitted estimators, or one with that many times fewer updates."""
    if name == "fhn":
        runs = fitzhugh_nagumo()
        return ms.LED(
            DenseAutoencoder(8),
            DelayedMLP((100, 100), n_delays=2),
            n_fields=2,
            n_updates=3000 // shorter,
            rollouts=stages((2, 1000), (10, 1000), (60, 2500), shorter=shorter),
            n_windows=256,
            random_state=seed,
        ).fit(runs[:3], validation=runs[3:5])
    system = ms.systems.KuramotoSivashinsky()
    states = kuramoto_sivashinsky(10_000, 1, rng=0)
    known, watched = states[:, :5000], states[:, 5000:]
    if name == "ks":
        known = system.symmetric_copies(known, 16)
        watched = system.symmetric_copies(watched, 2)
    return ms.LED(
        DenseAutoencoder(8),
        DelayedMLP((256, 256), n_delays=1),
        n_fields=1,
        dt=0.25,
        n_updates=6000 // shorter,
        rollouts=stages((2, 2000), (10, 2000), (40, 2000), shorter=shorter),
        batch_size=512,
        n_windows=256,
        random_state=seed,
    ).fit(known, validation=watched)


def stages(*rollouts: tuple[int, int], shorter: int) -> tuple[tuple[int, int], ...]:
    """Steps and updates of each stage, the latter divided."""
    return tuple((n_steps, n_updates // shorter) for n_steps, n_updates in rollouts)


def losses(led: ms.LED) -> NDArray[np.float64]:
    """Losses on the data watched: of the autoencoder, then stage by stage."""
    histories = [led.history_, *led.propagator_histories_]
    return np.concatenate([h.validation_loss for h in histories if h is not None])


def main() -> None:
    """Train what is asked for, or everything, and keep it."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) > 1 else None
    for name, seed in chosen or product(NAMES, SEEDS):
        ms.io.save_model(FOLDER / f"{name}_{seed}.safetensors", train(name, seed))
    short = {name: losses(train(name, 0, SHORTER)) for name in NAMES}
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_led.py", seed=[*SEEDS]
    )
    ms.io.save_arrays(FOLDER / "led.safetensors", short, facts)


if __name__ == "__main__":
    main()
