"""The Kuramoto–Sivashinsky equation, chaotic in space and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_flag
from msbook.equations.parameters import check_positive
from msbook.equations.periodic_pde import PeriodicPDE


@dataclass(frozen=True)
class KuramotoSivashinsky(PeriodicPDE):
    r"""The Kuramoto–Sivashinsky equation on a circle.

    .. math:: u_t = -\nu u_{xxxx} - u_{xx} - u u_x, \qquad u(t, x + L) = u(t, x)

    Long waves grow, short ones are damped, and the nonlinear term carries energy from
    the ones to the others. At :math:`L = 22` and :math:`\nu = 1` the motion is chaotic
    on an attractor of few dimensions, which shifts and the reflection
    :math:`u(x) \to -u(-x)` map to itself. The mean of :math:`u` is conserved; starts
    should have mean 0.

    With 64 points the shortest waves of the attractor are below 1e-9, so that products
    are not dealiased.

    Parameters
    ----------
    n_points : int
        Number of points; compiled for powers of two.
    length : float
        :math:`L`.
    viscosity : float
        :math:`\nu`.
    compiled : bool
        ``False`` keeps to NumPy.

    Raises
    ------
    ValueError
        If a parameter is not positive.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.KuramotoSivashinsky()
    >>> starts = system.random_starts(3, rng=0)
    >>> u = ms.solve(system, starts, t_span=(0, 50), dt=0.25).y
    >>> u.shape
    (3, 201, 64)
    >>> system.symmetric_copies(u, n_shifts=8).shape
    (48, 201, 64)

    References
    ----------
    Cvitanović, Davidchack & Siminos (2010). Vlachas et al. (2022), section 3.3.
    """

    n_points: int = 64
    length: float = 22.0
    viscosity: float = 1.0

    def __post_init__(self) -> None:
        check_positive(viscosity=self.viscosity)
        super().__post_init__()

    def linear(self, k: NDArray[np.floating]) -> NDArray[np.floating]:
        r"""Growth rate :math:`k^2 - \nu k^4` of a wave."""
        return k**2 - self.viscosity * k**4

    @staticmethod
    def nonlinear(u: Any) -> Any:
        """Flux :math:`-u^2/2`, whose derivative is :math:`-u u_x`."""
        return -0.5 * u * u

    def reflected(self, y: ArrayLike) -> NDArray[np.float64]:
        """States :math:`-u(-x)`, of the shape ``(..., n_points)`` given."""
        return -np.roll(self._states(y)[..., ::-1], 1, axis=-1)

    def symmetric_copies(
        self, y: ArrayLike, n_shifts: int, reflect: bool = True
    ) -> NDArray[np.float64]:
        r"""Trajectories with all their shifted and reflected copies.

        Each copy solves the equation as well as its original.

        Parameters
        ----------
        y : array_like, shape (n_traj, n_time, n_points)
            Trajectories.
        n_shifts : int
            Shifts by :math:`0, L/n, 2L/n, \dots`
        reflect : bool
            Whether to add the reflection of each.

        Returns
        -------
        ndarray, shape (n_copies * n_traj, n_time, n_points)
            The originals first, then copy by copy; ``n_copies`` is ``n_shifts`` or,
            with reflections, twice as many.

        Raises
        ------
        ValueError
            If ``n_shifts`` is below 1 or the shape is another.
        """
        paths = self._states(y)
        check_count("n_shifts", n_shifts)
        check_flag("reflect", reflect)
        if paths.ndim != 3:
            raise ValueError(
                f"y must have shape (n_traj, n_time, n_points); got {paths.shape}."
            )
        distances = self.length / n_shifts * np.arange(1, n_shifts)
        copies = [paths, *(self.shifted(paths, distance) for distance in distances)]
        if reflect:
            copies += [self.reflected(copy) for copy in copies]
        return np.concatenate(copies)
