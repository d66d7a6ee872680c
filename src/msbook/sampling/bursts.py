"""Bursts: many short simulations from chosen points."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._memory import new_array
from msbook._validation import check_count, check_positive, check_rng, finite_array
from msbook.integrators import Solver
from msbook.integrators.simulators import Simulator, advance, steps_within
from msbook.integrators.solver import Seed
from msbook.sampling.times import at_their_times, check_times
from msbook.systems import SDE, ReactionNetwork, SlowFast

BurstSimulator = Callable[..., np.ndarray]
Source = SlowFast | SDE | ReactionNetwork | Simulator | BurstSimulator

_STEPS_PER_RELAXATION = 50
_MOST_STEPS = 1e9


def burst_simulator(
    source: Source, dt: float | None = None, executor: Executor | None = None
) -> BurstSimulator:
    """Turn a system into a burst simulator.

    Parameters
    ----------
    source : SlowFast, SDE, ReactionNetwork, Simulator or callable
        A callable is returned as it is. A slow–fast system is stepped in its hidden
        coordinates and observed. A simulator of a reader's own, with ``dt`` and
        ``advance(y, t, n_steps)``, draws its noise itself, whatever ``rng``; its step
        must divide the length of a burst.
    dt : float, optional
        Largest step. By default one step where the method is exact, otherwise a
        fiftieth of the system's relaxation time; an :class:`msbook.SDE` needs it, a
        network of reactions has no steps.
    executor : concurrent.futures.Executor, optional
        Who computes, see :func:`msbook.solve`; not for a callable.

    Returns
    -------
    callable
        ``simulate(starts, duration, rng)``; that of a system takes the time of the
        starts too, ``simulate(starts, duration, rng, t)``, zero by default.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> simulate = burst_simulator(ms.systems.PeriodicSlowFast())
    >>> simulate(np.zeros((3, 2)), 1e-3, np.random.default_rng(0)).shape
    (3, 2)
    """
    if dt is not None:
        check_positive("dt", dt)
    if isinstance(source, SlowFast):
        if dt is None and not source.exact:
            dt = source.relaxation_time / _STEPS_PER_RELAXATION
        inner = _stepper(source.hidden, dt, executor)

        def observed(
            x: np.ndarray, duration: float, rng: Seed, t: float = 0.0
        ) -> np.ndarray:
            return source.observe(inner(source.hide(x), duration, rng, t))

        return observed
    if isinstance(source, SDE):
        if dt is None:
            raise ValueError("an SDE needs dt, the step of its bursts; got None.")
        return _stepper(source, dt, executor)
    if isinstance(source, ReactionNetwork):
        return _stepper(source, None, executor)
    if executor is not None:
        raise ValueError(
            "an executor computes the bursts of a system; a burst simulator of your "
            "own must use it by itself."
        )
    if callable(source):
        return source
    if hasattr(source, "advance"):

        def moved(
            x: np.ndarray, duration: float, rng: Seed, t: float = 0.0
        ) -> np.ndarray:
            return advance(
                source, x, t, steps_within(duration, source, "source", "duration")
            )

        return moved
    raise ValueError(
        "source must be a system, a simulator with dt and advance(y, t, n_steps), or a "
        f"callable simulate(starts, duration, rng); got {type(source).__name__}."
    )


def _stepper(
    system: SDE | ReactionNetwork, dt: float | None, executor: Executor | None
) -> BurstSimulator:
    def simulate(
        starts: np.ndarray, duration: float, rng: Seed, t: float = 0.0
    ) -> np.ndarray:
        n_steps = 1 if dt is None else _count_steps(duration, dt)
        solver = Solver(system, dt=duration / n_steps, rng=rng, executor=executor)
        return solver.advance(starts, t, n_steps)

    return simulate


def _count_steps(duration: float, dt: float) -> int:
    if not duration / dt < _MOST_STEPS:
        raise ValueError(
            "the length of a burst, duration or tau, must be less than "
            f"{_MOST_STEPS:g} times dt, the step; got {duration!r} and {dt!r}."
        )
    return max(1, int(np.ceil(duration / dt - 1e-9)))


def bursts(
    source: Source,
    x: ArrayLike,
    n_bursts: int,
    duration: float,
    *,
    t: ArrayLike | None = None,
    dt: float | None = None,
    rng: Seed = None,
    executor: Executor | None = None,
) -> np.ndarray:
    """End points of short simulations, many from each point.

    Parameters
    ----------
    source : SlowFast, SDE, ReactionNetwork or callable
        See :func:`burst_simulator`.
    x : array, shape (n_points, dim)
        Starts.
    n_bursts : int
        Simulations from each point.
    duration : float
        Length of a burst, in the system's unit of time.
    t : float or array, shape (n_points,), optional
        Times of the starts, for a system that depends on time.
    dt : float, optional
        Largest step.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.
    executor : concurrent.futures.Executor, optional
        Who computes, see :func:`msbook.solve`.

    Returns
    -------
    ndarray, shape (n_points, n_bursts, dim)
        End points.

    Raises
    ------
    ValueError
        If an argument does not fit, a system depends on time and ``t`` is not given,
        or end points are not finite.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.PeriodicSlowFast()
    >>> bursts(system, [[3.0, 3.0]], 10, 1e-3, rng=0).shape
    (1, 10, 2)
    """
    x = check_points("x", x)
    n_bursts = check_count("n_bursts", n_bursts)
    duration = check_positive("duration", duration)
    dt = None if dt is None else check_positive("dt", dt)
    times = check_times(t, x.shape[:1])
    simulate = burst_simulator(source, dt, executor)
    rng = check_rng(rng)

    def ends(x: np.ndarray, t: float) -> np.ndarray:
        starts = new_array(
            "the bursts", (len(x), n_bursts, x.shape[1]), "Take fewer n_bursts."
        )
        starts[:] = x[:, None]
        starts = starts.reshape(-1, x.shape[1])
        at = () if simulate is source else (t,)
        found = finite_array(
            "what the simulator returns", simulate(starts, duration, rng, *at)
        )
        if found.shape != starts.shape:
            raise ValueError(
                f"the simulator must return end points of shape {starts.shape}, one "
                f"for each start; got {found.shape}."
            )
        return found.reshape(len(x), n_bursts, x.shape[1])

    return at_their_times(source, ends, x, times)


def check_points(name: str, points: Any) -> np.ndarray:
    """Finite points ``(n_points, dim)`` as an array, or a ValueError."""
    points = finite_array(name, points)
    if points.ndim != 2 or not points.size:
        raise ValueError(
            f"{name} must have shape (n_points, dim); got {points.shape}. "
            f"For one point use {name}[None]."
        )
    return points
