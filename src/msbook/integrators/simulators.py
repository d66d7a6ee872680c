"""What a simulator must be able to do, so that it may stand where a solver does."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from msbook._validation import check_methods, check_positive, finite_array
from msbook.integrators.solver import Solver

_MOST_STEPS = 2**53


class Simulator(Protocol):
    """What stands in for an :class:`msbook.Solver`: a solver of a reader's own.

    Any object with these two will do; it need not be a subclass. Where the package
    runs a solver, as :func:`msbook.sampling.bursts`, :func:`msbook.sampling.project`,
    :meth:`msbook.LED.forecast`, :meth:`msbook.LED.speed_up` and
    :meth:`msbook.AdaptiveLED.run` do, it asks for nothing else. See
    :doc:`/book/reference/your_simulator`.

    Attributes
    ----------
    dt : float
        Length of its step.

    Examples
    --------
    A pendulum without friction, turned by an angle in a step:

    >>> import numpy as np
    >>> import msbook as ms
    >>> class Pendulum:
    ...     dt = 0.1
    ...     def advance(self, y, t, n_steps):
    ...         c, s = np.cos(n_steps * self.dt), np.sin(n_steps * self.dt)
    ...         return y @ np.array([[c, -s], [s, c]])
    >>> adaptive = ms.AdaptiveLED(
    ...     ms.networks.Identity(2), ms.networks.DelayedMLP((16,)), dt=0.2,
    ...     n_members=2, n_first=100, max_error=0.0, rollouts=((10, 10),),
    ... )
    >>> run = adaptive.run(Pendulum(), (1.0, 0.0), n_steps=150)
    >>> bool(np.allclose(run.y[50], [np.cos(10), -np.sin(10)]))
    True
    """

    @property
    def dt(self) -> float: ...

    def advance(self, y: NDArray[Any], t: float, n_steps: int, /) -> NDArray[Any]:
        """States like ``y``, of shape (n_traj, dim), ``n_steps`` steps after ``t``."""
        ...


def steps_within(
    dt: float, simulator: Simulator, name: str = "solver", length: str = "dt"
) -> int:
    """Steps of a simulator that make one of length ``dt``; names are for messages.

    Raises
    ------
    ValueError
        If it is none, or its step does not divide ``dt``.
    """
    check_methods(
        name,
        simulator,
        ("dt", "advance"),
        "an msbook.Solver, or an object with dt, the length of its step, and "
        "advance(y, t, n_steps), which takes states (n_traj, dim) to those n_steps "
        "steps later",
    )
    step = check_positive(f"dt of {name}", simulator.dt)
    ratio = dt / step
    # Of more steps nobody could say whether they are whole.
    n_steps = round(ratio) if ratio < _MOST_STEPS else 0
    if n_steps < 1 or abs(n_steps * step - dt) > 1e-9 * dt:
        raise ValueError(f"the {name}'s step must divide {length} = {dt}; got {step}.")
    return n_steps


def trajectories(
    simulator: Simulator, y: NDArray[Any], t: float, n_steps: int, substeps: int
) -> NDArray[np.float64]:
    """States every ``substeps`` steps of a simulator, the start included.

    Parameters
    ----------
    simulator : Solver or Simulator
    y : ndarray, shape (n_traj, dim)
        Starts.
    t : float
        Start time.
    n_steps, substeps : int
        States to save, and steps from one to the next.

    Returns
    -------
    ndarray, shape (n_traj, n_steps + 1, dim)

    Raises
    ------
    ValueError
        If a simulator returns states of another shape, or such that are not finite.
    """
    if isinstance(simulator, Solver):
        # One run, in which a method of several steps need not start anew.
        n_all = n_steps * substeps
        return simulator.trajectories(y, t, n_all, save_every=substeps)
    states = [np.asarray(y, dtype=np.float64)]
    for n in range(n_steps):
        now = t + n * substeps * simulator.dt
        states.append(advance(simulator, states[-1], now, substeps))
    return np.stack(states, axis=1)


def advance(
    simulator: Simulator, y: NDArray[np.float64], t: float, n_steps: int
) -> NDArray[np.float64]:
    """States of a simulator, ``n_steps`` steps after ``t``.

    Raises
    ------
    ValueError
        If it returns states of another shape, or such that are not finite.
    """
    found = finite_array(
        "what advance of the solver returns", simulator.advance(y, t, n_steps)
    )
    if found.shape != y.shape:
        raise ValueError(
            "advance of the solver must return states of the shape it is given, "
            f"{y.shape}; got {found.shape}."
        )
    return found
