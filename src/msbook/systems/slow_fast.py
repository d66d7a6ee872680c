"""Slow–fast systems that are observed through a curved map.

A hidden system has a slow part ``y`` and a fast part ``z``; what is seen is
``x = f(y, z)``, in which the two are mixed. Every system here knows both sides, so that
what a method finds can be held against the truth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar

import numpy as np

from msbook.systems.rows import write_out
from msbook.systems.sde import SDE


class SlowFast(ABC):
    """A hidden slow–fast system and the map through which it is observed.

    Hidden states have the slow components first. Leading axes are batch axes.

    Attributes
    ----------
    n_slow, n_fast : int
        Numbers of slow and fast components.
    exact : bool
        Whether :class:`msbook.ExponentialEuler` has the exact law at any step.
    """

    n_slow: int
    n_fast: int
    exact: ClassVar[bool] = False

    @property
    @abstractmethod
    def y0(self) -> tuple[float, ...]:
        """Default start, observed."""

    @property
    def dim(self) -> int:
        """Number of observed components."""
        return self.n_slow + self.n_fast

    @property
    @abstractmethod
    def hidden(self) -> SDE:
        """The equations of the slow and fast components."""

    @property
    @abstractmethod
    def observed(self) -> SDE:
        """The equations of what is seen."""

    @property
    @abstractmethod
    def relaxation_time(self) -> float:
        """Time in which the fast components forget their start."""

    @abstractmethod
    def observe(self, hidden: np.ndarray) -> np.ndarray:
        """Map hidden states ``(..., dim)`` to observed ones, ``x = f(y, z)``."""

    @abstractmethod
    def hide(self, x: np.ndarray) -> np.ndarray:
        """Invert :meth:`observe`."""

    @abstractmethod
    def slow_manifold(self, y: np.ndarray) -> np.ndarray:
        r"""Mean of the observed state over a fibre, :math:`E_{P_y} f(y, Z)`.

        This is where averages of bursts converge to. It is not the image
        :math:`f(y, E\,Z)` of the hidden manifold, unless ``f`` is linear in ``z``.

        Parameters
        ----------
        y : ndarray, shape (..., n_slow)
            Slow variable.

        Returns
        -------
        ndarray, shape (..., dim)
            Points of the manifold.
        """

    def slow_map(self, x: np.ndarray) -> np.ndarray:
        """Exact slow variable, ``(..., dim)`` to ``(..., n_slow)``."""
        return self.hide(x)[..., : self.n_slow]

    def projection(self, x: np.ndarray) -> np.ndarray:
        """Exact projection along the fast fibres onto the slow manifold."""
        return self.slow_manifold(self.slow_map(x))

    def fibre(self, y: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Points of the fast fibre of ``y`` (``(..., n_slow)``) at ``z``."""
        y, z = np.asarray(y, dtype=float), np.asarray(z, dtype=float)
        shape = np.broadcast_shapes(y.shape[:-1], z.shape[:-1])
        y = np.broadcast_to(y, (*shape, self.n_slow))
        z = np.broadcast_to(z, (*shape, self.n_fast))
        return self.observe(np.concatenate([y, z], axis=-1))

    def covariance(self, x: np.ndarray) -> np.ndarray:
        """Local noise covariance of what is seen, ``(..., dim, dim)``."""
        return self.observed.covariance(x)


def _periodic_hidden_drift(t, h, p):
    (eps,) = p
    return np.sin(h[1]), (np.sin(h[0]) - h[1]) / eps


def _periodic_hidden_diffusion(t, h, p):
    (eps,) = p
    return np.sqrt(1.0 + 0.5 * np.sin(h[1])), 1.0 / np.sqrt(eps)


def _periodic_observed_drift(t, x, p):
    (eps,) = p
    fast = (np.sin(x[0] - np.sin(x[1])) - x[1]) / eps
    slow = np.sin(x[1])
    return slow + np.cos(x[1]) * fast - 0.5 * slow / eps, fast


def _periodic_observed_diffusion(t, x, p):
    (eps,) = p
    fast = 1.0 / np.sqrt(eps)
    return (np.sqrt(1.0 + 0.5 * np.sin(x[1])), np.cos(x[1]) * fast), (0.0, fast)


@dataclass(frozen=True)
class PeriodicSlowFast(SlowFast):
    r"""Periodic slow variable, observed through a sine.

    .. math:: dY &= \sin Z\,dt + \sqrt{1 + \tfrac12 \sin Z}\,dU, \\
              dZ &= \frac{\sin Y - Z}{\varepsilon}\,dt
                    + \frac{1}{\sqrt\varepsilon}\,dV, \qquad
              x = (y + \sin z,\; z).

    On a fibre ``Z`` is normal with mean :math:`\sin y` and variance 1/2, so that
    the mean of :math:`\sin Z` is :math:`e^{-1/4}\sin\sin y`.

    Parameters
    ----------
    eps : float
        Scale separation.

    Examples
    --------
    >>> import numpy as np
    >>> system = PeriodicSlowFast()
    >>> x = system.fibre(np.array([1.0]), np.linspace(-1, 2, 4)[:, None])
    >>> np.allclose(system.slow_map(x), 1.0)
    True

    References
    ----------
    Zieliński & Hesthaven (2022), eqs. (8)–(10) and (13); eq. (10) is misprinted, see
    :doc:`/book/reference/errata`.
    """

    eps: float = 1e-3
    n_slow: ClassVar[int] = 1
    n_fast: ClassVar[int] = 1
    y0 = property(lambda self: (3.0, 3.0))
    relaxation_time = property(lambda self: self.eps)

    def __post_init__(self) -> None:
        _check_positive(eps=self.eps)

    @cached_property
    def hidden(self) -> SDE:
        return SDE(
            _periodic_hidden_drift,
            _periodic_hidden_diffusion,
            y0=tuple(self.hide(np.array(self.y0))),
            parameters=(self.eps,),
            rates=(0.0, 1.0 / self.eps),
        )

    @cached_property
    def observed(self) -> SDE:
        return SDE(
            _periodic_observed_drift,
            _periodic_observed_diffusion,
            y0=self.y0,
            parameters=(self.eps,),
            noise="general",
        )

    def observe(self, hidden: np.ndarray) -> np.ndarray:
        y, z = _components(hidden)
        return np.stack([y + np.sin(z), z], axis=-1)

    def hide(self, x: np.ndarray) -> np.ndarray:
        x1, x2 = _components(x)
        return np.stack([x1 - np.sin(x2), x2], axis=-1)

    def slow_manifold(self, y: np.ndarray) -> np.ndarray:
        y = np.asarray(y, dtype=float)[..., 0]
        mean = np.sin(y)
        return np.stack([y + np.exp(-0.25) * np.sin(mean), mean], axis=-1)


def _half_moons_hidden_drift(t, h, p):
    a1, _a2, a3, _a4 = p
    return a1, a3 * (1.0 - h[1])


def _half_moons_hidden_diffusion(t, h, p):
    _a1, a2, _a3, a4 = p
    return a2, a4


def _half_moons_observed_drift(t, x, p):
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


def _half_moons_observed_diffusion(t, x, p):
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
    y0 = property(lambda self: (1.0, 0.0))
    relaxation_time = property(lambda self: 1.0 / self.a3)

    def __post_init__(self) -> None:
        _check_positive(a2=self.a2, a3=self.a3, a4=self.a4)

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

    def observe(self, hidden: np.ndarray) -> np.ndarray:
        y, z = _components(hidden)
        return np.stack([z * np.cos(y + z - 1.0), z * np.sin(y + z - 1.0)], axis=-1)

    def hide(self, x: np.ndarray) -> np.ndarray:
        x1, x2 = _components(x)
        radius = np.hypot(x1, x2)
        return np.stack([np.arctan2(x2, x1) + 1.0 - radius, radius], axis=-1)

    def slow_manifold(self, y: np.ndarray) -> np.ndarray:
        variance = self.a4**2 / (2.0 * self.a3)
        factor = (1.0 + 1j * variance) * np.exp(-0.5 * variance)
        mean = factor * np.exp(1j * np.asarray(y, dtype=float)[..., 0])
        return np.stack([mean.real, mean.imag], axis=-1)


@lru_cache
def _quadratic_rows(n_slow: int, n_fast: int) -> tuple:
    """Hidden and observed drift and diffusion, for :class:`QuadraticSlowFast`."""
    dim = n_slow + n_fast
    # Parameters: 1 / eps and 1 / sqrt(eps).
    slow, fast = range(n_slow), range(n_slow, dim)
    zero = ["0.0"] * dim

    def row(entries: dict[int, str]) -> str:
        return f"({', '.join(entries.get(k, zero[k]) for k in range(dim))},)"

    return (
        write_out(["1.0" for _ in slow] + [f"-p[0] * y[{i}]" for i in fast]),
        write_out(["1.0" for _ in slow] + ["p[1]" for _ in fast]),
        write_out(
            [f"1.0 + p[0] * (1.0 - 2.0 * y[{i + n_slow}] ** 2)" for i in slow]
            + [f"-p[0] * y[{i}]" for i in fast]
        ),
        write_out(
            [row({i: "1.0", i + n_slow: f"2.0 * p[1] * y[{i + n_slow}]"}) for i in slow]
            + [row({i: "p[1]"}) for i in fast]
        ),
    )


@dataclass(frozen=True)
class QuadraticSlowFast(SlowFast):
    r"""Brownian motions with drift, observed with squares of fast variables added.

    .. math:: dY^d &= dt + dU^d, \qquad
              dZ^d = -\frac{Z^d}{\varepsilon}\,dt
                     + \frac{1}{\sqrt\varepsilon}\,dV^d, \\
              x^d &= y^d + (z^d)^2, \qquad x^{n_s + d} = z^d .

    On a fibre each ``Z`` is normal with mean 0 and variance 1/2.

    Parameters
    ----------
    n_slow, n_fast : int
        Numbers of slow and fast variables, ``n_slow <= n_fast``.
    eps : float
        Scale separation.

    Raises
    ------
    ValueError
        If there are fewer fast than slow variables.

    Examples
    --------
    >>> QuadraticSlowFast(n_slow=2, n_fast=8).slow_map([[1.0] * 10]).tolist()
    [[0.0, 0.0]]

    References
    ----------
    Zieliński & Hesthaven (2022), eqs. (17)–(20). The variance printed after eq. (17)
    is wrong, see :doc:`/book/reference/errata`.
    """

    n_slow: int = 1
    n_fast: int = 1
    eps: float = 1e-3
    exact: ClassVar[bool] = True
    relaxation_time = property(lambda self: self.eps)

    def __post_init__(self) -> None:
        _check_positive(eps=self.eps)
        if not 1 <= self.n_slow <= self.n_fast:
            raise ValueError(
                "n_slow must be at least 1 and at most n_fast; got "
                f"n_slow={self.n_slow}, n_fast={self.n_fast}."
            )

    @property
    def y0(self) -> tuple[float, ...]:
        return (1.0,) * self.n_slow + (0.0,) * self.n_fast

    @property
    def _parameters(self) -> tuple[float, ...]:
        return (1.0 / self.eps, self.eps**-0.5)

    @cached_property
    def hidden(self) -> SDE:
        drift, diffusion, _, _ = _quadratic_rows(self.n_slow, self.n_fast)
        rates = (0.0,) * self.n_slow + (1.0 / self.eps,) * self.n_fast
        return SDE(drift, diffusion, self.y0, self._parameters, rates=rates)

    @cached_property
    def observed(self) -> SDE:
        _, _, drift, diffusion = _quadratic_rows(self.n_slow, self.n_fast)
        return SDE(drift, diffusion, self.y0, self._parameters, noise="general")

    def observe(self, hidden: np.ndarray) -> np.ndarray:
        return self._add_squares(hidden, 1.0)

    def hide(self, x: np.ndarray) -> np.ndarray:
        return self._add_squares(x, -1.0)

    def slow_manifold(self, y: np.ndarray) -> np.ndarray:
        y = np.asarray(y, dtype=float)
        zeros = np.zeros((*y.shape[:-1], self.n_fast))
        return np.concatenate([y + 0.5, zeros], axis=-1)

    def _add_squares(self, states: np.ndarray, sign: float) -> np.ndarray:
        out = np.array(states, dtype=float)
        mixed = out[..., self.n_slow : 2 * self.n_slow]
        out[..., : self.n_slow] += sign * mixed**2
        return out


def _components(states: np.ndarray) -> np.ndarray:
    return np.moveaxis(np.asarray(states, dtype=float), -1, 0)


def _check_positive(**parameters: float) -> None:
    for name, value in parameters.items():
        if not (value > 0 and np.isfinite(value)):
            raise ValueError(f"{name} must be positive and finite; got {value!r}.")
