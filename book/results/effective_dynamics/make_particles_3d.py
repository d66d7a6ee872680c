"""LED on Brownian particles in three dimensions, and ensembles in turns.

``ad3_*`` are five trainings on the paper's system; ``peclet_100_*``, ``peclet_10_*``
and ``peclet_1_*`` five each at the Péclet numbers of its study. Mean and variance of
the clouds over restarts go to ad3_moments.safetensors, of every training by its latents
alone and in turns with the solver. The losses of much shorter trainings of both kinds,
which a test makes again, go to ad3.safetensors.
``python book/results/effective_dynamics/make_particles_3d.py``, twenty minutes on one
core; ``make_particles_3d.py ad3 3`` trains one of them, and ``make_particles_3d.py
moments`` leaves the trainings as they are.
"""

import sys
from functools import cache
from itertools import product
from pathlib import Path

import numpy as np
from make_led import losses, stages
from numpy.typing import NDArray
from particle_turns import TURNS, in_turns

import msbook as ms
from msbook.networks import DelayedMLP, ParticleAutoencoder

FOLDER = Path(__file__).parent
SEEDS = range(5)
SHORTER = 25  # times, where a test makes it again
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


def particles_3d(seed: int, shorter: int) -> ms.LED:
    """Trained on 1 000 states and watched on 1 000, as in the paper."""
    known = clouds("ad3", 1000, 0.0, 0.5, rng=0)
    watched = clouds("ad3", 1000, 500.0, 0.5, rng=1)
    return ms.LED(
        ParticleAutoencoder(8, hidden=(64, 64), n_pooled=64),
        DelayedMLP((64, 64), n_delays=40),
        dt=0.5,
        n_updates=2500 // shorter,
        rollouts=stages((20, 400), (120, 800), shorter=shorter),
        batch_size=32,
        n_windows=32,
        random_state=seed,
    ).fit(known, validation=watched)


def peclet(name: str, seed: int, shorter: int) -> ms.LED:
    """Trained on 500 states and watched on 500, with smaller networks."""
    known = clouds(name, 500, 0.0, 1.0, rng=0)
    watched = clouds(name, 500, 300.0, 1.0, rng=1)
    return ms.LED(
        ParticleAutoencoder(8, hidden=(40, 40), n_pooled=40),
        DelayedMLP((64, 64), n_delays=40),
        dt=1.0,
        n_updates=1500 // shorter,
        rollouts=stages((20, 400), (120, 800), shorter=shorter),
        batch_size=32,
        n_windows=32,
        random_state=seed,
    ).fit(known, validation=watched)


def train(name: str, seed: int, shorter: int = 1) -> ms.LED:
    """One of the fitted estimators, or one with that many times fewer updates."""
    if name == "ad3":
        return particles_3d(seed, shorter)
    return peclet(name, seed, shorter)


def new_solver() -> ms.Solver:
    """The solver that takes turns."""
    return ms.Solver(SYSTEM, dt=SOLVER_DT["ad3"], rng=0)


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
    found = [
        [in_turns(led, new_solver(), known, START, r, N_RESTARTS) for r in TURNS]
        for led in leds
    ]
    facts = ms.io.provenance(
        command="python book/results/effective_dynamics/make_particles_3d.py",
        seed=[*SEEDS],
    )
    arrays = {"known": known[0], "moments": np.array(found)}
    single = {name: values.astype(np.float32) for name, values in arrays.items()}
    ms.io.save_arrays(FOLDER / "ad3_moments.safetensors", single, facts)
    short = {name: losses(train(name, 0, SHORTER)) for name in ("ad3", "peclet_100")}
    ms.io.save_arrays(FOLDER / "ad3.safetensors", short, facts)


if __name__ == "__main__":
    main()
