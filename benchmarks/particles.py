"""Clouds of particles between walls: compiled against NumPy."""

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

import msbook as ms
from benchmarks.timing import Implementation, Run, Workload

DT = 1e-3
TARGET = 4.0

Make = Callable[[ms.systems.AdvectionDiffusion, int, int], Run]


def workloads(n_particles: int = 1000, n_steps: int = 2000) -> list[Workload]:
    """One cloud in one dimension and in three."""
    line = ms.systems.AdvectionDiffusion(amplitude=(1.0,), frequency=(0.1,))
    return [
        _workload("cloud-1d", line, n_particles, n_steps),
        _workload("cloud-3d", ms.systems.AdvectionDiffusion(), n_particles, n_steps),
    ]


def _workload(
    name: str, system: ms.systems.AdvectionDiffusion, n_particles: int, n_steps: int
) -> Workload:
    def way(name: str, make: Make, target: float | None = None) -> Implementation:
        prepare = partial(make, system, n_particles, n_steps)
        return Implementation(name, prepare, target=target)

    return Workload(
        name,
        unit="ns a step and particle",
        units_per_second=1e9,
        steps=n_steps,
        ours=way("msbook", compiled),
        peers=(
            way("NumPy", numpy_by_hand, TARGET),
            way("msbook, not compiled", plain, TARGET),
        ),
    )


def compiled(
    system: ms.systems.AdvectionDiffusion, n_particles: int, n_steps: int
) -> Run:
    """Ours, the public way."""
    start = np.zeros((1, n_particles, system.dim))

    def run(seed: int) -> NDArray[np.float64]:
        return ms.Solver(system, dt=DT, rng=seed).advance(start, n_steps=n_steps)[0]

    return run


def plain(system: ms.systems.AdvectionDiffusion, n_particles: int, n_steps: int) -> Run:
    """Ours with ``compiled=False``."""
    return compiled(replace(system, compiled=False), n_particles, n_steps)


def numpy_by_hand(
    system: ms.systems.AdvectionDiffusion, n_particles: int, n_steps: int
) -> Run:
    """NumPy in place; only those beyond a wall are folded, and only once."""
    amplitude, frequency = np.array([system.amplitude, system.frequency])
    root, end = math.sqrt(system.diffusivity * DT), 0.5 * system.length

    def run(seed: int) -> NDArray[np.float64]:
        rng = np.random.default_rng(seed)
        x = np.zeros((n_particles, system.dim))
        noise = np.empty_like(x)
        for step in range(n_steps):
            rng.standard_normal(out=noise)
            noise *= root
            x += noise
            x += DT * amplitude * np.cos(frequency * (step * DT))
            beyond = np.abs(x) > end
            x[beyond] = np.copysign(system.length, x[beyond]) - x[beyond]
        return x

    return run
