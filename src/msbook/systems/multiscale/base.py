"""Multiscale systems of which only the slow components are seen."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import (
    check_count,
    check_kind,
    check_number,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.equations.sde import SDE
from msbook.integrators.solver import Solver


@dataclass(frozen=True)
class Multiscale:
    r"""A stochastic system with slow components, which are seen, and fast ones.

    .. math:: dx = a(x, y)\,dt + b(x, y)\,dU, \qquad
              dy = \tfrac1\varepsilon f(x, y)\,dt
                   + \tfrac1{\sqrt\varepsilon}\, g(x, y)\,dV

    For small :math:`\varepsilon` the slow part :math:`x` alone comes close to the
    solution of an effective equation. All but the first two fields may be left out
    for a system of the reader's own; the rest is what is known about it.

    Parameters
    ----------
    fine : SDE
        The full equations, slow components first.
    n_slow : int
        Number of slow components.
    effective : SDE, optional
        The effective equations of the slow components, in Itô's form.
    closure_rate : float, optional
        Decay rate, per unit of time, of the correlation of what drives the slow
        increments; infinite where white noise does. See
        :func:`msbook.metrics.closure_bias`.
    relaxation_time : float, optional
        Time in which the fast components forget their start.
    fine_dt : float, optional
        Largest step of :class:`msbook.ExponentialEuler` that keeps the mean and the
        standard deviation of the slow part within about 1 % of the latter.
    low, high : sequence of float, length fine.dim, optional
        Corners of the box of starts; by default both are ``fine.y0``.
    x0 : sequence of float, length n_slow, optional
        Slow start of tests; by default that of ``fine.y0``.
    t_end : float, optional
        Length of tests.

    Raises
    ------
    ValueError
        If lengths do not fit together or a time or a rate is not positive.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> def drift(t, y, p):
    ...     return np.sin(y[1]), (np.sin(y[0]) - y[1]) / 0.01
    >>> def diffusion(t, y, p):
    ...     return 0.5, 10.0
    >>> fine = ms.SDE(drift, diffusion, y0=(0.0, 0.0))
    >>> system = ms.systems.Multiscale(fine, n_slow=1)
    >>> system.trajectories(5, t_end=1.0, dt=0.1, n_sub=100, rng=0).shape
    (5, 11, 1)

    References
    ----------
    Chen & Xiu (2024). Pavliotis & Stuart (2008), chapters 10 and 11.
    """

    fine: SDE
    n_slow: int
    # Any stands for None: whoever takes a system of the book knows what it has.
    effective: SDE | Any = None
    closure_rate: float | Any = None
    relaxation_time: float | Any = None
    fine_dt: float | Any = None
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    x0: tuple[float, ...] = ()
    t_end: float | Any = None

    if TYPE_CHECKING:  # what comes in; the fields are what it is made into

        def __init__(
            self,
            fine: SDE,
            n_slow: int,
            effective: SDE | None = None,
            closure_rate: float | None = None,
            relaxation_time: float | None = None,
            fine_dt: float | None = None,
            low: ArrayLike = (),
            high: ArrayLike = (),
            x0: ArrayLike = (),
            t_end: float | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        check_kind("fine", self.fine, SDE, "an msbook.SDE")
        if self.effective is not None:
            check_kind("effective", self.effective, SDE, "an msbook.SDE")
        dim = self.fine.dim
        if not 1 <= check_count("n_slow", self.n_slow) <= dim:
            raise ValueError(
                f"n_slow must lie between 1 and the {dim} components of fine; got "
                f"{self.n_slow!r}."
            )
        if self.effective is not None and self.effective.dim != self.n_slow:
            raise ValueError(
                f"effective must have n_slow = {self.n_slow} components; got "
                f"{self.effective.dim}."
            )
        y0 = self.fine.y0
        for name, default in (("low", y0), ("high", y0), ("x0", y0[: self.n_slow])):
            given = getattr(self, name)
            values = tuple(np.atleast_1d(finite_array(name, given)).tolist()) or default
            if np.shape(values) != (len(default),):
                raise ValueError(
                    f"{name} must hold {len(default)} finite numbers; got {given!r}."
                )
            object.__setattr__(self, name, values)
        if not np.all(np.less_equal(self.low, self.high)):
            raise ValueError(
                f"low must not exceed high; got {self.low} and {self.high}."
            )
        for name in ("closure_rate", "relaxation_time", "fine_dt", "t_end"):
            value = getattr(self, name)
            known_white = name == "closure_rate" and isinstance(value, float)
            if value is not None and not (known_white and value == np.inf):
                check_positive(name, value)

    def starts(
        self, n: int, rng: int | np.random.Generator | None = None
    ) -> np.ndarray:
        """Draw starts of all components, uniform in the box.

        Parameters
        ----------
        n : int
            How many.
        rng : int or numpy.random.Generator, optional
            Seed or source.

        Returns
        -------
        ndarray, shape (n, fine.dim)
        """
        uniform = check_rng(rng).random((check_count("n", n), self.fine.dim))
        low, high = np.array(self.low), np.array(self.high)
        return low + (high - low) * uniform

    def trajectories(
        self,
        n: int,
        t_end: float,
        dt: float,
        *,
        start: ArrayLike | None = None,
        burn_in: float | None = None,
        n_sub: int | None = None,
        rng: int | np.random.Generator | None = None,
        executor: Executor | None = None,
    ) -> np.ndarray:
        """Simulate the full equations and keep the slow components.

        The fast components of the starts are seldom in equilibrium. They are
        therefore brought there first, with the slow ones held fixed, so that the
        slow part starts where it was asked to.

        Parameters
        ----------
        n : int
            Number of trajectories.
        t_end : float
            Their length, in the system's unit of time.
        dt : float
            Time between two saved states; must divide ``t_end``.
        start : array, shape (n_slow,) or (n, n_slow), optional
            Slow parts of the starts, such as ``system.x0``; by default drawn from
            the box, as the fast parts are.
        burn_in : float, optional
            Time for which the slow components are held; by default eight relaxation
            times, and none for a system without ``relaxation_time``.
        n_sub : int, optional
            Steps of the solver between two saved states; by default the fewest that
            are not longer than ``fine_dt``.
        rng : int or numpy.random.Generator, optional
            Seed or source.
        executor : concurrent.futures.Executor, optional
            Who computes, see :func:`msbook.solve`.

        Returns
        -------
        ndarray, shape (n, n_time, n_slow)
            Slow parts at the times ``0, dt, 2 dt, …``.

        Raises
        ------
        ValueError
            If an argument does not fit.
        IntegrationError
            If a state is not finite.

        Examples
        --------
        >>> import msbook as ms
        >>> system = ms.systems.skew_product()
        >>> x = system.trajectories(10, 0.5, 0.05, start=system.x0, rng=0)
        >>> x.shape, float(x[0, 0, 0])
        ((10, 11, 1), 1.5)
        """
        rng = check_rng(rng)
        n_steps = _count_saves(t_end, dt)
        n_sub = check_count(
            "n_sub", self._count_substeps(dt) if n_sub is None else n_sub
        )
        solver = Solver(self.fine, dt=dt / n_sub, rng=rng, executor=executor)
        y = self.starts(n, rng)
        if start is not None:
            y[:, : self.n_slow] = self._check_start(start, n)
        if burn_in is None:
            burn_in = _RELAXATIONS * (self.relaxation_time or 0.0)
        burn_in = check_number("burn_in", burn_in, 0.0)
        y = self._relax(solver, y, burn_in)
        paths = solver.trajectories(y, 0.0, n_steps * n_sub, save_every=n_sub)
        return paths[..., : self.n_slow].copy()  # lets go of the fast components

    def _relax(self, solver: Any, y: np.ndarray, burn_in: float) -> np.ndarray:
        slow = y[:, : self.n_slow].copy()
        for _ in range(int(np.ceil(burn_in / solver.dt - 1e-9))):
            y = solver.advance(y)
            y[:, : self.n_slow] = slow
        return y

    def _count_substeps(self, dt: float) -> int:
        if self.fine_dt is None:
            raise ValueError(
                "this system has no fine_dt, so trajectories need n_sub, the number of "
                "solver steps between two saved states. About twenty steps in the "
                "fastest time scale are a safe choice."
            )
        return max(1, int(np.ceil(dt / self.fine_dt - 1e-9)))

    def _check_start(self, start: ArrayLike, n: int) -> np.ndarray:
        slow = finite_array("start", start)
        if slow.shape not in ((self.n_slow,), (n, self.n_slow)):
            raise ValueError(
                f"start must hold slow parts, of shape ({self.n_slow},) or "
                f"({n}, {self.n_slow}); got {slow.shape}."
            )
        return slow


_RELAXATIONS = 8  # after which a correlation has fallen below a thousandth

_MOST_STEPS = 2.0**53  # beyond which times no longer differ


def _count_saves(t_end: float, dt: float) -> int:
    check_positive("t_end", t_end)
    check_positive("dt", dt)
    if not t_end / dt < _MOST_STEPS:
        raise ValueError(
            f"t_end = {t_end:g} must be less than {_MOST_STEPS:g} times dt; got dt = "
            f"{dt:g}."
        )
    n_steps = max(1, round(t_end / dt))
    if abs(n_steps * dt - t_end) > 1e-6 * t_end:
        raise ValueError(
            f"dt must divide t_end = {t_end:.6g}; got {dt!r}. The nearest that does is "
            f"{t_end / n_steps:.10g}."
        )
    return n_steps
