"""LED on Brownian particles in one dimension, and ensembles in turns with the solver.

``ad1_*`` propagate the latent variable by a network of its last sixty values,
``ad1_lstm_*`` by an LSTM, five trainings each. Mean and variance of the clouds over
restarts go to ad1_moments.safetensors: of the solver, and of every training by its
latents alone and in turns.
``python book/results/effective_dynamics/make_particles_1d.py``, ten minutes on one
core; ``make_particles_1d.py ad1 3`` trains one of them, and ``make_particles_1d.py
moments`` leaves the trainings as they are.
"""

import sys
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.estimators import LatentState
from msbook.networks import LSTM, DelayedMLP, ParticleAutoencoder

FOLDER = Path(__file__).parent
NAMES = ("ad1", "ad1_lstm")
SEEDS = range(5)
SYSTEM = ms.systems.AdvectionDiffusion(amplitude=(1.0,), frequency=(0.1,))
N_PARTICLES = 1000
DT, SUBSTEPS = 0.5, 100  # of the data, and steps of the solver in one of it
WARM_UP = 120
STARTS = (1000.0, 1020.0)  # times of the last known state
N_RESTARTS = 10
N_STEPS, EVERY = 7982, 26  # no round of turns is a multiple of 26 steps
TURNS = ((500, 100), (900, 100), (1800, 100), (N_STEPS, 0))


def clouds(n_time: int, t: float, rng: int, n_traj: int = 1) -> NDArray[np.float64]:
    """Clouds ``(n_traj, n_time, 1000, 1)`` from the time t on, 0.5 apart."""
    solver = ms.Solver(SYSTEM, dt=DT / SUBSTEPS, rng=rng)
    starts = SYSTEM.random_starts(n_traj, N_PARTICLES, rng)
    settled = solver.advance(starts, t - 10.0, 20 * SUBSTEPS)
    n_steps = SUBSTEPS * (n_time - 1)
    return solver.trajectories(settled, t, n_steps, save_every=SUBSTEPS)


def train(name: str, seed: int) -> ms.LED:
    """One of the fitted estimators."""
    propagator, rollouts = {
        "ad1": (
            DelayedMLP((32, 32), n_delays=60, increments=False),
            ((20, 200), (100, 200), (400, 500)),
        ),
        "ad1_lstm": (
            LSTM(32, n_warm_up=60, increments=False),
            ((100, 200), (400, 300)),
        ),
    }[name]
    return ms.LED(
        ParticleAutoencoder(1, hidden=(40, 40), n_pooled=40, n_parts=4),
        propagator,
        dt=DT,
        n_updates=1500,
        rollouts=rollouts,
        batch_size=32,
        n_windows=32,
        random_state=seed,
    ).fit(clouds(1000, 0.0, rng=0), validation=clouds(1000, 500.0, rng=1))


def moments(particles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean and variance of clouds ``(..., n_particles, 1)``."""
    x = particles[..., 0]
    return np.stack((x.mean(axis=-1), x.var(axis=-1)), axis=-1)


def in_turns(
    led: ms.LED, known: NDArray[np.float64], t: float, n_macro: int, n_micro: int
) -> NDArray[np.float64]:
    """Moments of every 26th cloud, ``(n_restarts, n_times, 2)``.

    Clouds are drawn where they are looked at, and where the solver starts. The
    propagator is warmed up anew on the last states of a turn, as many as it remembers.
    """
    rng = np.random.default_rng(0)
    solver = ms.Solver(SYSTEM, dt=DT / SUBSTEPS, rng=rng)
    position = led.warm_up(known)
    position = LatentState(*(np.repeat(part, N_RESTARTS, axis=0) for part in position))
    found, done = [], 0
    while done < N_STEPS:
        n = min(n_macro, N_STEPS - done)
        latents, _ = led.propagate(position, n)
        looked_at = np.flatnonzero((done + 1 + np.arange(n)) % EVERY == 0)
        found += [moments(led.sample(latents[:, i], rng=rng)) for i in looked_at]
        done += n
        if done == N_STEPS:
            break
        n = min(n_micro, N_STEPS - done)
        path = solver.trajectories(
            led.sample(latents[:, -1], rng=rng),
            t + DT * done,
            n * SUBSTEPS,
            save_every=SUBSTEPS,
        )[:, 1:]
        looked_at = np.flatnonzero((done + 1 + np.arange(n)) % EVERY == 0)
        found += [moments(path[:, i]) for i in looked_at]
        done += n
        position = led.warm_up(path[:, -60:])
    return np.stack(found, axis=1)


def restarts(known: NDArray[np.float64], t: float) -> NDArray[np.float64]:
    """The same by the solver alone, with twice as many restarts."""
    solver = ms.Solver(SYSTEM, dt=DT / SUBSTEPS, rng=1)
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
            [[[in_turns(led, *s, *r) for s in starts] for r in TURNS] for led in leds]
        )
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_particles_1d.py",
        seed=[*SEEDS],
    )
    path = FOLDER / "ad1_moments.safetensors"
    single = {name: values.astype(np.float32) for name, values in arrays.items()}
    ms.io.save_arrays(path, single, facts)


if __name__ == "__main__":
    main()
