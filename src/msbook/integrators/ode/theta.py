"""The theta method: explicit Euler, the trapezoidal rule, implicit Euler."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from numbers import Real

from msbook.integrators.ode.runge_kutta import OneStepMethod, check_tolerance
from msbook.integrators.ode.tableau import Tableau


@dataclass(frozen=True)
class Theta(OneStepMethod):
    r"""Theta method.

    .. math:: y_{n+1} = y_n + h \bigl[(1 - \theta)\, f(t_n, y_n)
                        + \theta\, f(t_{n+1}, y_{n+1})\bigr]

    So :math:`\theta` is the weight of the *new* state: 0 is explicit Euler, 1/2 the
    trapezoidal rule, of order two, and 1 implicit Euler. From 1/2 on it is A-stable.
    The report interchanges :math:`\theta` and :math:`1 - \theta`
    (:doc:`/book/reference/errata`).

    Parameters
    ----------
    theta : float
        :math:`\theta`, from 0 to 1.
    tolerance : float
        As in :class:`msbook.RungeKutta`.

    Raises
    ------
    ValueError
        If a parameter is out of its range.

    Examples
    --------
    One step of length 1 for :math:`\dot y = -y` from 1:

    >>> import msbook as ms
    >>> decay = ms.ODE(lambda t, y, p: (-y[0],), y0=(1.0,))
    >>> for theta in (0.0, 0.5, 1.0):
    ...     step = ms.solve(decay, t_span=(0, 1), dt=1.0, method=Theta(theta))
    ...     print(round(float(step.y[0, -1, 0]), 6))
    0.0
    0.333333
    0.5

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), eq. (3.4). Hairer & Wanner (1996), section IV.3.
    """

    theta: float = 0.5
    tolerance: float = 1e-12

    def __post_init__(self) -> None:
        if not (isinstance(self.theta, Real) and 0.0 <= self.theta <= 1.0):
            raise ValueError(f"theta must lie between 0 and 1; got {self.theta!r}.")
        check_tolerance(self.tolerance)

    @property
    def coefficients(self) -> tuple[Tableau, float]:
        """Tableau, and tolerance of Newton's method."""
        return _tableau(float(self.theta)), self.tolerance


@lru_cache(maxsize=16)  # a loop in NumPy asks at every step
def _tableau(theta: float) -> Tableau:
    order = 2 if abs(theta - 0.5) < 1e-12 else 1
    if theta in (0.0, 1.0):  # one stage will do
        return Tableau([[theta]], [1.0], [theta], order)
    weights = [1.0 - theta, theta]
    return Tableau([[0.0, 0.0], weights], weights, [0.0, 1.0], order)
