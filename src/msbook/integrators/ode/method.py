"""What methods for ordinary differential equations share: the way to trajectories."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from msbook.equations.ode import ODE
from msbook.equations.paths_apart import check_paths_apart
from msbook.equations.rows import try_trace
from msbook.integrators.method import NoiselessMethod
from msbook.integrators.ode.jacobian import Motion, compile_motion, trace_jacobian
from msbook.integrators.ode.method_kernels import CompiledODE, integrate
from msbook.integrators.ode.newton import NotConvergedError
from msbook.integrators.solution import IntegrationError

_MOST_STEPS, _MOST_COMPILED_STEPS = 2**12, 2**20  # tried, in search of one that does
_AHEAD = 8  # steps of the length that failed, which a shorter one must pass
_COMPILING = Lock()  # threads that ask at once must get the same compiled step


@dataclass(frozen=True)
class ODEMethod(NoiselessMethod):
    """A method for ordinary differential equations, with a fixed step."""

    moves = ODE

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

    @property
    @abstractmethod
    def implicit(self) -> bool:
        """Whether equations are solved in a step, with the Jacobian of the drift."""

    @abstractmethod
    def compile(self, motion: Motion) -> tuple[Callable, int]:
        """Step for ``method_kernels.integrate``, and its rows."""

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
        """Fill ``out``, the starts included; see ``NoiselessMethod``."""
        out[:, 0] = y
        grid = (t, dt, n_steps, save_every)
        traced = None
        if system.compiled and self.can_compile(system):
            traced = try_trace(system.motion, "this system", t=None, y=system.dim)
        if traced is None:
            self._run_in_numpy(system, grid, out, y)
            return
        slopes = trace_jacobian(system) if self.implicit else None
        for jacobian, exact in ((slopes, False), (None, True)):
            with _COMPILING:
                motion = compile_motion(traced, jacobian, exact)
                step, rows = self.compile(motion)
            constants = (jacobian or traced).constants  # those of the drift come first
            compiled = CompiledODE(step, rows, constants)
            failure = integrate(compiled, y, grid, out)
            if failure is None:
                return
            if failure.reason == "blow-up":
                raise _blow_up(failure.step, failure.path, t, dt)
            if failure.reason == "stages":
                run = partial(_runs_compiled, compiled, system.dim)
                ahead = (n_steps - failure.step + 1, _MOST_COMPILED_STEPS)
                state = failure.state[None]
                raise _no_stages(run, t, dt, failure.step, ahead, state)

    def _run_in_numpy(
        self,
        system: ODE,
        grid: tuple[float, float, int, int],
        out: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        t, dt, n_steps, save_every = grid
        check_paths_apart(partial(system.drift, t), y)
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
                path = int((~np.isfinite(new)).any(axis=1).argmax())
                raise _blow_up(step, path, t, dt)
            y = new
            if step % save_every == 0:
                out[:, step // save_every] = y
        check_paths_apart(partial(system.drift, t + n_steps * dt), y)


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
    compiled: CompiledODE,
    dim: int,
    t: float,
    dt: float,
    n_steps: int,
    y: NDArray[np.float64],
) -> bool:
    """Whether so many steps pass, compiled."""
    end = np.empty((1, 2, dim))
    return integrate(compiled, y, (t, dt, n_steps, n_steps), end) is None


def _blow_up(step: int, path: int, t: float, dt: float) -> IntegrationError:
    cause = "the solution itself blows up there"
    if step == 1:
        cause = "the drift is not defined at the start, as √−1 is not"
    return IntegrationError(
        f"the state of path y0[{path}] is not finite at step {step} (t = "
        f"{t + step * dt:.6g}, dt = {dt:.3g}). Either {cause}, or the step is "
        "too long. Try a smaller dt; where that takes too many steps, the problem is "
        "stiff: try an implicit method, such as msbook.integrators.RADAU3, which names "
        "a step that does where its own is too long."
    )
