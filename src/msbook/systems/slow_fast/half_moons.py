"""Oscillating half-moons: a slow angle and a fast radius, wound into spirals."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from msbook.equations.parameters import check_finite, check_positive, components
from msbook.equations.sde import SDE
from msbook.systems.slow_fast.base import SlowFast


def _half_moons_hidden_drift(t: Any, h: Any, p: Any) -> Any:
    a1, _a2, a3, _a4 = p
    return a1, a3 * (1.0 - h[1])


def _half_moons_hidden_diffusion(t: Any, h: Any, p: Any) -> Any:
    _a1, a2, _a3, a4 = p
    return a2, a4


def _half_moons_observed_drift(t: Any, x: Any, p: Any) -> Any:
    a1, a2, a3, a4 = p
    radius = np.sqrt(x[0] * x[0] + x[1] * x[1])
    cosine, sine = x[0] / radius, x[1] / radius
    fast = a3 * (1.0 - radius)
    return (
        -a1 * x[1] + (cosine - x[1]) * fast
        - 0.5 * a2 * a2 * x[0] - 0.5 * a4 * a4 * (2.0 * sine + x[0]),
        a1 * x[0] + (sine + x[0]) * fast
        - 0.5 * a2 * a2 * x[1] + 0.5 * a4 * a4 * (2.0 * cosine - x[1]),
    )  # fmt: skip


def _half_moons_observed_diffusion(t: Any, x: Any, p: Any) -> Any:
    _a1, a2, _a3, a4 = p
    radius = np.sqrt(x[0] * x[0] + x[1] * x[1])
    cosine, sine = x[0] / radius, x[1] / radius
    return (-a2 * x[1], a4 * (cosine - x[1])), (a2 * x[0], a4 * (sine + x[0]))


@dataclass(frozen=True)
class HalfMoons(SlowFast):
    r"""Oscillating half-moons: a slow angle, a fast radius, wound into spirals.

    .. math:: dY &= a_1\,dt + a_2\,dU, \qquad dZ = a_3 (1 - Z)\,dt + a_4\,dV, \\
              x &= z\,(\cos(y + z - 1),\; \sin(y + z - 1)).

    On a fibre ``Z`` is normal with mean 1 and variance
    :math:`s^2 = a_4^2 / (2 a_3)`; the mean of ``x``, as a complex number, is
    :math:`e^{iy} (1 + i s^2) e^{-s^2/2}`.

    Parameters
    ----------
    a1, a2 : float
        Drift and noise of the slow angle, in radians.
    a3, a4 : float
        Relaxation rate and noise of the radius.

    Examples
    --------
    >>> import numpy as np
    >>> system = HalfMoons()
    >>> bool(np.allclose(system.hide(system.observe([0.5, 1.1])), [0.5, 1.1]))
    True

    References
    ----------
    Zieliński & Hesthaven (2022), eqs. (14)–(16), after Singer, Erban, Kevrekidis &
    Coifman (2009); the arctangent of eq. (16) must be that of two arguments, see
    :doc:`/book/reference/errata`.
    """

    a1: float = 1e-3
    a2: float = 1e-3
    a3: float = 2.5e-2
    a4: float = 2.5e-2
    n_slow: ClassVar[int] = 1
    n_fast: ClassVar[int] = 1
    exact: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_finite(a1=self.a1)
        check_positive(a2=self.a2, a3=self.a3, a4=self.a4)

    @property
    def y0(self) -> tuple[float, ...]:
        return (1.0, 0.0)

    @property
    def relaxation_time(self) -> float:
        return 1.0 / self.a3

    @property
    def _parameters(self) -> tuple[float, ...]:
        return (self.a1, self.a2, self.a3, self.a4)

    @cached_property
    def hidden(self) -> SDE:
        return SDE(
            _half_moons_hidden_drift,
            _half_moons_hidden_diffusion,
            y0=tuple(self.hide(np.array(self.y0))),
            parameters=self._parameters,
            rates=(0.0, self.a3),
        )

    @cached_property
    def observed(self) -> SDE:
        return SDE(
            _half_moons_observed_drift,
            _half_moons_observed_diffusion,
            y0=self.y0,
            parameters=self._parameters,
            noise="general",
        )

    def observe(self, hidden: ArrayLike) -> np.ndarray:
        y, z = components("hidden", hidden, self.dim)
        return np.stack([z * np.cos(y + z - 1.0), z * np.sin(y + z - 1.0)], axis=-1)

    def hide(self, x: ArrayLike) -> np.ndarray:
        x1, x2 = components("x", x, self.dim)
        radius = np.hypot(x1, x2)
        return np.stack([np.arctan2(x2, x1) + 1.0 - radius, radius], axis=-1)

    def slow_manifold(self, y: ArrayLike) -> np.ndarray:
        variance = self.a4**2 / (2.0 * self.a3)
        factor = (1.0 + 1j * variance) * np.exp(-0.5 * variance)
        (angle,) = components("y", y, self.n_slow)
        mean = factor * np.exp(1j * angle)
        return np.stack([mean.real, mean.imag], axis=-1)
