"""What a method must be, so that :class:`msbook.Solver` can step a system with it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from concurrent.futures import Executor
from functools import partial
from typing import Any, ClassVar

import numpy as np

from msbook._compile.kernels.lanes import LANES
from msbook.integrators.ensembles import run_ensemble
from msbook.integrators.solution import IntegrationError

Grid = tuple[float, float, int, int]  # start time, step, numbers of steps and per save


class Method(ABC):
    """How systems of one kind move.

    Attributes
    ----------
    moves : type
        Class of the systems.
    takes_increments : bool
        Whether Brownian increments may be given in place of random ones.
    """

    moves: ClassVar[type]
    takes_increments: ClassVar[bool] = False

    def check_starts(self, system: Any, y: np.ndarray) -> None:
        """Raise a ValueError where starts, finite and of the right shape, do not do."""
        del system, y

    @abstractmethod
    def fill(
        self, system: Any, grid: Grid, y: np.ndarray, out: np.ndarray, *,
        increments: np.ndarray | None, rng: np.random.Generator,
        executor: Executor | None,
    ) -> None:  # fmt: skip
        """Fill trajectories, the starts included.

        Parameters
        ----------
        system : object of class ``moves``
            What moves.
        grid : tuple
            Start time, step, number of steps, and steps between two stored states.
        y : ndarray, shape (n_traj, dim)
            Starts.
        out : ndarray, shape (n_traj, n_time, dim)
            Filled in place.
        increments : ndarray, shape (n_traj, n_steps, noise_dim), or None
            Brownian increments to use in place of random ones.
        rng : numpy.random.Generator
            Source of the noise.
        executor : concurrent.futures.Executor or None
            Who computes.

        Raises
        ------
        IntegrationError
            If a state is not finite, with step and time.
        """


class NoiselessMethod(Method):
    """A method for systems without noise: trajectories are all that it makes."""

    @abstractmethod
    def run(
        self,
        system: Any,
        t: float,
        dt: float,
        n_steps: int,
        save_every: int,
        out: np.ndarray,
        y: np.ndarray,
    ) -> None:
        """Fill ``out`` with trajectories, the starts included.

        Parameters
        ----------
        system : object of class ``moves``
            What moves.
        t, dt : float
            Start time and step.
        n_steps, save_every : int
            Number of steps, and how many lie between two stored states.
        out : ndarray, shape (n_traj, n_steps // save_every + 1, dim)
            Filled in place; NaN before.
        y : ndarray, shape (n_traj, dim)
            Starts.

        Raises
        ------
        IntegrationError
            If a state is not finite, or a step cannot be solved for.
        """

    def fill(
        self, system: Any, grid: Grid, y: np.ndarray, out: np.ndarray, *,
        increments: np.ndarray | None, rng: np.random.Generator,
        executor: Executor | None,
    ) -> None:  # fmt: skip
        """Fill trajectories, the starts included; see ``Method``."""
        del increments, rng
        blocks = np.empty(-(-len(y) // LANES))  # no noise, so nothing in them
        run = partial(_run_chunk, self, system, grid)
        run_ensemble(run, blocks, out, (y,), executor, LANES)


def _run_chunk(
    method: NoiselessMethod,
    system: Any,
    grid: Grid,
    states: np.ndarray,
    out: np.ndarray,
    y: np.ndarray,
) -> None:
    out.fill(np.nan)  # what a method leaves is seen, and not what the memory held
    method.run(system, *grid, out, y)
    with np.errstate(invalid="ignore", over="ignore"):
        total = out.sum()  # a look that takes no memory
    if np.isnan(total) and (unfilled := np.isnan(out)).any():
        path, save = (int(i) for i in np.argwhere(unfilled)[0, :2])
        raise IntegrationError(
            f"{type(method).__name__}.run must fill all of out, shape {out.shape}; it "
            f"left NaN in the state out[{path}, {save}]."
        )
