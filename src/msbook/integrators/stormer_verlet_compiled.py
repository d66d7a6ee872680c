"""The Störmer–Verlet step written out and compiled, for lanes of paths."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from numba import njit

from msbook.elementary import KERNEL_OPTIONS
from msbook.integrators.compiled import LANES
from msbook.systems.written import compile_function


@lru_cache(maxsize=64)
def compile_step(gradient: Callable, dim: int, noise_dim: int) -> Callable:
    """Compile the step in a potential given by component functions.

    Parameters
    ----------
    gradient : callable
        Component functions ``f(q, parameters)``, see :class:`msbook.systems.Potential`.
    dim, noise_dim : int
        Numbers of coordinates and of Brownian motions; the latter may be 0.

    Returns
    -------
    callable
        The compiled ``advance`` for :func:`msbook.integrators.compiled.integrate`,
        with the weights of :meth:`msbook.StormerVerlet.weights`.
    """
    names = {"gradient": compile_function(gradient)}
    exec(_write_out_step(dim, noise_dim), names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["advance"])


def _write_out_step(dim: int, noise_dim: int) -> str:
    """Source text of the inner loops."""
    axes = range(dim)

    def times(matrix: str, vector: str, i: int) -> str:
        return " + ".join(f"{matrix}[{i}, {j}] * {vector}{j}" for j in axes)

    lines = [
        "def advance(y, t, dt, n_steps, parameters, h, w, increments):",
        "    decay, half = h[0], h[1]",
        "    for step in range(n_steps):",
        f"        first = step * {noise_dim * LANES}",
        f"        for lane in range({LANES}):",
        *(f"            q{i} = y[{i * LANES} + lane]" for i in axes),
        *(f"            p{i} = y[{(dim + i) * LANES} + lane]" for i in axes),
        *(f"            m{i} = q{i} + {times('half', 'p', i)}" for i in axes),
        f"            g = gradient(({''.join(f'm{i}, ' for i in axes)}), parameters)",
    ]
    for k in range(noise_dim):
        lines.append(f"            b{k} = increments[first + {k * LANES} + lane]")
    for i in axes:
        noise = f" + {times('w', 'b', i)}" if noise_dim else ""
        lines.append(
            f"            n{i} = {times('decay', 'p', i)} - dt * g[{i}]{noise}"
        )
    for i in axes:
        lines += [
            f"            y[{i * LANES} + lane] = m{i} + {times('half', 'n', i)}",
            f"            y[{(dim + i) * LANES} + lane] = n{i}",
        ]
    return "\n".join(lines)
