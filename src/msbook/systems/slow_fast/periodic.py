"""A periodic slow variable, observed through a sine."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from msbook.equations.parameters import check_positive, components
from msbook.equations.sde import SDE
from msbook.systems.slow_fast.base import SlowFast


def _periodic_hidden_drift(t: Any, h: Any, p: Any) -> Any:
    (eps,) = p
    return np.sin(h[1]), (np.sin(h[0]) - h[1]) / eps


def _periodic_hidden_diffusion(t: Any, h: Any, p: Any) -> Any:
    (eps,) = p
    return np.sqrt(1.0 + 0.5 * np.sin(h[1])), 1.0 / np.sqrt(eps)


def _periodic_observed_drift(t: Any, x: Any, p: Any) -> Any:
    (eps,) = p
    fast = (np.sin(x[0] - np.sin(x[1])) - x[1]) / eps
    slow = np.sin(x[1])
    return slow + np.cos(x[1]) * fast - 0.5 * slow / eps, fast


def _periodic_observed_diffusion(t: Any, x: Any, p: Any) -> Any:
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

    def __post_init__(self) -> None:
        check_positive(eps=self.eps)

    @property
    def y0(self) -> tuple[float, ...]:
        return (3.0, 3.0)

    @property
    def relaxation_time(self) -> float:
        return self.eps

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

    def observe(self, hidden: ArrayLike) -> np.ndarray:
        y, z = components("hidden", hidden, self.dim)
        return np.stack([y + np.sin(z), z], axis=-1)

    def hide(self, x: ArrayLike) -> np.ndarray:
        x1, x2 = components("x", x, self.dim)
        return np.stack([x1 - np.sin(x2), x2], axis=-1)

    def slow_manifold(self, y: ArrayLike) -> np.ndarray:
        (y,) = components("y", y, self.n_slow)
        mean = np.sin(y)
        return np.stack([y + np.exp(-0.25) * np.sin(mean), mean], axis=-1)
