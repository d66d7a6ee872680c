"""Whatever has a gradient: potentials, fitted ones, and plain functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_count, check_states, real_array


@runtime_checkable
class HasGradient(Protocol):
    """Whatever can drive a mechanical system: a potential, or a fitted one."""

    @property
    def dim(self) -> int:
        """Number of coordinates."""
        ...

    def gradient(self, q: np.ndarray, /) -> np.ndarray:
        """Gradient at points ``(..., dim)``, of the same shape."""
        ...


@dataclass(frozen=True)
class GradientFunction:
    """A reader's plain gradient, a function of arrays, as a potential.

    Parameters
    ----------
    function : callable
        ``f(q)`` takes points ``(n, dim)`` and returns gradients of the same shape.
    dim : int
        Number of coordinates.
    name : str
        What it is, for messages.
    """

    function: Callable[[np.ndarray], np.ndarray]
    dim: int
    name: str = "gradient"

    def gradient(self, q: ArrayLike) -> np.ndarray:
        """Gradient at points of shape ``(..., dim)``, of the same shape."""
        q = check_states("q", q, self.dim, "coordinates")
        flat = q.reshape(-1, self.dim)
        try:
            value = self.function(flat)
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"{self.name} must be a function of one array of points, here of shape "
                f"{flat.shape}, that returns as many gradients; called with it, yours "
                f"says: {error}. Write np.sin in place of math.sin and np.where in "
                "place of if, and take q alone: lambda q: f(0.0, q)."
            ) from error
        if type(value) is not np.ndarray or value.dtype != np.float64:
            value = real_array(f"what {self.name} returns", value)
        if value.shape != flat.shape:
            raise ValueError(
                f"{self.name} must return gradients of the shape of its points, "
                f"{flat.shape}; got {value.shape}."
            )
        return value.reshape(q.shape)


def as_potential(
    source: HasGradient | Callable[..., Any], dim: int, name: str = "source"
) -> HasGradient:
    """Take a potential as it is, and a plain function ``f(q)`` as its gradient.

    Parameters
    ----------
    source : object with ``gradient`` and ``dim``, or callable
        A potential, a fitted one, or a function from points ``(n, dim)`` to gradients
        of the same shape.
    dim : int
        Number of coordinates that is expected.
    name : str
        What it is, for the message.

    Returns
    -------
    object with ``gradient`` and ``dim``

    Raises
    ------
    ValueError
        If it is neither, or has another number of coordinates.

    Examples
    --------
    >>> import numpy as np
    >>> as_potential(np.sin, dim=2).gradient(np.zeros((3, 2))).shape
    (3, 2)
    """
    check_count("dim", dim)
    if isinstance(source, HasGradient):
        if source.dim != dim:
            raise ValueError(
                f"the points have dim = {dim} coordinates; got a {name} that has "
                f"{source.dim}."
            )
        return source
    if callable(source):
        return GradientFunction(source, dim, name)
    raise ValueError(
        f"{name} must be a potential, or a function from points (n, dim) to gradients "
        f"of the same shape; got {type(source).__name__}."
    )
