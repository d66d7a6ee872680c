"""Paths of stochastic systems: compiled over lanes, or in NumPy."""

from __future__ import annotations

from threading import Lock
from typing import Any

import numpy as np
from numba.core.errors import NumbaError

from msbook.integrators.compiled import integrate
from msbook.integrators.solution import IntegrationError
from msbook.systems.langevin import Langevin
from msbook.systems.sde import SDE

_COMPILING = Lock()  # threads that ask at once must get the same compiled step


class CompilationError(Exception):
    """The compiler's complaint in one line, which can be sent between processes."""


def step_in_lanes(
    system: SDE | Langevin,
    method: Any,
    t: float,
    dt: float,
    n_steps: int,
    save_every: int,
    states: np.ndarray,
    out: np.ndarray,
    y: np.ndarray,
    increments: np.ndarray,
) -> None:
    """Fill ``out``, the start ``y`` included, in a compiled loop.

    Parameters are those of :func:`msbook.integrators.compiled.integrate`.

    Raises
    ------
    IntegrationError
        If a state is not finite.
    CompilationError
        If the system's functions do not compile.
    """
    out[:, 0] = y
    h, w = method.weights(system, dt)
    with _COMPILING:
        step = method.compile(system)
    try:
        broken = integrate(
            step, y, t, dt, n_steps, save_every, system.parameters,
            h, w, states, increments, out[:, 1:],
        )  # fmt: skip
    except NumbaError as error:
        raise CompilationError(str(error).strip().splitlines()[0]) from error
    if broken:
        raise _not_finite(broken, t, dt)


def step_in_numpy(
    system: SDE | Langevin,
    method: Any,
    t: float,
    dt: float,
    n_steps: int,
    save_every: int,
    rng: np.random.Generator,
    out: np.ndarray,
    y: np.ndarray,
    increments: np.ndarray | None,
) -> None:
    """Fill ``out``, the start ``y`` included, all paths at once.

    Raises
    ------
    IntegrationError
        If a state is not finite.
    """
    out[:, 0] = y
    shape = (len(y), system.noise_dim)
    for step in range(n_steps):
        if increments is None:
            increment = np.sqrt(dt) * rng.standard_normal(shape)
        else:
            increment = increments[:, step]
        with np.errstate(over="ignore", invalid="ignore"):  # told below
            y = method.step(system, t + step * dt, y, dt, increment)
        if not np.isfinite(y).all():
            raise _not_finite(step + 1, t, dt)
        if (step + 1) % save_every == 0:
            out[:, (step + 1) // save_every] = y


def _not_finite(step: int, t: float, dt: float) -> IntegrationError:
    return IntegrationError(
        f"the state is not finite at step {step} (t = {t + step * dt:.6g}, "
        f"dt = {dt:.3g}). Try a smaller dt, or a method that steps the linear part "
        "exactly."
    )
