"""Exponential time differencing for reaction and diffusion on an interval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dct, idct

from msbook._compile.kernels.fourier import is_power_of_two
from msbook._compile.kernels.interrupts import run_in_slices
from msbook._compile.tracing.trace import Traced
from msbook.equations.reaction_diffusion import ReactionDiffusion
from msbook.integrators.pde.cosine_etdrk4_kernels import compile_integration
from msbook.integrators.pde.etdrk4_kernels import LANES
from msbook.integrators.pde.exponential import (
    Coefficients,
    coefficients_of,
    exponential_step,
)
from msbook.integrators.pde.reaction_diffusion import ReactionDiffusionMethod


@dataclass(frozen=True)
class CosineETDRK4(ReactionDiffusionMethod):
    r"""Exponential time differencing, fourth order, for reaction and diffusion.

    Cosines :math:`\cos(k\pi x/L)` have no flux through the walls, and at the centres of
    the cells they are eigenvectors of the central differences of
    :meth:`ReactionDiffusion.drift`:

    .. math:: \ell_k = -D \Bigl( \frac{2}{\delta x} \sin \frac{\pi k}{2N} \Bigr)^2,
              \qquad k = 0, \dots, N - 1 .

    So diffusion is exact, however fine the grid, and the reaction is stepped as by the
    classical Runge–Kutta method; :class:`ETDRK4` gives the formulas. What the solution
    tends to as the step falls is that of the method of lines, with its error of order
    :math:`\delta x^2`. Its differences, unlike those of a spectral method, make no
    density negative where a front is sharp.

    The step need only resolve the reaction. Where it is stiff by itself, take
    :func:`scipy.integrate.solve_ivp` with ``system.drift``.

    Examples
    --------
    >>> from dataclasses import dataclass
    >>> import msbook as ms
    >>> import numpy as np
    >>> @dataclass(frozen=True)
    ... class Brusselator(ms.systems.ReactionDiffusion):
    ...     @staticmethod
    ...     def rates(u, v, p):
    ...         return 1 + u * u * v - 4 * u, 3 * u - u * u * v
    >>> system = Brusselator(n_points=64, length=1.0, diffusivities=(0.02, 0.02))
    >>> start = np.append(1 + np.sin(np.pi * system.x), np.full(64, 3.0))
    >>> def end(dt):
    ...     return ms.solve(system, start, t_span=(0, 5), dt=dt).y[0, -1]
    >>> bool(abs(end(0.02) - end(0.01)).max() < 1e-5)
    True

    References
    ----------
    Cox & Matthews (2002), Exponential time differencing for stiff systems.
    Kassam & Trefethen (2005), Fourth-order time-stepping for stiff PDEs.
    Strang (1999), The discrete cosine transform.
    """

    order: ClassVar[float] = 4.0

    def coefficients(self, system: ReactionDiffusion, dt: float) -> Coefficients:
        r"""Coefficients of a step.

        Parameters
        ----------
        system : ReactionDiffusion
            What moves.
        dt : float
            Step.

        Returns
        -------
        Coefficients
            :math:`e^{\ell h}, e^{\ell h/2}, q, f_1, f_2, f_3`, each of shape
            ``(2, n_points)``, for u and v.
        """
        modes = np.arange(system.n_points)
        waves = 2.0 / system.dx * np.sin(np.pi * modes / (2 * system.n_points))
        return coefficients_of(-np.outer(system.diffusivities, waves**2), dt)

    def step(
        self, system: ReactionDiffusion, t: float, y: NDArray[np.float64], dt: float
    ) -> NDArray[np.float64]:
        """Advance states of shape ``(..., dim)`` by one step in NumPy."""
        modes = _to_modes(system, y)
        return _to_states(_step_modes(system, self.coefficients(system, dt), modes))

    def can_compile(self, system: ReactionDiffusion) -> bool:
        """Whether the compiled transforms can take the system: powers of two."""
        return is_power_of_two(system.n_points)

    def fill_compiled(
        self, system: ReactionDiffusion, rates: Traced, exact: bool, dt: float,
        save_every: int, out: NDArray[Any], y: NDArray[Any],
    ) -> tuple[int, bool]:  # fmt: skip
        """See :class:`ReactionDiffusionMethod`."""
        out[:, 0] = y
        lanes = 1 if len(y) == 1 else LANES
        integrate = compile_integration(rates.text, exact, system.n_points, lanes)
        scale = 2 * system.n_points
        modes = _to_modes(system, y).reshape(len(y), scale) / scale
        whole, half, stage, first, middle, last = self.coefficients(system, dt)
        slopes = (stage / scale, first / scale, 2 * middle / scale, last / scale)
        table = np.stack([whole, half, *slopes]).reshape(6, scale)
        memory = np.empty(scale * lanes)

        def part(blocks, steps) -> tuple[int, bool] | None:
            failure = integrate(
                modes, table, rates.constants, save_every, out[:, 1:], blocks, steps,
                memory,
            )  # fmt: skip
            return failure if any(failure) else None

        n_blocks, n_steps = -(-len(y) // lanes), (out.shape[1] - 1) * save_every
        save, beyond = run_in_slices(n_blocks, n_steps, part) or (0, False)
        return save * save_every, beyond

    def fill_in_numpy(
        self, system: ReactionDiffusion, t: float, dt: float, save_every: int,
        out: NDArray[Any], y: NDArray[Any],
    ) -> int:  # fmt: skip
        """See :class:`ReactionDiffusionMethod`."""
        out[:, 0] = y
        coefficients = self.coefficients(system, dt)
        modes = _to_modes(system, y)
        for save in range(1, out.shape[1]):
            with np.errstate(all="ignore"):  # told by the caller
                for _ in range(save_every):
                    modes = _step_modes(system, coefficients, modes)
                out[:, save] = _to_states(modes)
            if not np.isfinite(out[:, save]).all():
                return save * save_every
        return 0


def _step_modes(
    system: ReactionDiffusion, coefficients: Coefficients, modes: NDArray[Any]
) -> NDArray[Any]:
    def slope(modes: NDArray[Any]) -> NDArray[Any]:
        values = np.asarray(idct(modes))
        rates = system.reaction(values[..., 0, :], values[..., 1, :])
        return np.asarray(dct(np.stack(rates, axis=-2)))

    return exponential_step(coefficients, slope, modes)


def _to_modes(system: ReactionDiffusion, y: NDArray[Any]) -> NDArray[Any]:
    """Modes ``(..., 2, n_points)`` of states ``(..., dim)``."""
    return np.asarray(dct(np.stack(system.fields(y), axis=-2)))


def _to_states(modes: NDArray[Any]) -> NDArray[Any]:
    values = np.asarray(idct(modes))
    return values.reshape(*values.shape[:-2], -1)
