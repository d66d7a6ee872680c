"""Brownian slow variables, observed with squares of fast ones added."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_count, check_states, finite_array
from msbook.equations.parameters import check_positive
from msbook.equations.rows import write_out
from msbook.equations.sde import SDE
from msbook.systems.slow_fast.base import SlowFast


@lru_cache
def _quadratic_rows(n_slow: int, n_fast: int) -> tuple[Any, ...]:
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

    def __post_init__(self) -> None:
        check_positive(eps=self.eps)
        for name in ("n_slow", "n_fast"):
            check_count(name, getattr(self, name))
        if not 1 <= self.n_slow <= self.n_fast:
            raise ValueError(
                "n_slow must be at least 1 and at most n_fast; got "
                f"n_slow={self.n_slow}, n_fast={self.n_fast}."
            )

    @property
    def relaxation_time(self) -> float:
        return self.eps

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

    def observe(self, hidden: ArrayLike) -> np.ndarray:
        return self._add_squares("hidden", hidden, 1.0)

    def hide(self, x: ArrayLike) -> np.ndarray:
        return self._add_squares("x", x, -1.0)

    def slow_manifold(self, y: ArrayLike) -> np.ndarray:
        y = finite_array("y", check_states("y", y, self.n_slow))
        zeros = np.zeros((*y.shape[:-1], self.n_fast))
        return np.concatenate([y + 0.5, zeros], axis=-1)

    def _add_squares(self, name: str, states: ArrayLike, sign: float) -> np.ndarray:
        out = finite_array(name, check_states(name, states, self.dim))
        mixed = out[..., self.n_slow : 2 * self.n_slow]
        out[..., : self.n_slow] += sign * mixed**2
        return out
