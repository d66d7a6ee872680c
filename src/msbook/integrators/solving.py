"""`solve`, the one loop from a system to its trajectories."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numba.core.errors import NumbaError

from msbook.integrators.compiled import LANES, compile_step, integrate
from msbook.integrators.normals import new_states
from msbook.integrators.one_step import EulerMaruyama, ExponentialEuler
from msbook.systems.sde import SDE

Seed = int | np.random.Generator | None


class IntegrationError(ValueError):
    """The state of a simulation left the finite numbers."""


@dataclass(frozen=True)
class Solution:
    """Trajectories on a common time grid.

    Attributes
    ----------
    t : ndarray, shape (n_time,)
        Times, the start included.
    y : ndarray, shape (n_traj, n_time, dim)
        States.
    """

    t: np.ndarray
    y: np.ndarray


class Solver:
    """A system bound to a method and a step.

    Parameters
    ----------
    system : SDE
        What moves.
    method : EulerMaruyama or ExponentialEuler, optional
        How; by default :class:`ExponentialEuler`, which is Euler–Maruyama for
        systems without linear decay rates.
    dt : float
        Step, in the system's unit of time.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.

    Raises
    ------
    ValueError
        If ``dt`` is not positive.

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
        system: SDE,
        method: EulerMaruyama | None = None,
        *,
        dt: float,
        rng: Seed = None,
    ) -> None:
        if not dt > 0:
            raise ValueError(f"dt must be positive; got {dt!r}.")
        self.system = system
        self.method = ExponentialEuler() if method is None else method
        self.dt = float(dt)
        self.rng = np.random.default_rng(rng)

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
        out[:, 0] = y
        run = self._run_compiled if self.system.compiled else self._run_numpy
        broken = run(y, t, n_steps, save_every, increments, out[:, 1:])
        if broken:
            raise IntegrationError(
                f"the state is not finite at step {broken} "
                f"(t = {t + broken * self.dt:.6g}, dt = {self.dt:.3g}). "
                "Try a smaller dt, or a method that steps the linear part exactly."
            )
        return out

    def _run_compiled(self, y, t, n_steps, save_every, increments, out) -> int:
        system = self.system
        n_blocks = -(-len(y) // LANES)
        h, w = self.method.weights(system, self.dt)
        if increments is None:
            increments = np.empty((len(y), 0, system.noise_dim))
        step = compile_step(
            system.drift_rows,
            system.diffusion_rows,
            system.dim,
            system.noise_dim,
            system.noise,
        )
        try:
            return integrate(
                step, y, float(t), self.dt, n_steps, save_every,
                tuple(float(value) for value in system.parameters),
                h, w, new_states(self.rng, n_blocks), increments, out,
            )  # fmt: skip
        except NumbaError as error:
            warnings.warn(
                "this system's functions do not compile, so it is stepped in NumPy; "
                "pass compiled=False to SDE to say that this is meant. The compiler "
                f"says: {str(error).strip().splitlines()[0]}",
                RuntimeWarning,
                stacklevel=4,
            )
            given = increments if increments.shape[1] else None
            return self._run_numpy(y, t, n_steps, save_every, given, out)

    def _run_numpy(self, y, t, n_steps, save_every, increments, out) -> int:
        shape = (len(y), self.system.noise_dim)
        for step in range(n_steps):
            if increments is None:
                increment = np.sqrt(self.dt) * self.rng.standard_normal(shape)
            else:
                increment = increments[:, step]
            now = t + step * self.dt
            with np.errstate(over="ignore", invalid="ignore"):  # told below
                y = self.method.step(self.system, now, y, self.dt, increment)
            if not np.isfinite(y).all():
                return step + 1
            if (step + 1) % save_every == 0:
                out[:, (step + 1) // save_every - 1] = y
        return 0

    def _check_start(self, y: Any) -> np.ndarray:
        y = np.array(y, dtype=float)
        if y.ndim != 2 or y.shape[1] != self.system.dim:
            raise ValueError(
                f"starts must have shape (n_traj, {self.system.dim}); got {y.shape}. "
                "For one start use y0[None]."
            )
        if not np.isfinite(y).all():
            raise ValueError("starts must be finite; got NaN or infinity.")
        return np.ascontiguousarray(y)

    def _check_increments(self, increments, n_traj, n_steps) -> np.ndarray | None:
        if increments is None:
            return None
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
    method: EulerMaruyama | None = None,
    rng: Seed = None,
    increments: np.ndarray | None = None,
    save_every: int = 1,
) -> Solution:
    """Simulate a system on a regular time grid.

    A slow–fast system of :mod:`msbook.systems` is stepped in its hidden coordinates,
    where the steps are accurate, and then observed. Ask for ``system.observed`` to
    step the observed equations themselves.

    Parameters
    ----------
    system : SDE or SlowFast
        What moves.
    y0 : array, shape (dim,) or (n_traj, dim), optional
        Starts, in the coordinates of the trajectories returned; by default the
        system's own. Repeat a start for an ensemble:
        ``np.tile(system.y0, (1000, 1))``.
    t_span : (float, float)
        First and last time.
    dt : float
        Step; must divide the time span.
    method : EulerMaruyama or ExponentialEuler, optional
        By default :class:`ExponentialEuler`.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise: the same seed gives the same numbers.
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
    solver = Solver(hidden or system, method, dt=dt, rng=rng)
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
