"""Heun's method for equations in Stratonovich's sense."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from msbook.equations.rows import try_trace
from msbook.equations.sde import SDE
from msbook.integrators.sde.one_step import EulerMaruyama, write_step
from msbook.integrators.sde.step_texts import StepText
from msbook.integrators.sde.stepping import WrittenStep


@dataclass(frozen=True)
class StratonovichHeun(EulerMaruyama):
    r"""Heun's method: it reads the equation in Stratonovich's sense.

    .. math:: \tilde y &= y_n + h\, a(t_n, y_n) + b(t_n, y_n)\, \Delta W_n, \\
              y_{n+1} &= y_n + \tfrac{h}{2} \bigl[a(t_n, y_n)
              + a(t_{n+1}, \tilde y)\bigr] + \tfrac12 \bigl[b(t_n, y_n)
              + b(t_{n+1}, \tilde y)\bigr]\, \Delta W_n .

    The same functions mean :math:`dy = a\,dt + b \circ dW` to this method and
    :math:`dy = a\,dt + b\,dW` to all others. The two agree when the Itô drift has
    :math:`\tfrac12 \sum_{jk} b_{jk}\, \partial_j b_{ik}` more; where the noise does not
    depend on the state they are one. The strong order is one where the order of the
    noises does not matter, as with diagonal noise whose entry :math:`i` depends on
    component :math:`i` alone, and else a half.

    Examples
    --------
    In Stratonovich's sense :math:`dX = X \circ dW` is solved by :math:`e^W`:

    >>> import msbook as ms
    >>> import numpy as np
    >>> growth = ms.SDE(lambda t, y, p: 0.0, lambda t, y, p: y[0], y0=1.0)
    >>> dW = np.random.default_rng(0).normal(0.0, 0.1, (1, 100, 1))
    >>> options = {"t_span": (0, 1), "dt": 0.01, "increments": dW}
    >>> path = ms.solve(growth, method=StratonovichHeun(), **options)
    >>> round(float(path.y[0, -1, 0] / np.exp(dW.sum())), 2)
    1.0

    References
    ----------
    Rüemelin (1982), Numerical treatment of stochastic differential equations. Kloeden &
    Platen (1992), section 15.5.
    """

    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 1.0

    def write(self, system: SDE) -> WrittenStep | None:
        """The step written out, or None where the system's functions cannot be."""
        traced = try_trace(system.motion, "this system", t=None, y=system.dim)
        return None if traced is None else write_step(system, traced, StepText.heun)

    def step(
        self, system: SDE, t: float, y: np.ndarray, dt: float, increment: np.ndarray
    ) -> np.ndarray:
        """Advance ``y`` of shape ``(..., dim)`` by one step in NumPy."""
        here = system.drift(t, y), system.noise_of(t, y, increment)
        there = y + dt * here[0] + here[1]
        drift = here[0] + system.drift(t + dt, there)
        noise = here[1] + system.noise_of(t + dt, there, increment)
        return system.reflect(y + 0.5 * (dt * drift + noise))
