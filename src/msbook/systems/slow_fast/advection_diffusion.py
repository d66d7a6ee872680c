"""Particles in a box, driven to and fro while they diffuse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from msbook._validation import check_count, check_rng, finite_array
from msbook.equations.parameters import check_positive
from msbook.equations.rows import write_out
from msbook.equations.sde import SDE
from msbook.equations.walls import Wall


@dataclass(frozen=True)
class AdvectionDiffusion(SDE):
    r"""Advection and diffusion of particles between reflecting walls.

    .. math:: dx_i = A_i \cos(\omega_i t)\,dt + \sqrt{D}\,dW_i, \qquad
              -\tfrac{L}{2} \le x_i \le \tfrac{L}{2} .

    The drift is the same for all particles and depends on the time alone: start times
    count. A cloud of particles is a start with three axes, see :func:`msbook.solve`.

    Parameters
    ----------
    amplitude : sequence of float, length dim
        :math:`A_i`, in lengths per unit of time.
    frequency : sequence of float, length dim
        :math:`\omega_i`, in radians per unit of time.
    diffusivity : float
        :math:`D`; the variance of a free particle grows by it per unit of time.
    length : float
        :math:`L`, the side of the box.
    compiled : bool
        ``False`` keeps to NumPy.

    Raises
    ------
    ValueError
        If amplitude and frequency are not of one length, or a number is out of its
        range.

    Examples
    --------
    The default is the paper's system in three dimensions. This is the one in one:

    >>> import msbook as ms
    >>> system = ms.systems.AdvectionDiffusion(amplitude=(1.0,), frequency=(0.1,))
    >>> cloud = system.random_starts(n_traj=1, n_particles=1000, rng=0)
    >>> x = ms.solve(system, cloud, t_span=(0, 2), dt=5e-3, save_every=100, rng=0).y
    >>> x.shape
    (1, 5, 1000, 1)
    >>> bool(abs(x).max() <= 0.5)
    True

    References
    ----------
    Vlachas et al. (2020), eqs. (5), (6) and (25).
    """

    # What a reader gives to an SDE follows here from the four numbers below.
    drift_rows: Callable[[Any, Any, Any], tuple[Any, ...]] = field(
        init=False, repr=False
    )
    diffusion_rows: Callable[[Any, Any, Any], tuple[Any, ...]] = field(
        init=False, repr=False
    )
    y0: tuple[float, ...] = field(init=False, repr=False)
    parameters: tuple[float, ...] = field(init=False, repr=False)
    noise: Literal["diagonal", "general"] = field(init=False, repr=False)
    rates: tuple[float, ...] | None = field(init=False, repr=False)
    walls: tuple[Wall, ...] | None = field(init=False, repr=False)
    compiled: bool = field(default=True, kw_only=True)

    amplitude: tuple[float, ...] = (1.0, 1.5, 0.0)
    frequency: tuple[float, ...] = (0.2, 1.0, 0.5)
    diffusivity: float = 0.2
    length: float = 1.0

    def __post_init__(self) -> None:
        check_positive(diffusivity=self.diffusivity, length=self.length)
        amplitude, frequency = (
            finite_array(name, getattr(self, name))
            for name in ("amplitude", "frequency")
        )
        if (
            amplitude.ndim != 1
            or amplitude.shape != frequency.shape
            or not amplitude.size
        ):
            raise ValueError(
                "amplitude and frequency must be finite, with one number a component, "
                f"such as (1.0,) and (0.1,); got {self.amplitude!r} and "
                f"{self.frequency!r}."
            )
        dim, end = len(amplitude), 0.5 * float(self.length)
        values = {
            "amplitude": tuple(amplitude.tolist()),
            "frequency": tuple(frequency.tolist()),
            "drift_rows": write_out(
                f"p[{i}] * np.cos(p[{dim + i}] * t)" for i in range(dim)
            ),
            "diffusion_rows": write_out([f"p[{2 * dim}]"] * dim),
            "y0": (0.0,) * dim,
            "parameters": (*amplitude, *frequency, np.sqrt(self.diffusivity)),
            "noise": "diagonal",
            "rates": None,
            "walls": ((-end, end),) * dim,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        super().__post_init__()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the numbers, from which the functions are written again."""
        numbers = (self.amplitude, self.frequency, self.diffusivity, self.length)
        return partial(AdvectionDiffusion, compiled=self.compiled), numbers

    @property
    def peclet(self) -> float:
        r"""Péclet number :math:`L |A| / D`: rates of advection by diffusion."""
        return self.length * float(np.linalg.norm(self.amplitude)) / self.diffusivity

    def random_starts(
        self,
        n_traj: int,
        n_particles: int,
        rng: int | np.random.Generator | None = None,
    ) -> NDArray[np.float64]:
        """Clouds, each at one point drawn uniformly from the box.

        Parameters
        ----------
        n_traj, n_particles : int
            How many clouds, and particles in each.
        rng : int or numpy.random.Generator, optional
            Seed or source.

        Returns
        -------
        ndarray, shape (n_traj, n_particles, dim)
        """
        check_count("n_traj", n_traj)
        check_count("n_particles", n_particles)
        end = 0.5 * self.length
        points = check_rng(rng).uniform(-end, end, (n_traj, 1, self.dim))
        return np.repeat(points, n_particles, axis=1)
