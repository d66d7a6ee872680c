"""Stochastic differential equations, given component by component."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np

from msbook.systems.rows import check_states, stack_rows, write_out
from msbook.systems.walls import Wall, check_walls, reflect


@dataclass(frozen=True)
class SDE:
    r"""A stochastic differential equation, such as a reader's own.

    .. math:: dy = \mathrm{drift}(t, y)\,dt + \mathrm{diffusion}(t, y)\,dW

    Drift and diffusion are plain functions ``f(t, y, p)`` that return one entry a
    component. The same function runs on NumPy rows, all paths at once, and is
    compiled for ensembles: ``y[i]`` is component ``i``, a number or an array.

    Parameters
    ----------
    drift_rows : callable
        ``drift(t, y, p)`` returns a tuple of ``dim`` components.
    diffusion_rows : callable
        ``diffusion(t, y, p)`` returns ``dim`` components (diagonal noise), or a tuple
        of ``dim`` rows of ``noise_dim`` entries (general noise).
    y0 : sequence of float, length dim
        Default start.
    parameters : sequence of float
        Handed to both functions as ``p``.
    noise : {"diagonal", "general"}
        Whether each component has a Brownian motion of its own.
    rates : sequence of float, length dim, optional
        Rates of linear decay that :class:`msbook.ExponentialEuler` may step exactly;
        zeros by default.
    compiled : bool
        ``False`` keeps to NumPy, for functions that do not compile.
    walls : sequence of (float, float), length dim, optional
        Reflecting walls, ``(lower, upper)`` a component: a step that ends beyond one
        is folded back. An infinite end is no wall; by default there are none.

    Raises
    ------
    ValueError
        If the functions do not return what ``y0`` and ``noise`` promise, or the walls
        are not one increasing pair a component.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> def drift(t, y, p):
    ...     (eps,) = p
    ...     return np.sin(y[1]), (np.sin(y[0]) - y[1]) / eps
    >>> def diffusion(t, y, p):
    ...     (eps,) = p
    ...     return 1.0, 1.0 / np.sqrt(eps)
    >>> system = ms.SDE(drift, diffusion, y0=(0.0, 0.0), parameters=(1e-3,))
    >>> system.drift(0.0, np.zeros((7, 2))).shape
    (7, 2)
    >>> ms.solve(system, t_span=(0, 0.1), dt=1e-4, rng=0).y.shape
    (1, 1001, 2)

    References
    ----------
    Øksendal (2003), chapter 5.
    """

    drift_rows: Callable[[Any, Any, Any], tuple]
    diffusion_rows: Callable[[Any, Any, Any], tuple]
    y0: tuple[float, ...]
    parameters: tuple[float, ...] = ()
    noise: Literal["diagonal", "general"] = "diagonal"
    rates: tuple[float, ...] | None = None
    compiled: bool = True
    walls: tuple[Wall, ...] | None = None

    def __post_init__(self) -> None:
        for name in ("y0", "parameters"):
            values = tuple(float(value) for value in getattr(self, name))
            object.__setattr__(self, name, values)
        rates = (0.0,) * self.dim if self.rates is None else tuple(self.rates)
        object.__setattr__(self, "rates", rates)
        if self.walls is not None:
            object.__setattr__(self, "walls", check_walls(self.walls, self.dim))
        if self.noise not in ("diagonal", "general"):
            raise ValueError(
                f'noise must be "diagonal" or "general"; got {self.noise!r}.'
            )
        for name, rows in (
            ("drift", self.drift_rows(0.0, self.y0, self.parameters)),
            ("diffusion", self.diffusion_rows(0.0, self.y0, self.parameters)),
            ("rates", rates),
        ):
            if not isinstance(rows, tuple) or len(rows) != self.dim:
                raise ValueError(
                    f"{name} must give a tuple of {self.dim} components, as many as "
                    f"y0 has; got {rows!r}."
                )

    def __reduce__(self) -> tuple:
        """Pickle functions that were written out by their text."""
        rows = (self.drift_rows, self.diffusion_rows)
        texts = (getattr(function, "components", function) for function in rows)
        numbers = (self.y0, self.parameters, self.noise, self.rates)
        return _rebuild, (*texts, *numbers, self.compiled, self.walls)

    @property
    def dim(self) -> int:
        """Number of components."""
        return len(self.y0)

    @cached_property
    def noise_dim(self) -> int:
        """Number of independent Brownian motions."""
        if self.noise == "diagonal":
            return self.dim
        return len(self.diffusion_rows(0.0, self.y0, self.parameters)[0])

    def drift(self, t: float, y: np.ndarray) -> np.ndarray:
        """Drift at states of shape ``(..., dim)``, of the same shape."""
        y = check_states(y, self.dim)
        rows = self.drift_rows(t, tuple(np.moveaxis(y, -1, 0)), self.parameters)
        return stack_rows(rows, y.shape[:-1])

    def diffusion(self, t: float, y: np.ndarray) -> np.ndarray:
        """Diffusion at states of shape ``(..., dim)``.

        Returns
        -------
        ndarray, shape (..., dim) or (..., dim, noise_dim)
            For diagonal and for general noise.
        """
        y = check_states(y, self.dim)
        rows = self.diffusion_rows(t, tuple(np.moveaxis(y, -1, 0)), self.parameters)
        if self.noise == "diagonal":
            return stack_rows(rows, y.shape[:-1])
        return np.stack([stack_rows(row, y.shape[:-1]) for row in rows], axis=-2)

    def covariance(self, y: np.ndarray, t: float = 0.0) -> np.ndarray:
        r"""Local noise covariance :math:`\sigma = \nu\nu^\top`.

        Parameters
        ----------
        y : ndarray, shape (..., dim)
            States.
        t : float
            Time.

        Returns
        -------
        ndarray, shape (..., dim, dim)
            Covariance of the noise per unit of time.

        References
        ----------
        Zieliński & Hesthaven (2022), eq. (7).
        """
        diffusion = self.diffusion(t, y)
        if self.noise == "diagonal":
            return diffusion[..., None] ** 2 * np.eye(self.dim)
        return diffusion @ np.swapaxes(diffusion, -1, -2)

    def reflect(self, y: np.ndarray) -> np.ndarray:
        """Fold states of shape ``(..., dim)`` back between the walls."""
        y = check_states(y, self.dim)
        if self.walls is None:
            return y
        rows = zip(np.moveaxis(y, -1, 0), self.walls, strict=True)
        return np.stack([reflect(row, wall) for row, wall in rows], axis=-1)


def _rebuild(drift: Any, diffusion: Any, *numbers: Any) -> SDE:
    drift = write_out(drift) if isinstance(drift, tuple) else drift
    diffusion = write_out(diffusion) if isinstance(diffusion, tuple) else diffusion
    return SDE(drift, diffusion, *numbers)
