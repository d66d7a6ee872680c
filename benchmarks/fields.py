"""Partial differential equations: compiled against the same method in NumPy."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

import msbook as ms
from benchmarks.timing import Implementation, Run, Workload

BATCH = 100


@dataclass(frozen=True)
class Brusselator(ms.systems.ReactionDiffusion):
    """A reaction that oscillates, as fast as it diffuses over some nodes."""

    n_points: int = 64
    length: float = 1.0
    diffusivities: tuple[float, float] = (0.02, 0.02)

    @staticmethod
    def rates(u: Any, v: Any, p: tuple) -> tuple[Any, Any]:
        """One in, three in four of u to v, and back where they meet."""
        return 1.0 + u * u * v - 4.0 * u, 3.0 * u - u * u * v

    def random_starts(self, n: int, rng: int) -> np.ndarray:
        """Waves of random heights about the steady state."""
        waves = np.cos(np.pi * np.arange(1, 4)[:, None] * self.x / self.length)
        heights = 0.2 * np.random.default_rng(rng).normal(size=(n, 2, 3))
        return (np.array([1.0, 3.0])[:, None] + heights @ waves).reshape(n, -1)


def workloads(n_paths: int = BATCH, n_steps: int = 2000) -> list[Workload]:
    """Fields of each equation, one and many at a time."""
    fronts = ms.systems.FitzHughNagumo()
    lattice = ms.LatticeBoltzmannD1Q3()
    waves = ms.systems.KuramotoSivashinsky()
    exponential = ms.ETDRK4()
    clock, cosines = Brusselator(), ms.CosineETDRK4()
    return [
        _workload("front", fronts, lattice, 0.005, 1, n_steps, target=50.0),
        _workload("fronts", fronts, lattice, 0.005, n_paths, n_steps),
        _workload("chaos", waves, exponential, 0.025, 1, n_steps, target=10.0),
        _workload("chaos-many", waves, exponential, 0.025, n_paths, n_steps),
        _workload("clock", clock, cosines, 0.05, 1, n_steps, target=10.0),
        _workload("clocks", clock, cosines, 0.05, n_paths, n_steps),
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
