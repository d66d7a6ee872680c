"""Mechanical systems with friction and noise in a potential."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_number, check_states, finite_array
from msbook.equations.gradients import HasGradient
from msbook.equations.matrices import as_mass, as_matrix


@dataclass(frozen=True, eq=False)
class Langevin:
    r"""Kinetic Langevin equation; without friction and noise, a Hamiltonian system.

    .. math:: dq &= M^{-1} p\,dt, \\
              dp &= -\nabla V(q)\,dt - \Gamma M^{-1} p\,dt + \Sigma\,dW, \qquad
              \Sigma\Sigma^\top = 2 T\,\Gamma .

    With the noise that belongs to its friction, the equilibrium is the Gibbs law
    :math:`\propto e^{-(V(q) + p^\top M^{-1} p/2)/T}`. States are ``(q, p)``, one
    behind the other.

    Parameters
    ----------
    potential : Potential, or any object with ``gradient(q)`` and ``dim``
        :math:`V`, of ``d`` coordinates.
    friction : float or array_like, shape (d, d)
        :math:`\Gamma`; a number stands for a multiple of the identity. Symmetric.
    temperature : float, optional
        :math:`T`, in units of energy; 0 by default, no noise.
    mass : float or array_like, shape (d, d), optional
        :math:`M`, symmetric and positive definite; the identity by default.
    noise : float or array_like, shape (d, d), optional
        :math:`\Sigma\Sigma^\top`, in place of a temperature.

    Raises
    ------
    ValueError
        If a matrix has the wrong shape or is not positive, or if both a temperature
        and a noise are given.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> spring = ms.systems.quadratic_well([[1.0]])
    >>> system = ms.systems.Langevin(spring, friction=1.0, temperature=0.5)
    >>> y0 = np.zeros((20_000, 2))
    >>> y = ms.solve(system, y0, t_span=(0, 8), dt=0.05, rng=0, save_every=160).y
    >>> np.allclose(np.cov(y[:, -1].T), 0.5 * np.eye(2), atol=0.02)
    True

    References
    ----------
    Li & Tao (2024), eqs. (2.6)–(2.8), (4.1) and (4.2). Pavliotis (2014), chapter 6.
    """

    potential: HasGradient
    friction: ArrayLike = 0.0
    temperature: float | None = None
    mass: ArrayLike | None = None
    noise: ArrayLike | None = None

    def __post_init__(self) -> None:
        given: Any = self.potential
        if not isinstance(given, HasGradient):
            raise ValueError(
                "potential must have a method gradient(q) and a number dim of "
                f"coordinates; got {type(self.potential).__name__}."
            )
        if self.temperature is not None and self.noise is not None:
            raise ValueError(
                "give a temperature or a noise, not both: the temperature alone sets "
                "the noise that belongs to the friction."
            )
        if self.temperature is not None:
            check_number("temperature", self.temperature, 0.0)
        _ = self.friction_matrix, self.mass_matrix, self.noise_covariance  # checks

    @property
    def dim(self) -> int:
        """Number of components of the state, twice that of the coordinates."""
        return 2 * self.potential.dim

    @property
    def noise_dim(self) -> int:
        """Number of independent Brownian motions."""
        return self.potential.dim if self.noise_covariance.any() else 0

    @property
    def compiled(self) -> bool:
        """Whether the potential has component functions to compile."""
        return bool(getattr(self.potential, "compiled", False))

    @property
    def parameters(self) -> tuple[Any, ...]:
        """Parameters of the potential's component functions."""
        return getattr(self.potential, "parameters", ())

    @property
    def y0(self) -> tuple[float, ...]:
        """Default start: at rest in the potential's first centre, or in 0."""
        d = self.potential.dim
        first = getattr(self.potential, "centres", ((0.0,) * d,))[0]
        return (*first, *(0.0,) * d)

    @cached_property
    def friction_matrix(self) -> np.ndarray:
        r""":math:`\Gamma`, shape (d, d)."""
        return as_matrix("friction", self.friction, self.potential.dim)

    @cached_property
    def mass_matrix(self) -> np.ndarray:
        """:math:`M`, shape (d, d)."""
        return as_mass(self.mass, self.potential.dim)

    @cached_property
    def noise_covariance(self) -> np.ndarray:
        r""":math:`\Sigma\Sigma^\top`, shape (d, d)."""
        if self.noise is not None:
            return as_matrix("noise", self.noise, self.potential.dim)
        return 2.0 * (self.temperature or 0.0) * self.friction_matrix

    def energy(self, y: ArrayLike) -> np.ndarray:
        r"""Energy :math:`V(q) + \tfrac12 p^\top M^{-1} p`.

        Parameters
        ----------
        y : ndarray, shape (..., 2 d)
            States.

        Returns
        -------
        ndarray, shape (...)

        Raises
        ------
        ValueError
            If the shape does not fit, or the potential knows its gradient only.
        """
        y = check_states("y", y, self.dim, "coordinates and then momenta")
        y = finite_array("y", y)
        q, p = np.split(y, 2, axis=-1)
        velocity = p @ np.linalg.inv(self.mass_matrix)
        kinetic = 0.5 * (p * velocity).sum(axis=-1)
        potential = getattr(self.potential, "potential", None)
        if potential is None:
            raise ValueError(
                "the energy needs a potential(q) beside the gradient; got "
                f"{type(self.potential).__name__}, which has a gradient only."
            )
        return potential(q) + kinetic
