"""A square of excitable cells, through which a stimulus travels."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PPoly

from msbook._memory import new_array
from msbook._typing import TimeSpan
from msbook._validation import check_count, finite_array
from msbook.equations.ode import ODE
from msbook.equations.parameters import check_positive
from msbook.integrators.ensembles import run_ensemble
from msbook.integrators.ode.method import ODEMethod
from msbook.integrators.ode.theta import Theta
from msbook.integrators.solution import Solution
from msbook.integrators.solver import Solver
from msbook.integrators.solving import count_steps, solve
from msbook.systems.oscillators.deterministic import excitable_cell

_LONGEST = 1e5
_PULSE_STEP = 0.01  # the interpolated pulse is then exact to 1e-7


@dataclass(frozen=True)
class ExcitableGrid:
    r"""Excitable cells on the unit square, each struck when a stimulus passes.

    The stimulus leaves a firing point :math:`x_0` at time 0 and travels with speed
    :math:`v` in all directions. The cell at :math:`x` is
    :func:`msbook.systems.excitable_cell` with arrival time
    :math:`\lvert x - x_0 \rvert / v`; cells do not act on one another, so that every
    one repeats the same pulse, delayed. Cell ``i * n + j`` lies at
    :math:`(i/(n-1), j/(n-1))`.

    Parameters
    ----------
    n : int
        Cells a side, at least 2.
    speed : float
        :math:`v`, in sides of the square a millisecond.
    strength, threshold, eps, decay, stimulus, duration : float
        Parameters of a cell.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    >>> import msbook as ms
    >>> grid = ms.systems.ExcitableGrid(n=10)
    >>> wave = grid.simulate([[0.3, 0.8]], t_span=(0, 200), dt=0.5, save_every=10)
    >>> wave.y.shape
    (1, 41, 200)
    >>> u, w = np.split(wave.y, 2, axis=-1)
    >>> u.reshape(1, 41, 10, 10).shape
    (1, 41, 10, 10)

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), sections 7.1–7.3.
    """

    n: int = 20
    speed: float = 0.005
    strength: float = 8.0
    threshold: float = 0.15
    eps: float = 0.01
    decay: float = 0.1
    stimulus: float = 0.125
    duration: float = 2.0

    def __post_init__(self) -> None:
        check_count("n", self.n, 2)
        check_positive(speed=self.speed)
        _ = self.cell  # checks

    @property
    def cell(self) -> ODE:
        """A cell, with states ``(u, w, arrival)``."""
        return excitable_cell(
            self.strength, self.threshold, self.eps, self.decay,
            self.stimulus, self.duration,
        )  # fmt: skip

    @property
    def dim(self) -> int:
        """Number of components of a state: u of all cells, then w."""
        return 2 * self.n**2

    @property
    def points(self) -> NDArray[np.float64]:
        """Places of the cells, shape (n * n, 2)."""
        axis = np.linspace(0.0, 1.0, self.n)
        return np.stack(np.meshgrid(axis, axis, indexing="ij"), -1).reshape(-1, 2)

    def arrival_times(self, firing_points: ArrayLike) -> NDArray[np.float64]:
        """Times at which the stimulus reaches the cells.

        Parameters
        ----------
        firing_points : array_like, shape (n_traj, 2)
            Anywhere in the unit square.

        Returns
        -------
        ndarray, shape (n_traj, n * n)
            In milliseconds.

        Raises
        ------
        ValueError
            If the points are not in the unit square.
        """
        firing = finite_array("firing_points", firing_points)
        if firing.ndim != 2 or firing.shape[1] != 2:
            raise ValueError(
                "firing_points must have shape (n_traj, 2); got "
                f"{firing.shape}. For one point use [[x, y]]."
            )
        if not ((firing >= 0) & (firing <= 1)).all():
            raise ValueError(
                "firing_points must lie in the unit square; got coordinates from "
                f"{firing.min():.6g} to {firing.max():.6g}."
            )
        return np.linalg.norm(firing[:, None] - self.points, axis=-1) / self.speed

    def simulate(
        self,
        firing_points: ArrayLike,
        t_span: TimeSpan,
        dt: float,
        method: ODEMethod | None = None,
        save_every: int = 1,
        executor: Executor | None = None,
    ) -> Solution:
        """Solve all cells step by step, from rest.

        A step notices the stimulus at its own times only, so that arrival times are
        in effect rounded to the step: :meth:`waves` has none of this error.

        Parameters
        ----------
        firing_points : array_like, shape (n_traj, 2)
            Anywhere in the unit square.
        t_span : (float, float)
            First and last time; a stimulus before the first is not felt.
        dt : float
            Step, in milliseconds; must divide the time span.
        method : ODEMethod, optional
            ``Theta(0.5)`` by default, as in the report.
        save_every : int
            Steps between two stored states.
        executor : concurrent.futures.Executor, optional
            Computes firing points side by side; the numbers are the same, bit for bit.

        Returns
        -------
        Solution
            With ``y`` of shape ``(n_traj, n_time, 2 * n * n)``: u, cell by cell, and
            then w.
        """
        arrivals = self.arrival_times(firing_points)
        n_steps = count_steps(t_span, dt, save_every)
        out = new_array(
            "the trajectories",
            (len(arrivals), n_steps // save_every + 1, self.dim),
            "Save fewer of them: give a larger save_every.",
        )
        times = (float(t_span[0]), float(dt), n_steps, save_every)
        run = _Run(self, method or Theta(0.5), times)
        run_ensemble(run, np.empty(len(arrivals)), out, (arrivals,), executor)
        saves = np.arange(n_steps // save_every + 1)
        return Solution(t=times[0] + dt * save_every * saves, y=out)

    def waves(self, firing_points: ArrayLike, t: ArrayLike) -> NDArray[np.float64]:
        """States at given times, from one pulse, delayed for every cell.

        The pulse is solved once with steps of 0.01 and interpolated, so that the
        states are exact to a millionth and continuous in the firing point.

        Parameters
        ----------
        firing_points : array_like, shape (n_traj, 2)
            Anywhere in the unit square.
        t : array_like, shape (n_time,)
            Times, in milliseconds; all is at rest before 0.

        Returns
        -------
        ndarray, shape (n_traj, n_time, 2 * n * n)
            u, cell by cell, and then w.

        Raises
        ------
        ValueError
            If the points are not in the unit square, or the times not in a row.

        Examples
        --------
        >>> grid = ExcitableGrid(n=10)
        >>> grid.waves([[0.3, 0.8], [0.5, 0.5]], np.arange(200)).shape
        (2, 200, 200)
        """
        t = finite_array("t", t)
        if t.ndim != 1:
            raise ValueError(f"t must have shape (n_time,); got {t.shape}.")
        if t.max(initial=0.0) > _LONGEST:
            raise ValueError(
                f"t must not exceed {_LONGEST:g} milliseconds, at which all cells have "
                f"long been at rest; got {t.max():g}."
            )
        arrivals = self.arrival_times(firing_points)
        pulse = _pulse(self.cell, float(max(t.max(initial=0.0), self.duration)))
        out = new_array(
            "the waves",
            (len(arrivals), len(t), 2, self.n**2),
            "Take fewer firing_points or times.",
            "fields",
        )
        for wave, arrival in zip(out, arrivals, strict=True):
            states = pulse(np.maximum(t[:, None] - arrival, 0.0))
            wave[...] = np.moveaxis(states, -1, 1)
        return out.reshape(len(arrivals), len(t), self.dim)


@dataclass(frozen=True)
class _Run:
    """Simulates firing points; an object, so that it can be sent to a process."""

    grid: ExcitableGrid
    method: ODEMethod
    times: tuple[float, float, int, int]

    def __call__(
        self, states: NDArray[Any], out: NDArray[Any], arrivals: NDArray[Any]
    ) -> None:
        t, dt, n_steps, save_every = self.times
        solver = Solver(self.grid.cell, self.method, dt=dt)
        n_cells = self.grid.n**2
        for wave, arrival in zip(out, arrivals, strict=True):
            start = np.zeros((n_cells, 3))
            start[:, 2] = arrival
            y = solver.trajectories(start, t, n_steps, save_every=save_every)
            wave[:, :n_cells] = y[..., 0].T
            wave[:, n_cells:] = y[..., 1].T


@lru_cache(maxsize=4)
def _pulse(cell: ODE, horizon: float) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """What a cell does after the stimulus, (...) to (..., 2), for times from 0."""
    *rest, duration = cell.parameters
    n_struck = int(np.ceil(duration / _PULSE_STEP))
    dt = duration / n_struck
    n_after = max(1, int(np.ceil(horizon / dt)) - n_struck)
    # Two pieces, for the rate jumps where the stimulus ends.
    pieces: list[NDArray[Any]] = []
    start, first = np.array(cell.y0), 0
    for stimulated, n_steps in ((True, n_struck), (False, n_after)):
        lasting = replace(cell, parameters=(*rest, np.inf if stimulated else 0.0))
        span = (first * dt, (first + n_steps) * dt)
        y = solve(lasting, start, t_span=span, dt=dt).y[0]
        pieces.append(_hermite(y[:, :2], lasting.drift(span[0], y)[:, :2], dt))
        start, first = y[-1], first + n_steps
    return PPoly(np.concatenate(pieces, axis=1), dt * np.arange(first + 1))


def _hermite(y: NDArray[Any], rates: NDArray[Any], dt: float) -> NDArray[Any]:
    """Coefficients, cubic first, of the polynomials with these values and rates."""
    mean = np.diff(y, axis=0) / dt
    before, after = rates[:-1], rates[1:]
    cubic = (before + after - 2.0 * mean) / dt**2
    square = (3.0 * mean - 2.0 * before - after) / dt
    return np.stack([cubic, square, before, y[:-1]])
