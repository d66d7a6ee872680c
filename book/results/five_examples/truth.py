"""What the full systems do."""

from dataclasses import dataclass

import numpy as np
from cases import Case
from numpy.typing import NDArray

N_PATHS = 10_000  # of a test, as in the paper
N_ONE_STEP = 50_000
N_STATES = 4  # in which one-step laws are compared
N_POINTS = 300  # on which drift and diffusion are
N_GRID = 60


@dataclass(frozen=True)
class Truth:
    """What the full system does: paths, one-step laws, points to compare at."""

    paths: NDArray | None
    states: NDArray
    one_step: list[NDArray]
    points: NDArray
    grid: NDArray

    @classmethod
    def of(cls, case: Case) -> "Truth":
        """Simulate, with seeds that no training has."""
        rng = np.random.default_rng(1000)
        _, (x, _) = case.data(20_000, case.t_data, case.lag, rng)
        low, high = np.quantile(x, (0.025, 0.975), axis=0)
        inside = x[np.all((low < x) & (x < high), axis=1)]
        points = inside[rng.choice(len(inside), N_POINTS, replace=False)]
        grid = np.linspace(low, high, N_GRID)
        states, one_step, paths = points[:0], [], None
        if case.own:
            states = np.vstack([case.x0, points[: N_STATES - 1]])
        for state in states:
            start = np.exp(state) if case.logarithm else state
            path = case.paths(N_ONE_STEP, case.lag, case.lag, start, rng)
            one_step.append(path[:, 1])
        if case.own or case.budget:
            system = case.system
            paths = case.paths(N_PATHS, system.t_end, case.lag, system.x0, rng)
        return cls(paths, states, one_step, points, grid)
