"""ETDRK4 on cosine modes, compiled for lanes of paths or a single one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from threading import Lock

import numpy as np
from numba import njit

from msbook._compile.kernels.cosine import compile_cosine_transforms, node_rows
from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.fourier import EXACTLY_AS_WRITTEN
from msbook._compile.tracing.writing import compile_text

_OPTIONS = {**KERNEL_OPTIONS, **EXACTLY_AS_WRITTEN}
_COMPILING = Lock()  # threads that ask at once must get the same compiled loop


def compile_integration(rates: str, exact: bool, n_points: int, lanes: int) -> Callable:
    """Compile the loop over steps.

    Parameters
    ----------
    rates : str
        Text of the rates, see :class:`msbook._compile.tracing.trace.Traced`.
    exact : bool
        Whether their sines and cosines are those of the mathematical library.
    n_points : int
        Number of nodes, a power of two.
    lanes : int
        Paths side by side; the numbers do not depend on it.

    Returns
    -------
    callable
        ``integrate(modes, table, constants, save_every, out, blocks, steps, u)`` fills
        ``out``, of shape ``(n_traj, n_saves, 2 * n_points)``. It returns 0, or the
        number, from 1 on, of the save at which a state was seen not finite, and whether
        a sine or a cosine left the range of its fast form. The modes of the starts have
        shape ``(n_traj, 2 * n_points)`` and the scale of
        :func:`compile_cosine_transforms`; the table of coefficients has shape
        ``(6, 2 * n_points)``, and those of the slopes include a factor
        ``1 / (2 n_points)``. It runs some blocks of lanes over some steps; the modes of
        a block, ``u`` of shape ``(2 * n_points * lanes,)``, last until the next call.
    """
    with _COMPILING:
        return _compile_integration(rates, exact, n_points, lanes)


@lru_cache(maxsize=64)
def _compile_integration(
    rates: str, exact: bool, n_points: int, lanes: int
) -> Callable:
    to_rows, to_modes = compile_cosine_transforms(n_points, lanes)
    react = compile_text(rates, exact)
    row_of_node = node_rows(n_points)
    size, n_modes = n_points * lanes, 2 * n_points  # of a field; of both

    @njit(**_OPTIONS)
    def slope(u, constants, x, y, result):
        beyond = 0
        rows = to_rows(u, x, y)
        for i in range(size):
            x[i], x[size + i], flag = react(rows[i], rows[size + i], constants)
            beyond |= flag
        to_modes(x, y, result)
        return beyond < 0

    @njit(**_OPTIONS)
    def advance(table, u, slopes, result):
        for k in range(n_modes):
            linear, stage = table[1, k], table[2, k]
            for lane in range(lanes):
                i = k * lanes + lane
                result[i] = linear * u[i] + stage * slopes[i]

    @njit(**_OPTIONS)
    def step(table, constants, u, work, x, y):
        a, b, slope_u, slope_a, slope_b = work[0], work[1], work[2], work[3], work[4]
        beyond = slope(u, constants, x, y, slope_u)
        advance(table, u, slope_u, a)
        beyond |= slope(a, constants, x, y, slope_a)
        advance(table, u, slope_a, b)
        beyond |= slope(b, constants, x, y, slope_b)
        for i in range(2 * size):
            slope_a[i] += slope_b[i]
            slope_b[i] += slope_b[i] - slope_u[i]
        advance(table, a, slope_b, b)
        beyond |= slope(b, constants, x, y, slope_b)
        for k in range(n_modes):
            whole, first, middle, last = (
                table[0, k],
                table[3, k],
                table[4, k],
                table[5, k],
            )
            for lane in range(lanes):
                i = k * lanes + lane
                u[i] = (
                    whole * u[i]
                    + first * slope_u[i]
                    + middle * slope_a[i]
                    + last * slope_b[i]
                )
        return beyond

    @njit(**_OPTIONS)
    def integrate(modes, table, constants, save_every, out, blocks, steps, u):
        n_traj = out.shape[0]
        x, y, work = np.empty(2 * size), np.empty(2 * size), np.empty((5, 2 * size))
        for block in range(blocks[0], blocks[1]):
            first = block * lanes
            n_paths = min(lanes, n_traj - first)
            if steps[0] == 0:
                for lane in range(lanes):  # idle lanes repeat the block's last path
                    path = first + min(lane, n_paths - 1)
                    for k in range(n_modes):
                        u[k * lanes + lane] = modes[path, k]
            for n in range(steps[0] + 1, steps[1] + 1):
                if step(table, constants, u, work, x, y):
                    return 0, True
                if n % save_every:
                    continue
                save = n // save_every - 1
                rows = to_rows(u, x, y)
                finite = True
                for lane in range(n_paths):
                    for node in range(n_points):
                        i = row_of_node[node] * lanes + lane
                        out[first + lane, save, node] = rows[i]
                        out[first + lane, save, n_points + node] = rows[size + i]
                        finite &= np.isfinite(rows[i] + rows[size + i])
                if not finite:
                    return save + 1, False
        return 0, False

    return integrate
