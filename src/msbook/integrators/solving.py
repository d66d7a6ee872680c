"""`solve`, the one loop from a system to its trajectories."""

from __future__ import annotations

import warnings
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np

from msbook.integrators.compiled import LANES
from msbook.integrators.ensembles import run_ensemble
from msbook.integrators.gillespie import Gillespie
from msbook.integrators.normals import new_states
from msbook.integrators.one_step import EulerMaruyama, ExponentialEuler
from msbook.integrators.solution import Solution
from msbook.integrators.stepping import (
    CompilationError,
    step_in_lanes,
    step_in_numpy,
)
from msbook.integrators.stormer_verlet import StormerVerlet
from msbook.systems.langevin import Langevin
from msbook.systems.reactions import ReactionNetwork
from msbook.systems.sde import SDE

Seed = int | np.random.Generator | None
Method = EulerMaruyama | Gillespie | StormerVerlet

# The method of a kind of system; all other systems are stochastic equations.
_OWN_METHOD: dict[type, type] = {ReactionNetwork: Gillespie, Langevin: StormerVerlet}


class Solver:
    """A system bound to a method and a step.

    Parameters
    ----------
    system : SDE, Langevin or ReactionNetwork
        What moves.
    method : EulerMaruyama, ExponentialEuler, StormerVerlet or Gillespie, optional
        How; by default :class:`ExponentialEuler`, which is Euler–Maruyama for
        systems without linear decay rates, :class:`StormerVerlet` for a
        :class:`msbook.systems.Langevin` system and :class:`Gillespie` for reactions.
    dt : float
        Step, in the system's unit of time.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.
    executor : concurrent.futures.Executor, optional
        Who computes compiled ensembles; the numbers do not depend on it.

    Raises
    ------
    ValueError
        If ``dt`` is not positive, or the method is for another kind of system.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> solver = Solver(ms.systems.PeriodicSlowFast().hidden, dt=1e-4, rng=0)
    >>> solver.advance(np.zeros((5, 2)), n_steps=100).shape
    (5, 2)
    """

    def __init__(
        self,
        system: SDE | Langevin | ReactionNetwork,
        method: Method | None = None,
        *,
        dt: float,
        rng: Seed = None,
        executor: Executor | None = None,
    ) -> None:
        if not dt > 0:
            raise ValueError(f"dt must be positive; got {dt!r}.")
        own = next((o for k, o in _OWN_METHOD.items() if isinstance(system, k)), None)
        if method is None:
            method = ExponentialEuler() if own is None else own()
        if not isinstance(method, own or EulerMaruyama):
            raise ValueError(
                "Gillespie() is the method of a ReactionNetwork, StormerVerlet() that "
                "of a Langevin system, and of nothing else; got "
                f"{method!r} for a {type(system).__name__}."
            )
        self.system: Any = system
        self.method: Any = method
        self.dt = float(dt)
        self.rng = np.random.default_rng(rng)
        self.executor = executor

    def advance(self, y: np.ndarray, t: float = 0.0, n_steps: int = 1) -> np.ndarray:
        """States ``(n_traj, dim)`` after ``n_steps`` steps from time ``t``."""
        return self.trajectories(y, t, n_steps, save_every=n_steps)[:, -1]

    def trajectories(
        self,
        y: np.ndarray,
        t: float,
        n_steps: int,
        *,
        save_every: int = 1,
        increments: np.ndarray | None = None,
    ) -> np.ndarray:
        """Trajectories from ``y``, the start included.

        Parameters
        ----------
        y : ndarray, shape (n_traj, dim)
            Starts.
        t : float
            Start time.
        n_steps : int
            Number of steps.
        save_every : int
            Steps between two stored states.
        increments : ndarray, shape (n_traj, n_steps, noise_dim), optional
            Brownian increments to use in place of random ones.

        Returns
        -------
        ndarray, shape (n_traj, n_steps // save_every + 1, dim)
            States.

        Raises
        ------
        IntegrationError
            If a state is not finite, with step and time.
        """
        y = self._check_start(y)
        increments = self._check_increments(increments, len(y), n_steps)
        out = np.empty((len(y), n_steps // save_every + 1, self.system.dim))
        if isinstance(self.method, Gillespie):
            states = self.method.new_states(self.rng, len(y))
            run = partial(self.method.run, self.system, float(t), self.dt * save_every)
            run_ensemble(run, states, out, (y,), self.executor)
        else:
            self._step(y, (float(t), self.dt, n_steps, save_every), increments, out)
        return out

    def _step(self, y, grid: tuple[float, float, int, int], increments, out) -> None:
        system, method = self.system, self.method
        if system.compiled:
            states = new_states(self.rng, -(-len(y) // LANES))
            run = partial(step_in_lanes, system, method, *grid)
            none = np.empty((len(y), 0, system.noise_dim))
            arrays = (y, none if increments is None else increments)
            try:
                run_ensemble(run, states, out, arrays, self.executor, LANES)
                return
            except CompilationError as error:
                warnings.warn(
                    "this system's functions do not compile, so it is stepped in "
                    "NumPy; give it compiled=False to say that this is meant. The "
                    f"compiler says: {error}",
                    RuntimeWarning,
                    stacklevel=4,
                )
        step_in_numpy(system, method, *grid, self.rng, out, y, increments)

    def _check_start(self, y: Any) -> np.ndarray:
        y = np.array(y, dtype=float)
        if y.ndim != 2 or y.shape[1] != self.system.dim:
            raise ValueError(
                f"starts must have shape (n_traj, {self.system.dim}); got {y.shape}. "
                "For one start use y0[None]."
            )
        if not np.isfinite(y).all():
            raise ValueError("starts must be finite; got NaN or infinity.")
        if isinstance(self.method, Gillespie) and ((y < 0) | (y % 1 != 0)).any():
            raise ValueError(
                "starts of a reaction network are counts, whole and not negative; got "
                f"{y[((y < 0) | (y % 1 != 0)).any(axis=1)][0].tolist()}."
            )
        return np.ascontiguousarray(y)

    def _check_increments(self, increments, n_traj, n_steps) -> np.ndarray | None:
        if increments is None:
            return None
        if isinstance(self.method, Gillespie):
            raise ValueError("a reaction network takes no increments; got some.")
        increments = np.ascontiguousarray(increments, dtype=float)
        expected = (n_traj, n_steps, self.system.noise_dim)
        if increments.shape != expected:
            raise ValueError(
                "increments must have shape (n_traj, n_steps, noise_dim) = "
                f"{expected}; got {increments.shape}."
            )
        return increments


def solve(
    system: Any,
    y0: np.ndarray | None = None,
    *,
    t_span: tuple[float, float],
    dt: float,
    method: Method | None = None,
    rng: Seed = None,
    executor: Executor | None = None,
    increments: np.ndarray | None = None,
    save_every: int = 1,
) -> Solution:
    """Simulate a system on a regular time grid.

    A slow–fast system of :mod:`msbook.systems` is stepped in its hidden coordinates,
    where the steps are accurate, and then observed. Ask for ``system.observed`` to
    step the observed equations themselves.

    Parameters
    ----------
    system : SDE, SlowFast, Langevin or ReactionNetwork
        What moves.
    y0 : array, shape (dim,) or (n_traj, dim), optional
        Starts, in the coordinates of the trajectories returned; by default the
        system's own. Repeat a start for an ensemble:
        ``np.tile(system.y0, (1000, 1))``.
    t_span : (float, float)
        First and last time.
    dt : float
        Step; must divide the time span. Reactions have none, and here it is only the
        distance of the saved states.
    method : EulerMaruyama, ExponentialEuler, StormerVerlet or Gillespie, optional
        By default :class:`ExponentialEuler`, for a mechanical system
        :class:`StormerVerlet` and for reactions :class:`Gillespie`.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise: the same seed gives the same numbers.
    executor : concurrent.futures.Executor, optional
        Computes the ensemble in chunks: ``ThreadPoolExecutor(2)``, a process pool, or
        Dask's ``client.get_executor()``. The numbers are the same, bit for bit, on
        processors of one kind. Systems stepped in NumPy make no use of it.
    increments : ndarray, shape (n_traj, n_steps, noise_dim), optional
        Brownian increments to use in place of random ones.
    save_every : int
        Steps between two stored states; must divide the number of steps.

    Returns
    -------
    Solution
        Times ``t`` and states ``y`` of shape ``(n_traj, n_time, dim)``.

    Raises
    ------
    ValueError
        If an argument does not fit; the message says how to mend it.
    IntegrationError
        If a state is not finite.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.PeriodicSlowFast(eps=1e-3)
    >>> paths = ms.solve(system, t_span=(0, 2), dt=1e-4, save_every=100, rng=0)
    >>> paths.y.shape
    (1, 201, 2)
    """
    n_steps = _count_steps(t_span, dt, save_every)
    hidden = getattr(system, "hidden", None)
    start = np.atleast_2d(np.asarray(system.y0 if y0 is None else y0, dtype=float))
    if hidden is not None:
        start = system.hide(start)
    solver = Solver(hidden or system, method, dt=dt, rng=rng, executor=executor)
    y = solver.trajectories(
        start, t_span[0], n_steps, save_every=save_every, increments=increments
    )
    if hidden is not None:
        y = system.observe(y)
    return Solution(t=t_span[0] + dt * save_every * np.arange(y.shape[1]), y=y)


def _count_steps(t_span: tuple[float, float], dt: float, save_every: int) -> int:
    length = t_span[1] - t_span[0]
    if not (dt > 0 and length > 0 and np.isfinite(length)):
        raise ValueError(
            f"t_span must increase and dt must be positive; got {t_span}, dt={dt!r}."
        )
    n_steps = round(length / dt)
    if n_steps < 1 or abs(n_steps * dt - length) > 1e-6 * length:
        nearest = length / max(n_steps, 1)
        raise ValueError(
            f"dt must divide the time span {length:.6g}; got {dt!r}. "
            f"The nearest that does is {nearest:.10g}."
        )
    if save_every < 1 or n_steps % save_every:
        raise ValueError(
            f"save_every must divide the number of steps, {n_steps}; got {save_every}."
        )
    return n_steps
