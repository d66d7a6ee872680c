"""Partial differential equations on a circle, given in Fourier space."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import (
    check_count,
    check_flag,
    check_number,
    check_rng,
    check_states,
    check_time,
    finite_array,
)
from msbook.equations.parameters import check_positive, try_function

_LONGEST_WAVES = 8


@dataclass(frozen=True)
class PeriodicPDE(ABC):
    r"""A periodic partial differential equation in one dimension.

    .. math:: u_t = \mathcal{L} u + \partial_x^m f(u), \qquad
              u(t, x + L) = u(t, x)

    A linear operator with constant coefficients is a multiplication in Fourier space,
    :math:`\mathcal{L} e^{ikx} = \ell(k)\, e^{ikx}`. So an equation is its symbol
    :math:`\ell`, a function :math:`f` of numbers and the order :math:`m`: a subclass
    gives the three, and parameters of its own.

    States are the values of :math:`u` at ``n_points`` equidistant points, the first at
    0; the end :math:`x = L` is the first point again and is not stored. Products are
    formed at the points, without dealiasing: nothing is lost as long as the points
    resolve the solution, which shows in the decay of its spectrum.

    Parameters
    ----------
    n_points : int
        Number of points; the compiled method needs a power of two from 8 on.
    length : float
        :math:`L`, in units of :math:`x`.
    compiled : bool
        ``False`` keeps to NumPy.

    Raises
    ------
    ValueError
        If there are fewer than four points or the length is not positive.

    Examples
    --------
    Burgers' equation, :math:`u_t = \nu u_{xx} - u u_x`, whose waves steepen:

    >>> from dataclasses import dataclass
    >>> import msbook as ms
    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class Burgers(ms.systems.PeriodicPDE):
    ...     n_points: int = 128
    ...     length: float = 2 * np.pi
    ...     viscosity: float = 0.05
    ...
    ...     def linear(self, k):
    ...         return -self.viscosity * k**2
    ...
    ...     @staticmethod
    ...     def nonlinear(u):
    ...         return -0.5 * u**2
    >>> burgers = Burgers()
    >>> wave = ms.solve(burgers, np.sin(burgers.x), t_span=(0, 1), dt=0.01).y[0]
    >>> slope = burgers.derivatives(wave)[0]
    >>> bool(slope[-1].min() < 3 * slope[0].min())
    True

    References
    ----------
    Kassam & Trefethen (2005), Fourth-order time-stepping for stiff PDEs.
    """

    n_points: int
    length: float
    compiled: bool = field(default=True, kw_only=True)

    derivative_order: ClassVar[int] = 1
    """Order :math:`m` of the derivative in front of the nonlinear term."""

    @abstractmethod
    def linear(self, k: NDArray[Any]) -> NDArray[Any]:
        r"""Symbol :math:`\ell` at wavenumbers, real or complex."""

    @staticmethod
    @abstractmethod
    def nonlinear(u: Any) -> Any:
        """Nonlinear function :math:`f` of a value or of an array of values."""

    def __post_init__(self) -> None:
        check_count("n_points", self.n_points, 4)
        check_positive(length=self.length)
        check_flag("compiled", self.compiled)
        check_count("derivative_order", self.derivative_order, 0)
        flat = np.full(self.n_points, 0.5)
        value = try_function("nonlinear(u)", self.nonlinear, flat)
        # A constant will do, and what differs from point to point has its shape.
        fits = np.shape(value) in ((), (1,), (self.n_points,))
        if not fits or np.asarray(value).dtype.kind not in "iuf":
            raise ValueError(
                "nonlinear(u) must return real values of the shape of u; got "
                f"{value!r:.60}."
            )

    @property
    def dim(self) -> int:
        """Number of components of a state, the number of points."""
        return self.n_points

    @cached_property
    def x(self) -> NDArray[np.floating]:
        """Points, shape ``(n_points,)``."""
        return self.length / self.n_points * np.arange(self.n_points)

    @cached_property
    def wavenumbers(self) -> NDArray[np.floating]:
        """Wavenumbers :math:`k` from 0 on, shape ``(n_points // 2 + 1,)``."""
        modes = np.arange(self.n_points // 2 + 1)
        return 2 * np.pi / self.length * modes

    @cached_property
    def symbol(self) -> NDArray[Any]:
        r"""Symbol :math:`\ell(k)` at the wavenumbers, real or complex."""
        values = np.array(try_function("linear(k)", self.linear, self.wavenumbers))
        is_number = values.dtype.kind in "iufc"
        if values.shape != self.wavenumbers.shape or not is_number:
            raise ValueError(
                "linear(k) must return one value for each wavenumber, shape "
                f"{self.wavenumbers.shape}; got shape {values.shape} of {values.dtype}."
            )
        return self._real_at_the_end(values)

    @cached_property
    def nonlinear_symbol(self) -> NDArray[np.complex128]:
        r"""Symbol :math:`(ik)^m` of the derivative at the wavenumbers."""
        return self._differentiation(self.derivative_order)

    @property
    def y0(self) -> NDArray[np.float64]:
        r"""Default start, :math:`\cos\theta + \tfrac12 \cos(2\theta + 1)`.

        Here :math:`\theta = 2\pi x/L`. It has none of the symmetries that a solution
        would keep.
        """
        angle = 2 * np.pi * self.x / self.length
        return np.cos(angle) + 0.5 * np.cos(2 * angle + 1)

    def random_starts(
        self, n: int, rng: int | np.random.Generator | None = None
    ) -> NDArray[np.float64]:
        """Random smooth states: a transient leads from them to the attractor.

        Parameters
        ----------
        n : int
            How many.
        rng : int or numpy.random.Generator, optional
            Seed or source of the randomness.

        Returns
        -------
        ndarray, shape (n, n_points)
            Sums of the longest waves with normal amplitudes, each of mean 0 and mean
            square 1.
        """
        random, n = check_rng(rng), check_count("n", n)
        n_waves = min(_LONGEST_WAVES, (self.n_points - 1) // 2)
        parts = random.normal(size=(2, n, n_waves))
        waves = np.zeros((n, len(self.wavenumbers)), dtype=complex)
        waves[:, 1 : n_waves + 1] = parts[0] + 1j * parts[1]
        states = self._from_modes(waves)
        return states / np.sqrt(np.mean(states**2, axis=-1, keepdims=True))

    def drift(self, t: float, y: ArrayLike) -> NDArray[np.float64]:
        """Right-hand side at states of shape ``(..., n_points)``, of the same shape."""
        check_time(t)
        u = check_states("y", y, self.n_points, "points")
        waves = self.symbol * np.fft.rfft(u)
        waves += self.nonlinear_symbol * np.fft.rfft(self.nonlinear(u))
        return self._from_modes(waves)

    def derivatives(
        self, y: ArrayLike
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """First and second derivative in space, spectrally accurate.

        Parameters
        ----------
        y : array_like, shape (..., n_points)
            States.

        Returns
        -------
        u_x, u_xx : ndarray, each of shape (..., n_points)
        """
        modes = np.fft.rfft(self._states(y))
        first, second = (
            self._from_modes(self._differentiation(m) * modes) for m in (1, 2)
        )
        return first, second

    def shifted(self, y: ArrayLike, distance: float) -> NDArray[np.float64]:
        """States moved to the right by any distance, not only by whole points.

        Parameters
        ----------
        y : array_like, shape (..., n_points)
            States.
        distance : float
            In units of ``x``.

        Returns
        -------
        ndarray, shape (..., n_points)
            Values of :math:`u(x - d)`.
        """
        check_number("distance", distance)
        turn = self._real_at_the_end(np.exp(-1j * self.wavenumbers * distance))
        return self._from_modes(turn * np.fft.rfft(self._states(y)))

    def _differentiation(self, order: int) -> NDArray[np.complex128]:
        return self._real_at_the_end((1j * self.wavenumbers) ** order)

    def _real_at_the_end(self, values: NDArray[Any]) -> NDArray[Any]:
        # With an even number of points the shortest wave is seen only where it is a
        # cosine: its sine vanishes at all of them.
        if self.n_points % 2 == 0:
            values[-1] = values[-1].real
        return values

    def _from_modes(self, modes: NDArray[Any]) -> NDArray[np.float64]:
        return np.fft.irfft(modes, n=self.n_points)

    def _states(self, y: ArrayLike) -> NDArray[np.float64]:
        return finite_array("y", check_states("y", y, self.n_points, "points"))
