"""Forecasts of clouds in turns with the solver, restarted many times."""

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from msbook.estimators import LatentState

N_STEPS, EVERY = 7982, 26  # no round of turns is a multiple of 26 steps
TURNS = ((500, 100), (900, 100), (1800, 100), (N_STEPS, 0))


def moments(particles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean and variance of clouds ``(..., n_particles, dim)``, means over the axes."""
    m1, m2 = particles.mean(axis=-2), particles.var(axis=-2)
    return np.stack((m1.mean(axis=-1), m2.mean(axis=-1)), axis=-1)


def in_turns(
    led: ms.LED,
    solver: ms.Solver,
    known: NDArray[np.float64],
    t: float,
    turns: tuple[int, int],
    n_restarts: int,
) -> NDArray[np.float64]:
    """Moments of every 26th cloud, ``(n_restarts, n_times, 2)``.

    Clouds are drawn where they are looked at, and where the solver starts. The
    propagator is warmed up anew on the last states of a turn, as many as it was
    trained with.

    Parameters
    ----------
    known : ndarray, shape (1, n_known, n_particles, dim)
        The warm-up, which ends at the time t.
    turns : (int, int)
        Steps on latents, and with the solver.
    """
    rng = solver.rng
    n_macro, n_micro = turns
    substeps = round(led.dt / solver.dt)
    position = led.warm_up(known)
    position = LatentState(*(np.repeat(part, n_restarts, axis=0) for part in position))
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
            t + led.dt * done,
            n * substeps,
            save_every=substeps,
        )[:, 1:]
        looked_at = np.flatnonzero((done + 1 + np.arange(n)) % EVERY == 0)
        found += [moments(path[:, i]) for i in looked_at]
        done += n
        position = led.warm_up(path[:, -led.propagator.n_warm_up :])
    return np.stack(found, axis=1)
