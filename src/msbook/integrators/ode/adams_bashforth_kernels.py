"""The Adams–Bashforth step written out and compiled, for lanes of paths."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from numba import njit

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.lanes import BEYOND, END, LANES
from msbook.integrators.ode.jacobian import Motion
from msbook.integrators.ode.runge_kutta import RungeKutta
from msbook.integrators.ode.runge_kutta_kernels import compile_step as compile_start


@lru_cache(maxsize=64)
def compile_step(
    motion: Motion, weights: tuple[float, ...], starter: RungeKutta
) -> tuple[Callable, int]:
    """Compile the step of a system given by component functions.

    Parameters
    ----------
    motion : Motion
        Component functions, and their Jacobian.
    weights : tuple of float
        Of the slopes, the newest first.
    starter : RungeKutta
        Method of the first steps.

    Returns
    -------
    step : callable
        For ``method_kernels.integrate``.
    n_rows : int
        Rows that it needs.
    """
    start, past = compile_start(motion, *starter.coefficients)
    names = {"drift": motion.drift, "start": start}
    exec(_write_out_step(motion.dim, weights, past), names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["step"]), past + motion.dim * len(weights)


def _write_out_step(dim: int, weights: tuple[float, ...], past: int) -> str:
    """Source text of the step; the past slopes begin at row ``past``."""
    order, axes = len(weights), range(dim)

    def cell(row: int) -> str:
        return f"work[{row * LANES} + lane]"

    def slope(age: int, k: int) -> str:
        return cell(past + age * dim + k)

    state = "".join(f"{cell(k)}, " for k in axes)
    lines = [
        "def step(work, t, dt, n, parameters):",
        "    beyond = 0",
        f"    for lane in range({LANES}):",
    ]
    for k in axes:
        for age in range(order - 1, 0, -1):
            lines.append(f"        {slope(age, k)} = {slope(age - 1, k)}")
    lines.append(f"        f = drift(t, ({state}), parameters)")
    lines += [f"        {slope(0, k)} = f[{k}]" for k in axes]
    lines.append(f"        beyond |= f[{dim}]")
    if order > 1:
        lines.append(f"    if n < {order - 1}:")
        lines.append("        began = start(work, t, dt, n, parameters)")
        lines.append(f"        return {BEYOND} if beyond < 0 else began")
    lines.append(f"    for lane in range({LANES}):")
    for k in axes:
        terms = " + ".join(f"{w} * {slope(age, k)}" for age, w in enumerate(weights))
        lines.append(f"        {cell(k)} += dt * ({terms})")
    return "\n".join([*lines, END])
