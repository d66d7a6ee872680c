"""Lattice Boltzmann method for reaction and diffusion on an interval."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import ClassVar, Literal, get_args

import numpy as np

from msbook._compile.kernels.interrupts import run_in_slices
from msbook._compile.tracing.trace import Traced
from msbook.equations.reaction_diffusion import ReactionDiffusion
from msbook.integrators.pde.lattice_boltzmann_kernels import compile_run
from msbook.integrators.pde.reaction_diffusion import ReactionDiffusionMethod

Lifting = Literal["slaved", "equal"]

_COMPILING = Lock()  # threads that ask at once must get the same compiled loop


@dataclass(frozen=True)
class LatticeBoltzmannD1Q3(ReactionDiffusionMethod):
    r"""Lattice Boltzmann method with three velocities in one dimension.

    Each density :math:`\rho` (:math:`u` or :math:`v`) is carried by populations that
    move one node to the left, rest, or move one to the right in a step,
    :math:`c_i \in \{-1, 0, 1\}`. They relax to equal shares of the density (BGK) and
    gain equal shares of the reaction :math:`R`,

    .. math:: f_i(x + c_i \delta x, t + \delta t) = f_i + \omega \Bigl(
              \frac{\rho}{3} - f_i \Bigr) + \frac{\delta t}{3} R, \qquad
              \rho = \sum_i f_i, \qquad
              \omega = \frac{2}{1 + 3 D\, \delta t / \delta x^2} .

    What would leave through a wall comes back (half-way bounce-back), so that the walls
    lie half a cell beyond the outer nodes and no flux goes through. When
    :math:`\delta t \propto \delta x^2`, the error is of order :math:`\delta x^2`, which
    is order one in the step.

    **Where it is good.** A reaction of rate :math:`r` adds an error of about
    :math:`r\,\delta t + 0.15\, r\, \delta x^2 / D`, relative to the densities. The
    first term is that of Euler's method; the second is that of equal shares, and
    shorter steps do not lower it. So the method suits slow reactions, such as that of
    :class:`msbook.systems.FitzHughNagumo`. For the Brusselator, where :math:`u` decays
    at :math:`r = 4`, with :math:`D = 0.02` and :math:`\delta x = 1/32`, the error is
    nine times that of the method of lines on the same nodes; with a reaction ten times
    as slow it is twice that, and with one a hundred times as slow a third of it.
    :class:`CosineETDRK4` has the error of the method of lines throughout.

    **Lifting.** A run starts from densities alone, and the populations must be made
    up. Put :math:`f_i = \rho/3 + f_i^{(1)} + \dots` into the step and expand it in
    :math:`\delta x`, with :math:`\delta t \sim \delta x^2`: the first order is
    :math:`c_i\,\delta x\, \partial_x \rho / 3 = -\omega f_i^{(1)}`, so that populations
    which follow the density (are *slaved* to it) are

    .. math:: f_i = \frac{\rho}{3} - \frac{c_i\, \delta x}{3 \omega}
              \frac{\partial \rho}{\partial x} .

    They carry the diffusive flux from the first step on. Equal populations, the rule of
    the papers, have no flux; it builds up in a few steps, and the density that did
    not flow in the meantime is an error of every restart.

    Parameters
    ----------
    lifting : {"slaved", "equal"}
        How densities become populations: as above, with central differences, or
        :math:`\rho/3` each.

    Raises
    ------
    ValueError
        If the lifting is neither.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.FitzHughNagumo()
    >>> solution = ms.solve(
    ...     system, t_span=(0, 10), dt=0.005, save_every=200,
    ...     method=LatticeBoltzmannD1Q3(),
    ... )
    >>> solution.y.shape
    (1, 11, 202)

    References
    ----------
    Vlachas et al. (2020), eqs. (30)–(41). Lee et al. (2020). Karlin et al. (2006).
    """

    lifting: Lifting = "slaved"

    order: ClassVar[float] = 1.0

    def __post_init__(self) -> None:
        if self.lifting not in get_args(Lifting):
            raise ValueError(
                f'lifting must be "slaved" or "equal"; got {self.lifting!r}.'
            )

    def relaxation(self, system: ReactionDiffusion, dt: float) -> np.ndarray:
        r""":math:`\omega` of the two densities, shape (2,)."""
        diffusivities = np.asarray(system.diffusivities, dtype=float)
        return 2.0 / (1.0 + 3.0 * diffusivities * dt / system.dx**2)

    def lift(self, system: ReactionDiffusion, y: np.ndarray, dt: float) -> np.ndarray:
        """Populations for densities.

        Parameters
        ----------
        system : ReactionDiffusion
            What moves.
        y : ndarray, shape (..., dim)
            States.
        dt : float
            Step.

        Returns
        -------
        ndarray, shape (..., 2, 3, n_points)
            For u and v, the populations that move left, rest and move right.
        """
        densities = np.stack(system.fields(y), axis=-2)
        walls = [(0, 0)] * (densities.ndim - 1) + [(1, 1)]
        mirrored = np.pad(densities, walls, mode="edge")
        excess = self._tilt(system, dt)[:, None] * (
            mirrored[..., 2:] - mirrored[..., :-2]
        )
        third = densities / 3.0
        return np.stack([third + excess, third, third - excess], axis=-2)

    def restrict(self, populations: np.ndarray) -> np.ndarray:
        """Densities ``(..., dim)`` of populations ``(..., 2, 3, n_points)``."""
        densities = populations.sum(axis=-2)
        return densities.reshape(*densities.shape[:-2], -1)

    def step(
        self, system: ReactionDiffusion, t: float, populations: np.ndarray, dt: float
    ) -> np.ndarray:
        """Advance populations ``(..., 2, 3, n_points)`` by one step in NumPy.

        Parameters
        ----------
        system : ReactionDiffusion
            What moves.
        t, dt : float
            Time and step.
        populations : ndarray, shape (..., 2, 3, n_points)
            From :meth:`lift` or from the step before.

        Returns
        -------
        ndarray, shape (..., 2, 3, n_points)
            Populations at ``t + dt``.
        """
        relaxation = self.relaxation(system, dt)[:, None]
        densities = populations.sum(axis=-2)
        rates = system.reaction(densities[..., 0, :], densities[..., 1, :])
        gain = (relaxation * densities + dt * np.stack(rates, axis=-2)) / 3.0
        collided = (1.0 - relaxation)[..., None] * populations + gain[..., None, :]
        left, rest, right = np.moveaxis(collided, -2, 0)
        return np.stack(
            [
                np.concatenate([left[..., 1:], right[..., -1:]], axis=-1),
                rest,
                np.concatenate([left[..., :1], right[..., :-1]], axis=-1),
            ],
            axis=-2,
        )

    def can_compile(self, system: ReactionDiffusion) -> bool:
        """Whether the compiled loop can take the system: it takes any."""
        return True

    def fill_compiled(
        self, system: ReactionDiffusion, rates: Traced, exact: bool, dt: float,
        save_every: int, out: np.ndarray, y: np.ndarray,
    ) -> tuple[int, bool]:  # fmt: skip
        """See :class:`ReactionDiffusionMethod`."""
        relaxation, tilt = self.relaxation(system, dt), self._tilt(system, dt)
        populations = np.zeros(6 * (system.n_points + 2))
        n_steps = (out.shape[1] - 1) * save_every
        with _COMPILING:
            run = compile_run(rates.text, exact, system.n_points)

        def part(paths, steps) -> tuple[int, int, bool] | None:
            failure = run(
                y, dt, save_every, relaxation, tilt, rates.constants, out,
                paths, steps, populations,
            )  # fmt: skip
            return failure if any(failure) else None

        broken, _, beyond = run_in_slices(len(y), n_steps, part) or (0, 0, False)
        return broken, beyond

    def fill_in_numpy(
        self, system: ReactionDiffusion, t: float, dt: float, save_every: int,
        out: np.ndarray, y: np.ndarray,
    ) -> int:  # fmt: skip
        """See :class:`ReactionDiffusionMethod`."""
        out[:, 0] = y
        populations = self.lift(system, y, dt)
        for save in range(1, out.shape[1]):
            with np.errstate(over="ignore", invalid="ignore"):  # told by the caller
                for step in range((save - 1) * save_every, save * save_every):
                    populations = self.step(system, t + step * dt, populations, dt)
            out[:, save] = self.restrict(populations)
            if not np.isfinite(out[:, save]).all():
                return save * save_every
        return 0

    def _tilt(self, system: ReactionDiffusion, dt: float) -> np.ndarray:
        """Excess of a moving population by the difference over two cells."""
        if self.lifting == "equal":
            return np.zeros(2)
        return 1.0 / (6.0 * self.relaxation(system, dt))
