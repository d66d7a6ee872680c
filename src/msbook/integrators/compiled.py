"""Compiled ensembles: one loop over steps, vectorised over lanes of paths.

A system's component functions are written out for its dimension and compiled
together with the step

.. math:: y_i \\leftarrow y_i + h_i\\, \\mathrm{drift}_i(t, y)
          + w_i \\sum_k \\mathrm{diffusion}_{ik}(t, y)\\, \\Delta W_k ,

whose weights :math:`h_i, w_i` come from the method, and which the system's walls, if
any, fold back. Thirty-two paths advance side by side: the inner loop runs over lanes,
so that every operation is a vector operation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numba import njit

from msbook.elementary import KERNEL_OPTIONS, compile_for_lanes
from msbook.integrators.normals import fill_normals
from msbook.systems.walls import Wall, reflect

LANES = 32
"""Paths that advance side by side."""

_BUFFER = 64 * LANES  # increments drawn at a time: they stay in the fastest cache


def _write_out_step(dim: int, noise_dim: int, noise: str, walls: bool) -> str:
    """Source text of the inner loops for one dimension and kind of noise."""
    state = "".join(f"y[{i * LANES} + lane], " for i in range(dim))
    lines = [
        "def advance(y, t, dt, n_steps, parameters, h, w, increments):",
        "    for step in range(n_steps):",
        f"        first = step * {noise_dim * LANES}",
        f"        for lane in range({LANES}):",
        f"            state = ({state})",
        "            a = drift(t + step * dt, state, parameters)",
        "            b = diffusion(t + step * dt, state, parameters)",
    ]
    for i in range(dim):
        columns = [i] if noise == "diagonal" else range(noise_dim)
        terms = " + ".join(
            (f"b[{i}]" if noise == "diagonal" else f"b[{i}][{k}]")
            + f" * increments[first + {k * LANES} + lane]"
            for k in columns
        )
        moved = f"state[{i}] + h[{i}] * a[{i}] + w[{i}] * ({terms})"
        if walls:
            moved = f"reflect({moved}, walls[{i}])"
        lines.append(f"            y[{i * LANES} + lane] = {moved}")
    return "\n".join(lines)


@lru_cache(maxsize=64)
def compile_step(
    drift: Callable,
    diffusion: Callable,
    dim: int,
    noise_dim: int,
    noise: str,
    walls: tuple[Wall, ...] | None,
) -> Callable:
    """Compile the step of a system given by component functions.

    Parameters
    ----------
    drift, diffusion : callable
        Component functions ``f(t, y, parameters)``, see :class:`msbook.SDE`.
    dim, noise_dim : int
        Number of components and of Brownian motions.
    noise : {"diagonal", "general"}
        Form of the diffusion.
    walls : tuple of (float, float), length dim, or None
        Reflecting walls, written into the compiled step.

    Returns
    -------
    callable
        The compiled ``advance`` for :func:`integrate`.
    """
    names = {
        "drift": compile_for_lanes(drift),
        "diffusion": compile_for_lanes(diffusion),
        "reflect": compile_for_lanes(reflect),
        "walls": walls,
    }
    text = _write_out_step(dim, noise_dim, noise, walls is not None)
    exec(text, names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["advance"])


@njit(**KERNEL_OPTIONS)
def integrate(
    advance, y, t, dt, n_steps, save_every, parameters, h, w, states, increments, out
):
    """Advance an ensemble and store every ``save_every``-th state.

    Parameters
    ----------
    advance : callable
        From :func:`compile_step`.
    y : ndarray, shape (n_traj, dim)
        Start, left untouched.
    t, dt : float
        Start time and step.
    n_steps, save_every : int
        Number of steps, and how many lie between two stored states.
    parameters : tuple of float
        Handed to the component functions.
    h, w : ndarray, shape (dim,)
        The method's weights of drift and noise.
    states : ndarray of uint64, shape (n_blocks, 4, N_GENERATORS)
        One random state for each block of ``LANES`` paths.
    increments : ndarray, shape (n_traj, n_steps, noise_dim)
        Brownian increments; with ``increments.shape[1] == 0`` they are drawn.
    out : ndarray, shape (n_traj, n_steps // save_every, dim)
        Filled in place.

    Returns
    -------
    int
        0, or the number of the first step after which a state was seen not finite
        (looked at every few steps).
    """
    n_traj, dim = y.shape
    noise_dim = increments.shape[2]
    given = increments.shape[1] > 0
    # An even number of steps fills whole rounds of the generators.
    steps_per_refill = 2 * max(1, _BUFFER // (2 * max(noise_dim, 1) * LANES))
    buffer_size = steps_per_refill * noise_dim * LANES
    bits = np.empty(buffer_size, np.uint64)
    buffer = np.empty(buffer_size)
    work = np.empty(dim * LANES)
    for block in range(states.shape[0]):
        first = block * LANES
        lanes = min(LANES, n_traj - first)
        for i in range(dim):
            for lane in range(LANES):  # idle lanes repeat the block's last path
                work[i * LANES + lane] = y[first + min(lane, lanes - 1), i]
        position = steps_per_refill  # the buffer is spent
        step = 0
        for save in range(out.shape[1]):
            until = (save + 1) * save_every
            while step < until:
                if position == steps_per_refill:
                    position = 0
                    if not given:
                        fill_normals(states[block], bits, buffer, np.sqrt(dt))
                    else:
                        for j in range(min(steps_per_refill, n_steps - step)):
                            for k in range(noise_dim):
                                for lane in range(lanes):
                                    buffer[(j * noise_dim + k) * LANES + lane] = (
                                        increments[first + lane, step + j, k]
                                    )
                n = min(steps_per_refill - position, until - step)
                used = position * noise_dim * LANES
                advance(work, t + step * dt, dt, n, parameters, h, w, buffer[used:])
                step += n
                position += n
                broken = 0
                for i in range(dim):
                    for lane in range(lanes):
                        value = work[i * LANES + lane]
                        broken += value - value != 0.0  # not finite
                if broken > 0:
                    return step
            for lane in range(lanes):
                for i in range(dim):
                    out[first + lane, save, i] = work[i * LANES + lane]
    return 0
