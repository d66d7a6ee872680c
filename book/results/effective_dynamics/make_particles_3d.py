"""LED on Brownian particles in three dimensions, and ensembles in turns.

``ad3_*`` are five trainings on the paper's system; ``peclet_100_*``, ``peclet_10_*``
and ``peclet_1_*`` five each at the Péclet numbers of its study. Mean and variance of
the clouds over restarts go to ad3_moments.safetensors, of every training by its latents
alone and in turns with the solver.
``python book/results/effective_dynamics/make_particles_3d.py``, twenty minutes on one
core; ``make_particles_3d.py ad3 3`` trains one of them, and ``make_particles_3d.py
moments`` leaves the trainings as they are.
"""

import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.estimators import LatentState
from msbook.networks import DelayedMLP, ParticleAutoencoder

FOLDER = Path(__file__).parent
SEEDS = range(5)
N_PARTICLES = 1000
SYSTEM = ms.systems.AdvectionDiffusion()
SOLVER_DT = {"ad3": 5e-3, "peclet_100": 1e-2, "peclet_10": 1e-3, "peclet_1": 1e-4}
SYSTEMS = {
    "ad3": SYSTEM,
    **{
        f"peclet_{round(2 / d)}": ms.systems.AdvectionDiffusion(
            amplitude=(1.0, 1.74, 0.0), diffusivity=d
        )
        for d in (0.02, 0.2, 2.0)
    },
}
WARM_UP = 120
START = 1000.0  # time of the last known state
N_RESTARTS = 40
N_STEPS, EVERY = 7982, 26  # no round of turns is a multiple of 26 steps
TURNS = ((500, 100), (900, 100), (1800, 100), (N_STEPS, 0))


@cache
def clouds(
    name: str, n_time: int, t: float, dt: float, rng: int
) -> NDArray[np.float64]:
    """Clouds ``(1, n_time, 1000, 3)`` from the time t on, dt apart."""
    system, step = SYSTEMS[name], SOLVER_DT[name]
    solver = ms.Solver(system, dt=step, rng=rng)
    starts = system.random_starts(1, N_PARTICLES, rng)
    settled = solver.advance(starts, t - 10.0, round(10.0 / step))
    every = round(dt / step)
    return solver.trajectories(settled, t, every * (n_time - 1), save_every=every)


def particles_3d(seed: int) -> ms.LED:
    """Trained on 1 000 states and watched on 1 000, as in the paper."""
    known = clouds("ad3", 1000, 0.0, 0.5, rng=0)
    watched = clouds("ad3", 1000, 500.0, 0.5, rng=1)
    return ms.LED(
        ParticleAutoencoder(8, hidden=(64, 64), n_pooled=64),
        DelayedMLP((64, 64), n_delays=40),
        dt=0.5,
        n_updates=2500,
        rollouts=((20, 400), (120, 800)),
        batch_size=32,
        n_windows=32,
        random_state=seed,
    ).fit(known, validation=watched)


def peclet(name: str, seed: int) -> ms.LED:
    """Trained on 500 states and watched on 500, with smaller networks."""
    known = clouds(name, 500, 0.0, 1.0, rng=0)
    watched = clouds(name, 500, 300.0, 1.0, rng=1)
    return ms.LED(
        ParticleAutoencoder(8, hidden=(40, 40), n_pooled=40),
        DelayedMLP((64, 64), n_delays=40),
        dt=1.0,
        n_updates=1500,
        rollouts=((20, 400), (120, 800)),
        batch_size=32,
        n_windows=32,
        random_state=seed,
    ).fit(known, validation=watched)


def train(name: str, seed: int) -> ms.LED:
    """One of the fitted estimators."""
    return particles_3d(seed) if name == "ad3" else peclet(name, seed)


def moments(particles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean and variance of clouds ``(..., n_particles, 3)``, means over the axes."""
    m1, m2 = particles.mean(axis=-2), particles.var(axis=-2)
    return np.stack((m1.mean(axis=-1), m2.mean(axis=-1)), axis=-1)


def in_turns(
    led: ms.LED, known: NDArray[np.float64], n_macro: int, n_micro: int
) -> NDArray[np.float64]:
    """Moments of every 26th cloud, ``(n_restarts, n_times, 2)``.

    Clouds are drawn where they are looked at, and where the solver starts. The
    propagator is warmed up anew on the last states of a turn, as many as it remembers.
    """
    rng = np.random.default_rng(0)
    solver = ms.Solver(SYSTEM, dt=SOLVER_DT["ad3"], rng=rng)
    substeps = round(led.dt / solver.dt)
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
            START + led.dt * done,
            n * substeps,
            save_every=substeps,
        )[:, 1:]
        looked_at = np.flatnonzero((done + 1 + np.arange(n)) % EVERY == 0)
        found += [moments(path[:, i]) for i in looked_at]
        done += n
        position = led.warm_up(path[:, -40:])
    return np.stack(found, axis=1)


def main() -> None:
    """Train what is asked for, or everything, and keep it, and the moments."""
    chosen = [(sys.argv[1], int(sys.argv[2]))] if len(sys.argv) == 3 else []
    if len(sys.argv) == 1:
        chosen = [*product(SYSTEMS, SEEDS)]
    for name, seed in chosen:
        ms.io.save_model(FOLDER / f"{name}_{seed}.safetensors", train(name, seed))
    if len(sys.argv) == 3:
        return
    known = clouds("ad3", WARM_UP, START - 0.5 * (WARM_UP - 1), 0.5, rng=2)
    leds = [ms.io.load_model(FOLDER / f"ad3_{seed}.safetensors") for seed in SEEDS]
    found = [[in_turns(led, known, *turns) for turns in TURNS] for led in leds]
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_particles_3d.py",
        seed=[*SEEDS],
    )
    arrays = {"known": known[0], "moments": np.array(found)}
    single = {name: values.astype(np.float32) for name, values in arrays.items()}
    ms.io.save_arrays(FOLDER / "ad3_moments.safetensors", single, facts)


if __name__ == "__main__":
    main()
