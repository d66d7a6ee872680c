"""LED on Brownian particles in one dimension, and ensembles in turns with the solver.

``ad1_*`` propagate the latent variable by a network of its last sixty values,
``ad1_lstm_*`` by an LSTM, five trainings each. Mean and variance of the clouds over
restarts go to ad1_moments.safetensors: of the solver, and of every training by its
latents alone and in turns. The losses of much shorter trainings, which a test makes
again, go to ad1.safetensors.
``python book/results/effective_dynamics/make_particles_1d.py``, ten minutes on one
core; ``make_particles_1d.py ad1 3`` trains one of them, and ``make_particles_1d.py
moments`` leaves the trainings as they are.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from make_led import losses, stages
from numpy.typing import NDArray
from particle_turns import EVERY, N_STEPS, TURNS, in_turns, moments

import msbook as ms
from msbook.networks import LSTM, DelayedMLP, ParticleAutoencoder

FOLDER = Path(__file__).parent
NAMES = ("ad1", "ad1_lstm")
SEEDS = range(5)
SHORTER = 25  # times, where a test makes it again
SYSTEM = ms.systems.AdvectionDiffusion(amplitude=(1.0,), frequency=(0.1,))
N_PARTICLES = 1000
DT, SUBSTEPS = 0.5, 100  # of the data, and steps of the solver in one of it
WARM_UP = 120
STARTS = (1000.0, 1020.0)  # times of the last known state
N_RESTARTS = 10


def new_solver(rng: int) -> ms.Solver:
    """The solver, with a step of 0.005."""
    return ms.Solver(SYSTEM, dt=DT / SUBSTEPS, rng=rng)


def clouds(n_time: int, t: float, rng: int) -> NDArray[np.float64]:
    """Clouds ``(1, n_time, 1000, 1)`` from the time t on, 0.5 apart."""
    solver = new_solver(rng)
    starts = SYSTEM.random_starts(1, N_PARTICLES, rng)
    settled = solver.advance(starts, t - 10.0, 20 * SUBSTEPS)
    n_steps = SUBSTEPS * (n_time - 1)
    return solver.trajectories(settled, t, n_steps, save_every=SUBSTEPS)


def train(name: str, seed: int, shorter: int = 1) -> ms.LED:
    """One of the fitted estimators, or one with that many times fewer updates."""
    propagator, rollouts = {
        "ad1": (
            DelayedMLP((32, 32), n_delays=60, increments=False),
            stages((20, 200), (100, 200), (400, 500), shorter=shorter),
        ),
        "ad1_lstm": (
            LSTM(32, n_warm_up=60, increments=False),
            stages((100, 200), (400, 300), shorter=shorter),
        ),
    }[name]
    return ms.LED(
        ParticleAutoencoder(1, hidden=(40, 40), n_pooled=40, n_parts=4),
        propagator,
        dt=DT,
        n_updates=1500 // shorter,
        rollouts=rollouts,
        batch_size=32,
        n_windows=32,
        random_state=seed,
    ).fit(clouds(1000, 0.0, rng=0), validation=clouds(1000, 500.0, rng=1))


def restarts(known: NDArray[np.float64], t: float) -> NDArray[np.float64]:
    """Moments by the solver alone, with twice as many restarts."""
    solver = new_solver(1)
    state, found = np.repeat(known[:, -1], 2 * N_RESTARTS, axis=0), []
    for k in range(N_STEPS // EVERY):
        state = solver.advance(state, t + DT * EVERY * k, EVERY * SUBSTEPS)
        found.append(moments(state))
    return np.stack(found, axis=1)


def main() -> None:
    """Train what is asked for, or everything, and keep it, and the moments."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) == 3 else []
    if len(sys.argv) == 1:
        chosen = [*product(NAMES, SEEDS)]
    for name, seed in chosen:
        ms.io.save_model(FOLDER / f"{name}_{seed}.safetensors", train(name, seed))
    if len(sys.argv) == 3:
        return
    known = [clouds(WARM_UP, t - DT * (WARM_UP - 1), rng=2) for t in STARTS]
    starts = list(zip(known, STARTS, strict=True))
    arrays = {"solver": np.array([restarts(*start) for start in starts])}
    for name in NAMES:
        leds = [ms.io.load_model(FOLDER / f"{name}_{s}.safetensors") for s in SEEDS]
        arrays[name] = np.array(
            [
                [
                    [in_turns(led, new_solver(0), *s, r, N_RESTARTS) for s in starts]
                    for r in TURNS
                ]
                for led in leds
            ]
        )
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_particles_1d.py",
        seed=[*SEEDS],
    )
    path = FOLDER / "ad1_moments.safetensors"
    single = {name: values.astype(np.float32) for name, values in arrays.items()}
    ms.io.save_arrays(path, single, facts)
    short = {name: losses(train(name, 0, SHORTER)) for name in NAMES}
    ms.io.save_arrays(FOLDER / "ad1.safetensors", short, facts)


if __name__ == "__main__":
    main()
