"""Two reacting and diffusing fields on an interval."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import (
    check_count,
    check_flag,
    check_states,
    check_time,
    finite_array,
)
from msbook.equations.parameters import check_positive, try_function


@dataclass(frozen=True)
class ReactionDiffusion(ABC):
    r"""Two fields that react and diffuse, with no flux through the walls.

    .. math:: \partial_t u = D_u\, \partial_x^2 u + R_u(u, v), \qquad
              \partial_t v = D_v\, \partial_x^2 v + R_v(u, v), \qquad 0 < x < L

    A subclass gives the rates :math:`R_u, R_v` and parameters of its own. A state is
    :math:`u` and then :math:`v`, at the centres of ``n_points`` equal cells.
    :class:`msbook.CosineETDRK4` moves it, unless another method is asked for.

    Parameters
    ----------
    n_points : int
        Cells :math:`N`, at least 3; powers of two are the fastest.
    length : float
        :math:`L`, in units of :math:`x`.
    diffusivities : (float, float)
        :math:`D_u, D_v`, in units of :math:`x^2/t`.
    compiled : bool
        ``False`` keeps to NumPy, for rates that do not compile.

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    Prey :math:`u` and predators :math:`v`:

    >>> from dataclasses import dataclass
    >>> import msbook as ms
    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class PreyAndPredators(ms.systems.ReactionDiffusion):
    ...     death: float = 0.5
    ...
    ...     @property
    ...     def parameters(self):
    ...         return (self.death,)
    ...
    ...     @staticmethod
    ...     def rates(u, v, p):
    ...         return u * (1 - u) - u * v, v * (u - p[0])
    >>> system = PreyAndPredators(n_points=50, length=10.0, diffusivities=(1.0, 1.0))
    >>> u, v = system.fields(np.full(100, 0.5))
    >>> bool(np.allclose(system.drift(0.0, np.full(100, 0.5)), 0.0))
    True

    References
    ----------
    Murray (2003), Mathematical Biology II, chapter 1.
    """

    n_points: int
    length: float
    diffusivities: tuple[float, float]
    compiled: bool = field(default=True, kw_only=True)

    default_method: ClassVar[str] = "CosineETDRK4"

    @staticmethod
    @abstractmethod
    def rates(u: Any, v: Any, p: tuple[Any, ...]) -> tuple[Any, Any]:
        """Rates of the reaction, of the shape of u and v, at parameters ``p``."""

    def __post_init__(self) -> None:
        check_count("n_points", self.n_points, 3)
        check_positive(length=self.length)
        check_flag("compiled", self.compiled)
        diffusivities = finite_array("diffusivities", self.diffusivities)
        if diffusivities.shape != (2,) or not (diffusivities > 0).all():
            raise ValueError(
                "diffusivities must be two positive numbers, of u and of v; got "
                f"{self.diffusivities!r}."
            )
        self._check_rates()

    def _check_rates(self) -> None:
        flat = np.full(self.n_points, 0.5)
        rates = try_function("rates(u, v, p)", self.rates, flat, flat, self.parameters)
        is_pair = isinstance(rates, tuple | list | np.ndarray) and len(rates) == 2
        if not is_pair:
            raise ValueError(
                "rates must return two rates, of u and of v, each of their shape; got "
                f"{rates!r:.60}."
            )

    @property
    def parameters(self) -> tuple[Any, ...]:
        """Numbers handed to :meth:`rates`; none by default."""
        return ()

    @property
    def dim(self) -> int:
        """Number of components of a state, two a cell."""
        return 2 * self.n_points

    @property
    def dx(self) -> float:
        """Width of a cell, :math:`L/N`."""
        return self.length / self.n_points

    @property
    def x(self) -> NDArray[np.float64]:
        """Centres of the cells, shape ``(n_points,)``."""
        return self.dx * np.arange(0.5, self.n_points)

    def fields(self, y: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The two fields of states.

        Parameters
        ----------
        y : array_like, shape (..., dim)
            States.

        Returns
        -------
        u, v : ndarray, each of shape (..., n_points)
            Views, where ``y`` is an array of floats.

        Raises
        ------
        ValueError
            If the last axis is not ``dim`` long.
        """
        y = self._states(y)
        finite_array("y", y)  # a copy, where views are promised
        return y[..., : self.n_points], y[..., self.n_points :]

    def _states(self, y: ArrayLike) -> NDArray[np.float64]:
        return check_states("y", y, self.dim, f"u and then v at {self.n_points} points")

    def reaction(self, u: Any, v: Any) -> tuple[Any, Any]:
        """Rates of change of u and v without diffusion, of their shape."""
        return self.rates(u, v, self.parameters)

    def drift(self, t: float, y: ArrayLike) -> NDArray[np.float64]:
        """Time derivative of states ``(..., dim)``, by the method of lines.

        Central differences of second order, such as
        :func:`scipy.integrate.solve_ivp` takes for a reference solution.
        """
        check_time(t)
        u, v = np.split(self._states(y), 2, axis=-1)
        u_rate, v_rate = self.reaction(u, v)
        u_diffusivity, v_diffusivity = self.diffusivities
        return np.concatenate(
            [
                u_diffusivity * self._second_derivative(u) + u_rate,
                v_diffusivity * self._second_derivative(v) + v_rate,
            ],
            axis=-1,
        )

    def _second_derivative(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        mirrored = np.concatenate(  # no flux
            [values[..., :1], values, values[..., -1:]], axis=-1
        )
        return np.diff(mirrored, n=2, axis=-1) / self.dx**2
