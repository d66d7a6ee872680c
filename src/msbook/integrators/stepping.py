"""Paths of stochastic systems: compiled over lanes, or in NumPy, with equal noise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import Any

import numpy as np
from numba import njit

from msbook._compile.tracing import Traced
from msbook._compile.writing import compile_text
from msbook.elementary import INLINED
from msbook.integrators.compiled import (
    LANES,
    compile_advance,
    integrate,
    steps_per_refill,
)
from msbook.integrators.interrupts import Slices
from msbook.integrators.normals import fill_normals
from msbook.integrators.solution import IntegrationError
from msbook.systems.langevin import Langevin
from msbook.systems.paths_apart import check_paths_apart
from msbook.systems.sde import SDE
from msbook.systems.walls import Wall, reflect

_reflect = njit(**INLINED)(reflect)
_COMPILING = Lock()  # threads that ask at once must get the same compiled step

Grid = tuple[float, float, int, int]  # start time, step, numbers of steps and per save


@dataclass(frozen=True)
class WrittenStep:
    """A method's step for a system, written out: it can be sent to other processes.

    Attributes
    ----------
    text : str
        Of ``advance``, see :func:`msbook.integrators.compiled.compile_advance`.
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

    Parameters are those of :func:`msbook.integrators.compiled.integrate`, and the
    numbers of the paths.

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
    method: Any,
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
