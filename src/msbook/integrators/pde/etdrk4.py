"""Exponential time differencing with the classical Runge–Kutta method."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from msbook._compile.kernels.interrupts import run_in_slices
from msbook._compile.tracing.trace import Traced
from msbook.equations.paths_apart import check_paths_apart
from msbook.equations.periodic_pde import PeriodicPDE
from msbook.equations.rows import try_trace
from msbook.integrators.method import NoiselessMethod
from msbook.integrators.pde.etdrk4_kernels import (
    LANES,
    can_compile,
    compile_integration,
)
from msbook.integrators.pde.exponential import (
    Coefficients,
    coefficients_of,
    exponential_step,
)
from msbook.integrators.solution import IntegrationError


@dataclass(frozen=True)
class ETDRK4(NoiselessMethod):
    r"""Exponential time differencing, fourth order, for periodic equations.

    In Fourier space :math:`\hat u_t = \ell \hat u + N(\hat u)`. The linear part is
    stepped exactly, however stiff it is, and the nonlinear one as by the classical
    Runge–Kutta method:

    .. math::
        a &= e^{\ell h/2} \hat u_n + q\,N(\hat u_n), \quad
        b = e^{\ell h/2} \hat u_n + q\,N(a), \quad
        c = e^{\ell h/2} a + q\,(2 N(b) - N(\hat u_n)), \\
        \hat u_{n+1} &= e^{\ell h} \hat u_n + f_1 N(\hat u_n)
                        + 2 f_2 \bigl(N(a) + N(b)\bigr) + f_3 N(c) .

    The coefficients :math:`q, f_1, f_2, f_3` are divided differences of the
    exponential, in which digits cancel where :math:`\ell h` is small. They are
    therefore averaged over a circle about :math:`\ell h`, which is exact, and of which
    the real part is kept for a real symbol only.

    :class:`CosineETDRK4` is the same for reaction and diffusion between walls.

    The order shows once :math:`h` is short against the damping of the waves that carry
    the solution; before, errors fall a little more slowly.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.KuramotoSivashinsky()
    >>> def end(dt):
    ...     return ms.solve(system, t_span=(0, 5), dt=dt, method=ms.ETDRK4()).y[0, -1]
    >>> bool(abs(end(0.1) - end(0.05)).max() < 1e-4)
    True

    References
    ----------
    Cox & Matthews (2002), Exponential time differencing for stiff systems.
    Kassam & Trefethen (2005), Fourth-order time-stepping for stiff PDEs.
    """

    moves = PeriodicPDE
    order: ClassVar[float] = 4.0

    def coefficients(self, system: PeriodicPDE, dt: float) -> Coefficients:
        r"""Coefficients of a step.

        Parameters
        ----------
        system : PeriodicPDE
            What moves.
        dt : float
            Step.

        Returns
        -------
        Coefficients
            :math:`e^{\ell h}, e^{\ell h/2}, q, f_1, f_2, f_3`, each of shape
            ``(n_points // 2 + 1,)``.
        """
        return _coefficients(system, dt)

    def step(
        self, system: PeriodicPDE, t: float, y: NDArray[np.float64], dt: float
    ) -> NDArray[np.float64]:
        """Advance states of shape ``(..., n_points)`` by one step in NumPy."""
        modes = self.step_modes(system, np.fft.rfft(y), dt)
        return np.fft.irfft(modes, n=system.n_points)

    def run(
        self,
        system: PeriodicPDE,
        t: float,
        dt: float,
        n_steps: int,
        save_every: int,
        out: NDArray[np.float64],
        y: NDArray[np.float64],
    ) -> None:
        """Fill ``out``, the starts included; see ``NoiselessMethod``."""
        out[:, 0] = y
        nonlinear = None
        if system.compiled and can_compile(system.n_points):
            nonlinear = try_trace(
                lambda u: [system.nonlinear(u)], "this system's nonlinear", u_=1
            )
        if nonlinear is None:
            check_paths_apart(partial(system.drift, t), y)
            save = _run_in_numpy(self, system, dt, save_every, out[:, 1:], y)
        else:
            for exact in (False, True):
                save, beyond = _run_compiled(
                    system, nonlinear, exact, dt, save_every, out[:, 1:], y
                )
                if not beyond:
                    break
        if save:
            step = save * save_every
            raise IntegrationError(
                f"the state is not finite at step {step} (t = {t + step * dt:.6g}, "
                f"dt = {dt:.3g}), where states are stored. Try a smaller dt."
            )

    def step_modes(
        self, system: PeriodicPDE, u: NDArray[np.complex128], dt: float
    ) -> NDArray[np.complex128]:
        """Advance modes of shape ``(..., n_points // 2 + 1)``: the step itself."""

        def slope(modes: NDArray[Any]) -> NDArray[Any]:
            values = np.fft.irfft(modes, n=system.n_points)
            return system.nonlinear_symbol * np.fft.rfft(system.nonlinear(values))

        return exponential_step(self.coefficients(system, dt), slope, u)


@lru_cache(maxsize=16)  # a loop in NumPy asks at every step
def _coefficients(system: PeriodicPDE, dt: float) -> Coefficients:
    return coefficients_of(system.symbol, dt)


@lru_cache(maxsize=16)
def _table(system: PeriodicPDE, dt: float) -> NDArray[np.float64]:
    """Coefficients for the compiled loop.

    Its modes are averages, and its slopes lack the derivative and the average.
    """
    whole, half, stage, first, middle, last = _coefficients(system, dt)
    slope = system.nonlinear_symbol / (2 * system.n_points)
    weights = (stage, first, 2 * middle, last)
    table = np.array([whole, half, *(slope * weight for weight in weights)])
    return np.stack([table.real, table.imag])


def _run_in_numpy(
    method: ETDRK4,
    system: PeriodicPDE,
    dt: float,
    save_every: int,
    out: NDArray[Any],
    y: NDArray[Any],
) -> int:
    """Fill ``out``; 0, or the number of the first save that is not finite."""
    modes = np.fft.rfft(y)
    for save in range(out.shape[1]):
        with np.errstate(all="ignore"):  # told by the caller
            for _ in range(save_every):
                modes = method.step_modes(system, modes, dt)
            out[:, save] = np.fft.irfft(modes, n=system.n_points)
        if not np.isfinite(out[:, save]).all():
            return save + 1
    return 0


def _run_compiled(
    system: PeriodicPDE,
    nonlinear: Traced,
    exact: bool,
    dt: float,
    save_every: int,
    out: NDArray[Any],
    y: NDArray[Any],
) -> tuple[int, bool]:
    """The same, compiled; and whether a sine or cosine left its fast form's range."""
    lanes = 1 if len(y) == 1 else LANES
    integrate = compile_integration(nonlinear.text, exact, system.n_points, lanes)
    modes = np.fft.rfft(y) / system.n_points
    starts = np.stack([modes.real, modes.imag], axis=1)
    table, memory = _table(system, dt), np.empty(2 * starts.shape[2] * lanes)
    constants = nonlinear.constants

    def run(blocks: tuple[int, int], steps: tuple[int, int]) -> tuple[Any, ...] | None:
        failure = integrate(
            starts, table, constants, save_every, out, blocks, steps, memory
        )
        return failure if any(failure) else None

    n_blocks, n_steps = -(-len(y) // lanes), out.shape[1] * save_every
    return run_in_slices(n_blocks, n_steps, run) or (0, False)
