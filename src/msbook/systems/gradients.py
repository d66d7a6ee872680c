"""Whatever has a gradient: potentials, fitted ones, and plain functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from msbook._validation import check_count, check_states


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
    """

    function: Callable[[np.ndarray], np.ndarray]
    dim: int

    def gradient(self, q: np.ndarray) -> np.ndarray:
        """Gradient at points of shape ``(..., dim)``, of the same shape."""
        q = check_states("q", q, self.dim, "coordinates")
        flat = q.reshape(-1, self.dim)
        value = np.asarray(self.function(flat), dtype=float)
        if value.shape != flat.shape:
            raise ValueError(
                f"the gradient must have the shape of its points, {flat.shape}; got "
                f"{value.shape}."
            )
        return value.reshape(q.shape)


def as_potential(
    source: HasGradient | Callable, dim: int, name: str = "source"
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
        return GradientFunction(source, dim)
    raise ValueError(
        f"{name} must be a potential, or a function from points (n, dim) to gradients "
        f"of the same shape; got {type(source).__name__}."
    )
