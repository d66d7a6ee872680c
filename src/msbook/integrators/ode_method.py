"""What methods for ordinary differential equations share: the way to trajectories."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
from numba.core.errors import NumbaError
from numpy.typing import NDArray

from msbook.integrators.newton import NotConvergedError
from msbook.integrators.ode_compiled import integrate
from msbook.integrators.solution import IntegrationError
from msbook.systems.ode import ODE

_MOST_STEPS, _MOST_COMPILED_STEPS = 2**12, 2**20  # tried, in search of one that does
_AHEAD = 8  # steps of the length that failed, which a shorter one must pass
_COMPILING = Lock()  # threads that ask at once must get the same compiled step


@dataclass(frozen=True)
class ODEMethod(ABC):
    """A method for ordinary differential equations, with a fixed step."""

    @abstractmethod
    def march(
        self, system: ODE, t: float, y: NDArray[np.float64], dt: float
    ) -> Iterator[NDArray[np.float64]]:
        """States after one step, two steps, …, in NumPy.

        Parameters
        ----------
        system : ODE
            What moves.
        t, dt : float
            Start time and step.
        y : ndarray, shape (n_traj, dim)
            Starts.

        Yields
        ------
        ndarray, shape (n_traj, dim)

        Raises
        ------
        NotConvergedError
            If Newton's method does not find a step.
        """

    @abstractmethod
    def can_compile(self, system: ODE) -> bool:
        """Whether its step is short enough to be written out and compiled."""

    @abstractmethod
    def compile(self, system: ODE) -> tuple[Callable, int]:
        """Step for ``ode_compiled.integrate``, and its rows."""

    def run(
        self,
        system: ODE,
        t: float,
        dt: float,
        n_steps: int,
        save_every: int,
        out: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        """Fill ``out`` with trajectories, the starts included.

        Parameters
        ----------
        system : ODE
            What moves.
        t, dt : float
            Start time and step.
        n_steps, save_every : int
            Number of steps, and how many lie between two stored states.
        out : ndarray, shape (n_traj, n_steps // save_every + 1, dim)
            Filled in place.
        y : ndarray, shape (n_traj, dim)
            Starts.

        Raises
        ------
        IntegrationError
            If a state is not finite, or Newton's method does not converge.
        """
        out[:, 0] = y
        if system.compiled and self.can_compile(system):
            try:
                with _COMPILING:
                    step, rows = self.compile(system)
                failed, path, state = integrate(
                    step, rows, y, t, dt, save_every, system.parameters, out[:, 1:]
                )
            except NumbaError as error:
                warnings.warn(
                    "this system's drift does not compile, so it is stepped in NumPy; "
                    "give it compiled=False to say that this is meant. The compiler "
                    f"says: {str(error).strip().splitlines()[0]}",
                    RuntimeWarning,
                    stacklevel=5,
                )
            else:
                if failed and path < 0:
                    raise _blow_up(failed, t, dt)
                if failed:
                    run = partial(_runs_compiled, step, rows, system)
                    ahead = (n_steps - failed + 1, _MOST_COMPILED_STEPS)
                    raise _no_stages(run, t, dt, failed, ahead, state[None])
                return
        self._run_in_numpy(system, t, dt, n_steps, save_every, out, y)

    def _run_in_numpy(self, system, t, dt, n_steps, save_every, out, y) -> None:
        states = self.march(system, t, y, dt)
        for step in range(1, n_steps + 1):
            try:
                with np.errstate(over="ignore", invalid="ignore"):  # told below
                    new = next(states)
            except NotConvergedError as error:
                run, state = partial(_runs, self, system), y[error.path]
                ahead = (n_steps - step + 1, _MOST_STEPS)
                raise _no_stages(run, t, dt, step, ahead, state[None]) from error
            if not np.isfinite(new).all():
                raise _blow_up(step, t, dt)
            y = new
            if step % save_every == 0:
                out[:, step // save_every] = y


def _no_stages(
    runs: Callable[..., bool],
    t: float,
    dt: float,
    step: int,
    ahead: tuple[int, int],
    y: NDArray[np.float64],
) -> IntegrationError:
    """What to say where Newton's method failed, from the state before that step.

    ``ahead`` are the steps that are left, and how many may be tried.
    """
    shorter, shortest = _shorter_step(runs, t + (step - 1) * dt, dt, *ahead, y)
    if shorter:
        mend = f"Try dt = {shorter!r}, which goes on from there."
    else:
        mend = (
            f"No step down to {shortest:.3g} goes on from there: the solution may end. "
            "Try an earlier end of t_span."
        )
    return IntegrationError(
        f"Newton's method did not converge at step {step} (t = {t + step * dt:.6g}, "
        f"dt = {dt:.3g}): the equations of the step have no solution near the state "
        f"before, which changes too fast there for so long a step. {mend}"
    )


def _shorter_step(
    runs: Callable[..., bool],
    t: float,
    dt: float,
    rest: int,
    most: int,
    y: NDArray[np.float64],
) -> tuple[float, float]:
    """The longest of dt/2, dt/4, … that passes where dt fails, or 0; the last tried.

    One may pass by luck, on the far side of a jump: the next three must pass as well,
    and the third of the four is taken.
    """
    parts, passed = 1, 0
    while 2 * parts * min(rest, _AHEAD) <= most:
        parts *= 2
        n_steps = min(rest * parts, most)
        passed = passed + 1 if runs(t, dt / parts, n_steps, y) else 0
        if passed == 4:
            return 2 * dt / parts, dt / parts
    return 0.0, dt / parts


def _runs(
    method: ODEMethod,
    system: ODE,
    t: float,
    dt: float,
    n_steps: int,
    y: NDArray[np.float64],
) -> bool:
    """Whether so many steps pass, in NumPy."""
    states = method.march(system, t, y, dt)
    try:
        with np.errstate(over="ignore", invalid="ignore"):
            ends = [next(states) for _ in range(n_steps)]
    except NotConvergedError:
        return False
    return bool(np.isfinite(ends).all())


def _runs_compiled(
    step: Callable,
    rows: int,
    system: ODE,
    t: float,
    dt: float,
    n_steps: int,
    y: NDArray[np.float64],
) -> bool:
    """Whether so many steps pass, compiled."""
    end = np.empty((1, 1, system.dim))
    return integrate(step, rows, y, t, dt, n_steps, system.parameters, end)[0] == 0


def _blow_up(step: int, t: float, dt: float) -> IntegrationError:
    return IntegrationError(
        f"the state is not finite at step {step} (t = {t + step * dt:.6g}, "
        f"dt = {dt:.3g}). Either the solution itself blows up there, or the step is "
        "too long. Try a smaller dt; where that takes too many steps, the problem is "
        "stiff: try an implicit method, such as msbook.integrators.RADAU3, which names "
        "a step that does where its own is too long."
    )
