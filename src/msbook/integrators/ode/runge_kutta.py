"""Explicit and implicit Runge–Kutta methods, given by their Butcher tableau."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.equations.ode import ODE
from msbook.integrators.ode.jacobian import Motion
from msbook.integrators.ode.method import ODEMethod
from msbook.integrators.ode.newton import solve_stages
from msbook.integrators.ode.runge_kutta_kernels import can_compile, compile_step
from msbook.integrators.ode.tableau import Tableau


@dataclass(frozen=True)
class OneStepMethod(ODEMethod):
    """What methods with a tableau share."""

    @property
    @abstractmethod
    def coefficients(self) -> tuple[Tableau, float]:
        """Tableau, and tolerance of Newton's method."""

    @property
    def order(self) -> int:
        """Order of convergence."""
        return self.coefficients[0].order

    @property
    def implicit(self) -> bool:
        """Whether equations are solved in a step."""
        return not self.coefficients[0].explicit

    def march(
        self, system: ODE, t: float, y: NDArray[np.float64], dt: float
    ) -> Iterator[NDArray[np.float64]]:
        """States after one step, two steps, …, see :class:`ODEMethod`."""
        n_steps = 0
        while True:
            y = self.step(system, t + n_steps * dt, y, dt)
            n_steps += 1
            yield y

    def step(
        self, system: ODE, t: float, y: NDArray[np.float64], dt: float
    ) -> NDArray[np.float64]:
        """Advance states by one step in NumPy.

        Parameters
        ----------
        system : ODE
            What moves.
        t, dt : float
            Time and step.
        y : ndarray, shape (n_traj, dim)
            States.

        Returns
        -------
        ndarray, shape (n_traj, dim)
            States at ``t + dt``.

        Raises
        ------
        NotConvergedError
            If Newton's method does not find the stages.
        """
        tableau, tolerance = self.coefficients
        A, b, c = tableau.arrays
        increments = np.zeros((len(y), tableau.n_stages, system.dim))
        for group in map(list, tableau.groups):
            before = range(group[0])
            base = y[:, None] + np.einsum(
                "ij,njk->nik", A[np.ix_(group, before)], increments[:, before]
            )
            times, inner = t + c[group] * dt, A[np.ix_(group, group)]
            if inner.any():
                found = solve_stages(system, times, y, base, inner, dt, tolerance)
            else:
                found = dt * system.drift(times[0], base[:, 0])[:, None]
            increments[:, group] = found
        return y + np.einsum("i,nik->nk", b, increments)

    def can_compile(self, system: ODE) -> bool:
        """Whether few enough unknowns must be solved for together."""
        return can_compile(self.coefficients[0], system.dim)

    def compile(self, motion: Motion) -> tuple[Callable[..., Any], int]:
        """Step for ``method_kernels.integrate``, and its rows."""
        return compile_step(motion, *self.coefficients)


@dataclass(frozen=True)
class RungeKutta(OneStepMethod):
    r"""Runge–Kutta method with tableau :math:`(A, b, c)`.

    .. math:: D_i = h f\Bigl(t_n + c_i h,\; y_n + \sum_j a_{ij} D_j\Bigr), \qquad
              y_{n+1} = y_n + \sum_i b_i D_i .

    Where :math:`A` is strictly lower triangular, each stage follows from those before
    it. Else the stages are found by Newton's method, which begins with :math:`D = 0`:
    stage by stage where :math:`A` is lower triangular, all at once where it is not. A
    compiled drift is differentiated as it is written, if no root or the like in it has
    an infinite slope; else its Jacobian is taken by differences. A step whose equations
    have no solution near the state, because it is too long for what happens there,
    ends in an
    :class:`msbook.IntegrationError` that names a shorter one.

    Parameters
    ----------
    tableau : Tableau
        Coefficients. Ready methods: ``EULER``, ``HEUN``, ``RALSTON``, ``RK4`` and
        ``IMPLICIT_MIDPOINT`` in :mod:`msbook.integrators`, and the families
        :func:`gauss`, :func:`radau` and :func:`lobatto`.
    tolerance : float
        Newton's method ends when its rate of contraction leaves no component of an
        increment an error above this, in units of that component of the state and of
        its increments, or when rounding allows no more.

    Raises
    ------
    ValueError
        If the tolerance is not positive, or ``tableau`` of another kind.

    Examples
    --------
    >>> import msbook as ms
    >>> spring = ms.ODE(lambda t, y, p: (y[1], -y[0]), y0=(1.0, 0.0))
    >>> turn = {"t_span": (0, 2 * np.pi), "dt": np.pi / 100}
    >>> solution = ms.solve(spring, method=ms.integrators.RK4, **turn)
    >>> np.allclose(solution.y[0, -1], [1.0, 0.0], atol=1e-6)
    True

    References
    ----------
    Butcher (2016), chapter 3. Cattaneo, Dotti & Fedrizzi (2022), eq. (3.2). Hairer &
    Wanner (1996), section IV.8.
    """

    tableau: Tableau
    tolerance: float = 1e-12

    def __post_init__(self) -> None:
        if not isinstance(self.tableau, Tableau):
            advice = "Write Tableau(A, b, c, order), or take a ready method: radau(2)."
            if isinstance(self.tableau, ODEMethod):
                advice = "It is a method already: use it as it is."
            raise ValueError(
                f"tableau must be a Tableau; got {self.tableau!r:.60}. {advice}"
            )
        check_tolerance(self.tolerance)

    @property
    def coefficients(self) -> tuple[Tableau, float]:
        """Tableau, and tolerance of Newton's method."""
        return self.tableau, self.tolerance


def check_tolerance(tolerance: float) -> None:
    """Raise a ValueError if a tolerance of Newton's method is not positive."""
    if not (isinstance(tolerance, Real) and 0 < tolerance < np.inf):
        raise ValueError(f"tolerance must be positive; got {tolerance!r}.")


EULER = RungeKutta(Tableau(A=[[0]], b=[1], c=[0], order=1))
HEUN = RungeKutta(Tableau(A=[[0, 0], [1, 0]], b=[1 / 2, 1 / 2], c=[0, 1], order=2))
RALSTON = RungeKutta(
    Tableau(A=[[0, 0], [2 / 3, 0]], b=[1 / 4, 3 / 4], c=[0, 2 / 3], order=2)
)
RK4 = RungeKutta(
    Tableau(
        A=[[0, 0, 0, 0], [1 / 2, 0, 0, 0], [0, 1 / 2, 0, 0], [0, 0, 1, 0]],
        b=[1 / 6, 1 / 3, 1 / 3, 1 / 6],
        c=[0, 1 / 2, 1 / 2, 1],
        order=4,
    )
)
