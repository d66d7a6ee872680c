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
                if failed:
                    raise _failure(failed, t, dt, path >= 0)
                return
        self._run_in_numpy(system, t, dt, save_every, out[:, 1:], y)

    def _run_in_numpy(self, system, t, dt, save_every, out, y) -> None:
        states = self.march(system, t, y, dt)
        for step in range(1, out.shape[1] * save_every + 1):
            try:
                with np.errstate(over="ignore", invalid="ignore"):  # told below
                    y = next(states)
            except NotConvergedError as error:
                raise _failure(step, t, dt, finite=True) from error
            if not np.isfinite(y).all():
                raise _failure(step, t, dt, finite=False)
            if step % save_every == 0:
                out[:, step // save_every - 1] = y


def _failure(step: int, t: float, dt: float, finite: bool) -> IntegrationError:
    what = "Newton's method did not converge" if finite else "the state is not finite"
    mend = "a larger tolerance" if finite else "an implicit method"
    return IntegrationError(
        f"{what} at step {step} (t = {t + step * dt:.6g}, dt = {dt:.3g}). "
        f"Try a smaller dt, or {mend}."
    )
