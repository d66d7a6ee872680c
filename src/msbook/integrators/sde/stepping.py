"""Paths of stochastic systems: compiled over lanes, or in NumPy, with equal noise."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numba import njit

from msbook._compile.kernels.elementary import INLINED
from msbook._compile.kernels.interrupts import Slices
from msbook._compile.kernels.lanes import LANES
from msbook._compile.kernels.normals import fill_normals, new_states
from msbook._compile.tracing.trace import Traced
from msbook._compile.tracing.writing import compile_text
from msbook.equations.langevin import Langevin
from msbook.equations.paths_apart import check_paths_apart
from msbook.equations.sde import SDE
from msbook.equations.walls import Wall, reflect
from msbook.integrators.ensembles import run_ensemble
from msbook.integrators.method import Grid, Method
from msbook.integrators.sde.stepping_kernels import (
    compile_advance,
    integrate,
    steps_per_refill,
)
from msbook.integrators.solution import IntegrationError

_reflect = njit(**INLINED)(reflect)
_COMPILING = Lock()  # threads that ask at once must get the same compiled step


@dataclass(frozen=True)
class WrittenStep:
    """A method's step for a system, written out: it can be sent to other processes.

    Attributes
    ----------
    text : str
        Of ``advance``, see :func:`stepping_kernels.compile_advance`.
    function : str
        Name in it of the system's function.
    traced : Traced
        That function.
    walls : tuple of (float, float), optional
        Between which the text folds components back.
    """

    text: str
    function: str
    traced: Traced
    walls: tuple[Wall, ...] | None = None

    def compile(self, exact: bool) -> Callable:
        """The compiled ``advance``, its sines and cosines fast or exact."""
        with _COMPILING:
            function = compile_text(self.traced.text, exact)
            names = ((self.function, function), ("walls", self.walls))
            return compile_advance(self.text, (*names, ("reflect", _reflect)))


class SteppingMethod(Method):
    """A method that moves paths, driven by Brownian motions, step by step.

    Steps are written out and compiled where the system's functions can be, and else
    made in NumPy; both draw the same numbers.
    """

    takes_increments = True

    @abstractmethod
    def write(self, system: Any) -> WrittenStep | None:
        """The step written out, or None where the system's functions cannot be."""

    @abstractmethod
    def weights(self, system: Any, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Arrays that the written step reads as ``h`` and ``w``."""

    @abstractmethod
    def step(
        self, system: Any, t: float, y: np.ndarray, dt: float, increment: np.ndarray
    ) -> np.ndarray:
        """Advance states ``(..., dim)`` by one step in NumPy."""

    def fill(
        self, system: Any, grid: Grid, y: np.ndarray, out: np.ndarray, *,
        increments: np.ndarray | None, rng: np.random.Generator,
        executor: Executor | None,
    ) -> None:  # fmt: skip
        """Fill trajectories, the starts included; see ``Method``."""
        states = new_states(rng, -(-len(y) // LANES))
        written = self.write(system) if system.compiled else None
        if written is None:
            step_in_numpy(system, self, grid, states, out, y, increments)
            return
        run = partial(step_in_lanes, written, self.weights(system, grid[1]), grid)
        none = np.empty((len(y), 0, system.noise_dim))
        arrays = (y, none if increments is None else increments, np.arange(len(y)))
        run_ensemble(run, states, out, arrays, executor, LANES)


def step_in_lanes(
    step: WrittenStep,
    weights: tuple[np.ndarray, np.ndarray],
    grid: Grid,
    states: np.ndarray,
    out: np.ndarray,
    y: np.ndarray,
    increments: np.ndarray,
    paths: np.ndarray,
) -> None:
    """Fill ``out``, the start ``y`` included, in a compiled loop.

    Parameters are those of :func:`stepping_kernels.integrate`, and the numbers of the
    paths.

    Raises
    ------
    IntegrationError
        If a state is not finite.
    """
    out[:, 0] = y
    constants = step.traced.constants
    for exact in (False, True):
        failure = integrate(
            step.compile(exact), y, grid, constants, weights, states, increments, out
        )
        if failure is None:
            return
        broken, path, beyond = failure
        if not beyond:
            raise not_finite(broken, paths[path], grid)


def step_in_numpy(
    system: SDE | Langevin,
    method: SteppingMethod,
    grid: Grid,
    states: np.ndarray,
    out: np.ndarray,
    y: np.ndarray,
    increments: np.ndarray | None,
) -> None:
    """Fill ``out``, the start ``y`` included, all paths at once.

    Raises
    ------
    IntegrationError
        If a state is not finite.
    ValueError
        If the system's functions mix paths.
    """
    out[:, 0] = y
    t, dt, n_steps, save_every = grid
    _check_paths_apart(system, t, y)
    if increments is None:
        noise = draw_increments(states, len(y), system.noise_dim, dt)
    else:
        noise = iter(np.moveaxis(increments, 1, 0))
    slices, slice_end = Slices(), 0
    for step in range(n_steps):
        if step == slice_end:
            slice_end += slices.take(n_steps - step)
        with np.errstate(all="ignore"):  # told below
            y = method.step(system, t + step * dt, y, dt, next(noise))
        if not np.isfinite(y).all():
            path = int((~np.isfinite(y)).any(axis=1).argmax())
            raise not_finite(step + 1, path, grid)
        if (step + 1) % save_every == 0:
            out[:, (step + 1) // save_every] = y
    _check_paths_apart(system, t + n_steps * dt, y)


def _check_paths_apart(system: SDE | Langevin, t: float, y: np.ndarray) -> None:
    if isinstance(system, SDE):
        check_paths_apart(partial(system.drift, t), y)
        check_paths_apart(partial(system.diffusion, t), y)
    else:
        check_paths_apart(system.potential.gradient, y[:, : system.dim // 2])


def draw_increments(
    states: np.ndarray, n_traj: int, noise_dim: int, dt: float
) -> Iterator[np.ndarray]:
    """Brownian increments step by step, the numbers that compiled loops draw.

    Parameters
    ----------
    states : ndarray of uint64, shape (n_blocks, 4, N_GENERATORS)
        One random state for each block of ``LANES`` paths, advanced in place.
    n_traj, noise_dim : int
        Numbers of paths and of Brownian motions.
    dt : float
        Step, the increments' variance.

    Yields
    ------
    ndarray, shape (n_traj, noise_dim)
    """
    n_steps = steps_per_refill(noise_dim)
    buffer = np.empty((len(states), n_steps * noise_dim * LANES))
    bits = np.empty(buffer.shape[1], np.uint64)
    while True:
        for state, normals in zip(states, buffer, strict=True):
            fill_normals(state, bits, normals, np.sqrt(dt))
        lanes = buffer.reshape(len(states), n_steps, noise_dim, LANES)
        paths = np.moveaxis(lanes, (1, 2), (0, 3)).reshape(
            n_steps, len(states) * LANES, noise_dim
        )
        yield from paths[:, :n_traj]


def not_finite(step: int, path: int, grid: Grid) -> IntegrationError:
    """The error of a path that blows up."""
    t, dt = grid[:2]
    return IntegrationError(
        f"the state of path y0[{path}] is not finite at step {step} (t = "
        f"{t + step * dt:.6g}, dt = {dt:.3g}). Where the equation itself stays finite, "
        "a smaller dt helps, or a method that steps the linear part exactly. Where a "
        "square root or a logarithm meets a negative number, because a step went "
        "beyond 0, no dt does: write np.sqrt(np.maximum(y[i], 0.0)), or step the "
        "logarithm of y[i]."
    )
