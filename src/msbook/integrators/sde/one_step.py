"""One-step methods for stochastic differential equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np

from msbook._compile.tracing.trace import Traced
from msbook.equations.rows import try_trace
from msbook.equations.sde import SDE
from msbook.integrators.sde.step_texts import StepText
from msbook.integrators.sde.stepping import SteppingMethod, WrittenStep


def write_step(
    system: SDE, traced: Traced, write: Callable[[StepText], str]
) -> WrittenStep:
    """Step of a method that writes it by one of :class:`StepText`'s ways."""
    form = (system.dim, system.noise_dim, system.noise, system.walls is not None)
    return WrittenStep(_text(write, *form), "motion", traced, system.walls)


@lru_cache(maxsize=256)  # asked at every run
def _text(write: Callable[[StepText], str], *form: Any) -> str:
    return write(StepText(*form))


@dataclass(frozen=True)
class EulerMaruyama(SteppingMethod):
    r"""Euler–Maruyama method.

    .. math:: y_{n+1} = y_n + h\,\mathrm{drift}(t_n, y_n)
              + \mathrm{diffusion}(t_n, y_n)\,\Delta W_n

    The step must resolve the fastest time scale, and where the coordinates are curved
    images of slow and fast variables it must resolve the *square* of it: see the
    step trap in :doc:`/book/slow_maps/slow_and_fast`. Where the system has walls, the
    result is folded back between them, a step of weak order one.

    Examples
    --------
    >>> import msbook as ms
    >>> decay = ms.SDE(lambda t, y, p: (-y[0],), lambda t, y, p: (0.0,), y0=(1.0,))
    >>> solution = ms.solve(decay, t_span=(0.0, 1.0), dt=1e-3, method=EulerMaruyama())
    >>> round(float(solution.y[0, -1, 0]), 3)
    0.368

    References
    ----------
    Kloeden & Platen (1992), chapter 10. Zieliński & Hesthaven (2022), eq. (11).
    Bossy, Gobet & Talay (2004), for the reflection.
    """

    moves = SDE
    strong_order: ClassVar[float] = 0.5
    weak_order: ClassVar[float] = 1.0

    def check_starts(self, system: SDE, y: np.ndarray) -> None:
        """Raise a ValueError where a start lies beyond a wall."""
        if system.walls is None:
            return
        beyond = (system.reflect(y) != y).any(axis=-1)
        if beyond.any():
            raise ValueError(
                f"the starts, y or y0, must lie within the walls {system.walls}; got "
                f"{y[beyond][0].tolist()}. system.reflect(y) folds them back."
            )

    def weights(self, system: SDE, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Weights of drift and noise, each of shape ``(dim,)``."""
        return np.full(system.dim, dt), np.ones(system.dim)

    def write(self, system: SDE) -> WrittenStep | None:
        """The step written out, or None where the system's functions cannot be."""
        traced = try_trace(system.motion, "this system", t=None, y=system.dim)
        return None if traced is None else write_step(system, traced, StepText.euler)

    def step(
        self, system: SDE, t: float, y: np.ndarray, dt: float, increment: np.ndarray
    ) -> np.ndarray:
        """Advance ``y`` of shape ``(..., dim)`` by one step in NumPy.

        Parameters
        ----------
        system : SDE
            What moves.
        t, dt : float
            Time and step.
        y : ndarray, shape (..., dim)
            States.
        increment : ndarray, shape (..., noise_dim)
            Brownian increments, of variance ``dt``.

        Returns
        -------
        ndarray, shape (..., dim)
            States at ``t + dt``.
        """
        h, w = self.weights(system, dt)
        noise = system.noise_of(t, y, increment)
        return system.reflect(y + h * system.drift(t, y) + w * noise)


@dataclass(frozen=True)
class ExponentialEuler(EulerMaruyama):
    r"""Exponential Euler method: linear decay is stepped exactly.

    With decay rates :math:`k_i` given by the system (``system.rates``) and
    :math:`\varphi(x) = (1 - e^{-x})/x`,

    .. math:: y_{n+1,i} = y_{n,i} + \varphi(k_i h)\,h\,\mathrm{drift}_i(t_n, y_n)
              + \varphi(2 k_i h)^{1/2}\,(\mathrm{diffusion}(t_n, y_n)\,\Delta W_n)_i .

    For uncoupled Ornstein–Uhlenbeck processes and Brownian motions with drift the
    law of the result is exact at any step. Where :math:`k_i = 0` it is
    :class:`EulerMaruyama`.

    Examples
    --------
    The stationary variance of :math:`dz = -z\,dt/\varepsilon + dV/\sqrt\varepsilon`
    is 1/2, and one step of any length reaches it:

    >>> import msbook as ms
    >>> import numpy as np
    >>> fast = ms.SDE(
    ...     lambda t, z, p: (-z[0] / p[0],),
    ...     lambda t, z, p: (1 / np.sqrt(p[0]),),
    ...     y0=(0.0,), parameters=(1e-3,), rates=(1e3,),
    ... )
    >>> z0 = np.zeros((100_000, 1))
    >>> z = ms.solve(fast, z0, t_span=(0.0, 0.1), dt=0.1, rng=0).y[:, -1, 0]
    >>> round(float(z.var()), 2)
    0.5

    References
    ----------
    Kloeden & Platen (1992), section 4.4 (the exact Ornstein–Uhlenbeck step).
    """

    def weights(self, system: SDE, dt: float) -> tuple[np.ndarray, np.ndarray]:
        """Weights of drift and noise, each of shape ``(dim,)``."""
        return _exponential_weights(system.rates, dt)


@lru_cache(maxsize=256)  # asked at every run
def _exponential_weights(
    rates: tuple[float, ...], dt: float
) -> tuple[np.ndarray, np.ndarray]:
    x = np.asarray(rates) * dt
    return dt * _phi(x), np.sqrt(_phi(2.0 * x))


def _phi(x: np.ndarray) -> np.ndarray:
    """(1 - exp(-x)) / x, and 1 at 0."""
    safe = np.where(x == 0.0, 1.0, x)
    return np.where(x == 0.0, 1.0, -np.expm1(-safe) / safe)
