"""Adams–Bashforth methods: explicit, with several steps."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import prod
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.equations.ode import ODE
from msbook.integrators.ode.adams_bashforth_kernels import compile_step
from msbook.integrators.ode.collocation import gauss
from msbook.integrators.ode.jacobian import Motion
from msbook.integrators.ode.method import ODEMethod
from msbook.integrators.ode.runge_kutta import RungeKutta


@dataclass(frozen=True)
class AdamsBashforth(ODEMethod):
    r"""Adams–Bashforth method of any order.

    The slopes of the last :math:`p` steps are interpolated, and the polynomial is
    integrated over the next step:

    .. math:: y_{n+1} = y_n + h \sum_{j=0}^{p-1} \beta_j f(t_{n-j}, y_{n-j}), \qquad
              \beta_j = \int_0^1 \prod_{i \ne j} \frac{s + i}{i - j}\,ds .

    So :math:`\beta_0` belongs to the newest slope. A step costs one evaluation at any
    order; the higher the order, the smaller the step that is stable. The first
    :math:`p - 1` steps are those of a Gauss method whose order is not less. The
    past is forgotten at the end of a run: :meth:`msbook.Solver.advance` starts anew at
    every call.

    Parameters
    ----------
    order : int
        :math:`p`, from 1 (explicit Euler) to 20.

    Raises
    ------
    ValueError
        If the order is out of its range.

    Examples
    --------
    >>> [str(beta) for beta in AdamsBashforth(3).coefficients]
    ['23/12', '-4/3', '5/12']

    References
    ----------
    Hairer, Nørsett & Wanner (1993), section III.1. Cattaneo, Dotti & Fedrizzi (2022),
    eq. (3.3), where the left-hand side alone is given.
    """

    order: int

    def __post_init__(self) -> None:
        if not isinstance(self.order, Integral) or not 1 <= self.order <= 20:
            raise ValueError(
                "order must be a whole number from 1 to 20, beyond which the "
                f"coefficients cancel all digits; got {self.order!r}."
            )

    @property
    def coefficients(self) -> tuple[Fraction, ...]:
        r""":math:`\beta_0, \dots, \beta_{p-1}`, exactly; the newest slope first."""
        return _coefficients(self.order)

    @property
    def implicit(self) -> bool:
        """Whether equations are solved in a step: in the first ones."""
        return self.order > 1

    @property
    def starter(self) -> RungeKutta:
        """One-step method of the first ``order - 1`` steps."""
        return _starter(self.order)

    def march(
        self, system: ODE, t: float, y: NDArray[np.float64], dt: float
    ) -> Iterator[NDArray[np.float64]]:
        """States after one step, two steps, …, see :class:`ODEMethod`."""
        weights = [float(beta) for beta in self.coefficients]
        slopes: deque[NDArray[np.float64]] = deque(maxlen=self.order)
        n_steps = 0
        while True:
            now = t + n_steps * dt
            slopes.appendleft(system.drift(now, y))
            if len(slopes) < self.order:
                y = self.starter.step(system, now, y, dt)
            else:
                pairs = zip(weights, slopes, strict=True)
                y = y + dt * sum(weight * slope for weight, slope in pairs)
            n_steps += 1
            yield y

    def can_compile(self, system: ODE) -> bool:
        """Whether its starter can be compiled."""
        return self.starter.can_compile(system)

    def compile(self, motion: Motion) -> tuple[Callable[..., Any], int]:
        """Step for ``method_kernels.integrate``, and its rows."""
        weights = tuple(float(beta) for beta in self.coefficients)
        return compile_step(motion, weights, self.starter)


@lru_cache
def _coefficients(order: int) -> tuple[Fraction, ...]:
    coefficients = []
    for j in range(order):
        others = [i for i in range(order) if i != j]
        polynomial = [Fraction(1)]  # coefficients of 1, s, s², …
        for i in others:  # times (s + i)
            shifted = [Fraction(0), *polynomial]
            scaled = [i * a for a in polynomial] + [Fraction(0)]
            polynomial = [a + b for a, b in zip(shifted, scaled, strict=True)]
        integral = sum(a / (power + 1) for power, a in enumerate(polynomial))
        coefficients.append(integral / prod(i - j for i in others))
    return tuple(coefficients)


@lru_cache
def _starter(order: int) -> RungeKutta:
    return gauss((order + 1) // 2)
