"""Partial differential equations: compiled against the same method in NumPy."""

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

import msbook as ms
from benchmarks.timing import Implementation, Run, Workload

BATCH = 100


def workloads(n_paths: int = BATCH, n_steps: int = 2000) -> list[Workload]:
    """Fields of each equation, one and many at a time."""
    fronts = ms.systems.FitzHughNagumo()
    lattice = ms.LatticeBoltzmannD1Q3()
    waves = ms.systems.KuramotoSivashinsky()
    exponential = ms.ETDRK4()
    return [
        _workload("front", fronts, lattice, 0.005, 1, n_steps, target=50.0),
        _workload("fronts", fronts, lattice, 0.005, n_paths, n_steps),
        _workload("chaos", waves, exponential, 0.025, 1, n_steps, target=10.0),
        _workload("chaos-many", waves, exponential, 0.025, n_paths, n_steps),
    ]


def _workload(
    name: str,
    system: Any,
    method: Any,
    dt: float,
    n_paths: int,
    n_steps: int,
    target: float | None = None,
) -> Workload:
    def prepare(compiled: bool) -> Run:
        return partial(
            run, replace(system, compiled=compiled), method, dt, n_paths, n_steps
        )

    return Workload(
        name,
        unit="ns a step and path",
        units_per_second=1e9,
        steps=n_steps,
        ours=Implementation("msbook", partial(prepare, compiled=True)),
        peers=(
            Implementation(
                "msbook, not compiled", partial(prepare, compiled=False), target=target
            ),
        ),
    )


def run(
    system: Any, method: Any, dt: float, n_paths: int, n_steps: int, seed: int
) -> np.ndarray:
    """Last states of fields from random starts."""
    starts = system.random_starts(n_paths, seed)
    out = np.empty((n_paths, 2, system.dim))
    method.run(system, 0.0, dt, n_steps, n_steps, out, starts)
    return out[:, -1]
