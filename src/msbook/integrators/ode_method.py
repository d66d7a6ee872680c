"""What methods for ordinary differential equations share: the way to trajectories."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numba.core.errors import NumbaError
from numpy.typing import NDArray

from msbook.integrators.newton import NotConvergedError
from msbook.integrators.ode_compiled import integrate
from msbook.integrators.solution import IntegrationError
from msbook.systems.ode import ODE

_MOST_HALVINGS = 20  # of a step, in search of one that does
_MOST_TRIED = 2**12  # steps, at each length
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
                    raise self._no_stages(system, t, dt, failed, state)
                return
        self._run_in_numpy(system, t, dt, save_every, out[:, 1:], y)

    def _run_in_numpy(self, system, t, dt, save_every, out, y) -> None:
        states = self.march(system, t, y, dt)
        for step in range(1, out.shape[1] * save_every + 1):
            try:
                with np.errstate(over="ignore", invalid="ignore"):  # told below
                    new = next(states)
            except NotConvergedError as error:
                raise self._no_stages(system, t, dt, step, y[error.path]) from error
            if not np.isfinite(new).all():
                raise _blow_up(step, t, dt)
            y = new
            if step % save_every == 0:
                out[:, step // save_every - 1] = y

    def _no_stages(self, system, t, dt, step, state) -> IntegrationError:
        """What to say where Newton's method failed, from a state before that step."""
        where = f"step {step} (t = {t + step * dt:.6g}, dt = {dt:.3g})"
        shorter = self._shorter_step(system, t + (step - 1) * dt, dt, state[None])
        mend = (
            f"From the state before, dt = {shorter!r} does: try this, or less."
            if shorter
            else "No shorter step does, from the state before: the solution may not go on, "
            "or the drift jump."
        )
        return IntegrationError(
            f"Newton's method did not converge at {where}: the stage equations have no "
            f"solution near the state, for the step is too long for what happens here. "
            f"{mend}"
        )

    def _shorter_step(self, system, t, dt, y) -> float:
        """The first of dt/2, dt/4, … that passes what dt fails in, or 0."""
        for halvings in range(1, _MOST_HALVINGS + 1):
            shorter = dt / 2**halvings
            states = self.march(system, t, y, shorter)
            n_steps = min(2 ** (halvings + 1), _MOST_TRIED)  # two of the long ones
            try:
                with np.errstate(over="ignore", invalid="ignore"):
                    ends = [next(states) for _ in range(n_steps)]
            except NotConvergedError:
                continue
            if np.isfinite(ends).all():
                return shorter
        return 0.0


def _blow_up(step: int, t: float, dt: float) -> IntegrationError:
    return IntegrationError(
        f"the state is not finite at step {step} (t = {t + step * dt:.6g}, "
        f"dt = {dt:.3g}). Either the solution itself blows up there, or the step is too "
        "long. Try a smaller dt; where that takes too many steps, the problem is stiff: "
        "try an implicit method, such as msbook.integrators.RADAU3, which names a step "
        "that does where its own is too long."
    )
