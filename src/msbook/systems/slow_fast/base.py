"""Slow–fast systems that are observed through a curved map.

A hidden system has a slow part ``y`` and a fast part ``z``; what is seen is
``x = f(y, z)``, in which the two are mixed. Every system here knows both sides, so that
what a method finds can be held against the truth.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_states, finite_array
from msbook.equations.sde import SDE


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
    def observe(self, hidden: ArrayLike) -> np.ndarray:
        """Map hidden states ``(..., dim)`` to observed ones, ``x = f(y, z)``."""

    @abstractmethod
    def hide(self, x: ArrayLike) -> np.ndarray:
        """Invert :meth:`observe`."""

    @abstractmethod
    def slow_manifold(self, y: ArrayLike) -> np.ndarray:
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

    def slow_map(self, x: ArrayLike) -> np.ndarray:
        """Exact slow variable, ``(..., dim)`` to ``(..., n_slow)``."""
        return self.hide(x)[..., : self.n_slow]

    def projection(self, x: ArrayLike) -> np.ndarray:
        """Exact projection along the fast fibres onto the slow manifold."""
        return self.slow_manifold(self.slow_map(x))

    def fibre(self, y: ArrayLike, z: ArrayLike) -> np.ndarray:
        """Points of the fast fibre of ``y`` (``(..., n_slow)``) at ``z``."""
        y = finite_array("y", check_states("y", y, self.n_slow))
        z = finite_array("z", check_states("z", z, self.n_fast))
        try:
            shape = np.broadcast_shapes(y.shape[:-1], z.shape[:-1])
        except ValueError as error:
            raise ValueError(
                f"y and z must have leading axes that go together; got {y.shape} and "
                f"{z.shape}."
            ) from error
        y = np.broadcast_to(y, (*shape, self.n_slow))
        z = np.broadcast_to(z, (*shape, self.n_fast))
        return self.observe(np.concatenate([y, z], axis=-1))

    def covariance(self, x: ArrayLike) -> np.ndarray:
        """Local noise covariance of what is seen, ``(..., dim, dim)``."""
        x = finite_array("x", check_states("x", x, self.dim))
        return self.observed.covariance(x)
