"""`solve`, the one loop from a system to its trajectories."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._typing import TimeSpan
from msbook._validation import (
    check_count,
    check_positive,
    check_unmasked,
    real_array,
)
from msbook.integrators.method import Method
from msbook.integrators.solution import Solution
from msbook.integrators.solver import Seed, Solver

_MOST_STEPS = 2.0**53  # beyond it float64 has no longer every integer


def solve(
    system: Any,
    y0: ArrayLike | None = None,
    *,
    t_span: TimeSpan,
    dt: float,
    method: Method | None = None,
    rng: Seed = None,
    executor: Executor | None = None,
    increments: ArrayLike | None = None,
    save_every: int = 1,
) -> Solution:
    """Simulate a system on a regular time grid.

    Stochastic equations are read in Itô's sense; :class:`StratonovichHeun` alone reads
    them in Stratonovich's.

    A slow–fast system of :mod:`msbook.systems` is stepped in its hidden coordinates,
    where the steps are accurate, and then observed. Ask for ``system.observed`` to
    step the observed equations themselves.

    Parameters
    ----------
    system : SDE, ODE, SlowFast, Langevin, ReactionNetwork, PeriodicPDE, …
        What moves.
    y0 : array, shape (dim,), (n_traj, dim) or (n_traj, n_particles, dim), optional
        Starts, in the coordinates of the trajectories returned; by default the
        system's own. Repeat a start for an ensemble:
        ``np.tile(system.y0, (1000, 1))``. Three axes are clouds of particles that move
        each by itself, for stochastic equations only.
    t_span : (float, float)
        First and last time.
    dt : float
        Step; must divide the time span. Reactions have none, and here it is only the
        distance of the saved states.
    method : object of :mod:`msbook.integrators`, optional
        By default the one that fits the system; see :class:`Solver`.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise: the same seed gives the same numbers, and to
        rounding the same ones where NumPy steps the system.
    executor : concurrent.futures.Executor, optional
        Computes the ensemble in chunks: ``ThreadPoolExecutor(2)``, a process pool, or
        Dask's ``client.get_executor()``. The numbers are the same, bit for bit, on
        processors of one kind. Systems stepped in NumPy make no use of it.
    increments : ndarray, shape (n_traj, n_steps, noise_dim), optional
        Brownian increments to use in place of random ones; not for clouds.
    save_every : int
        Steps between two stored states; must divide the number of steps.

    Returns
    -------
    Solution
        Times ``t`` and states ``y`` of shape ``(n_traj, n_time, dim)``, of clouds
        ``(n_traj, n_time, n_particles, dim)``.

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
    n_steps = count_steps(t_span, dt, save_every)
    hidden = None if isinstance(system, type) else getattr(system, "hidden", None)
    moving: Any = hidden or system
    solver = Solver(moving, method, dt=dt, rng=rng, executor=executor)
    start = np.atleast_2d(real_array("y0", _own_start(system) if y0 is None else y0))
    if hidden is not None:
        start = system.hide(start)
    y = solver.trajectories(
        start, t_span[0], n_steps, save_every=save_every, increments=increments
    )
    if hidden is not None:
        y = system.observe(y)
    return Solution(t=t_span[0] + dt * save_every * np.arange(y.shape[1]), y=y)


def _own_start(system: Any) -> Any:
    """The default start of a system.

    Raises
    ------
    ValueError
        If it has none.
    """
    if not hasattr(system, "y0"):
        raise ValueError(
            f"y0 must be given, for a {type(system).__name__} has no default start: an "
            f"array of shape ({system.dim},) or (n_traj, {system.dim})."
        )
    return system.y0


def count_steps(t_span: TimeSpan, dt: float, save_every: int) -> int:
    """Number of steps, which the step and the saves must divide.

    Raises
    ------
    ValueError
        If they do not, or the time does not increase.
    """
    first, last = check_span(t_span)
    length, dt = last - first, check_positive("dt", dt)
    if length / dt > _MOST_STEPS:
        raise ValueError(
            f"dt must be at least {length / _MOST_STEPS:.3g} where the time span is "
            f"{length:.6g}, for times of more steps cannot be told apart; got {dt!r}."
        )
    n_steps = round(length / dt)
    if n_steps < 1 or abs(n_steps * dt - length) > 1e-6 * length:
        nearest = length / max(n_steps, 1)
        raise ValueError(
            f"dt must divide the time span {length:.6g}; got {dt!r}. "
            f"The nearest that does is {nearest:.10g}."
        )
    if n_steps % check_count("save_every", save_every, least=1):
        raise ValueError(
            f"save_every must divide the number of steps, {n_steps}; got {save_every}."
        )
    return n_steps


def check_span(t_span: Any) -> tuple[float, float]:
    """First and last time.

    Raises
    ------
    ValueError
        If they are not two finite numbers that increase.
    """
    check_unmasked("t_span", t_span)
    times = np.asarray(t_span) if np.iterable(t_span) else np.empty(0)
    if times.shape != (2,) or times.dtype.kind not in "iuf":
        raise ValueError(
            "t_span must be the first and the last time, two numbers; got "
            f"{t_span!r:.60}. The states between are chosen by dt and save_every."
        )
    first, last = times.tolist()
    if not (np.isfinite(times).all() and last > first):
        raise ValueError(
            f"t_span must increase and be finite; got ({first}, {last}). To go back "
            "in time change the sign of the drift."
        )
    return first, last
