"""Exponential time differencing, compiled for lanes of paths or a single one."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from threading import Lock

import numpy as np
from numba import njit

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.fourier import (
    EXACTLY_AS_WRITTEN,
    compile_transforms,
    is_power_of_two,
)
from msbook._compile.tracing.writing import compile_text

LANES = 16
"""Paths side by side; with 64 points their work stays in the fast caches."""

_OPTIONS = {**KERNEL_OPTIONS, **EXACTLY_AS_WRITTEN}
_COMPILING = Lock()  # threads that ask at once must get the same compiled loop


def can_compile(n_points: int) -> bool:
    """Whether the compiled transforms can take a number of points."""
    return n_points >= 8 and is_power_of_two(n_points)


def compile_integration(
    nonlinear: str, exact: bool, n_points: int, lanes: int
) -> Callable:
    """Compile the loop over steps.

    Parameters
    ----------
    nonlinear : str
        Text of the function of a number, see ``Traced``.
    exact : bool
        Whether its sines and cosines are those of the mathematical library.
    n_points : int
        Number of points, a power of two from 8 on.
    lanes : int
        Paths side by side; the numbers do not depend on it.

    Returns
    -------
    callable
        ``integrate(modes, table, constants, save_every, out, blocks, steps, u)`` fills
        ``out``, of shape ``(n_traj, n_saves, n_points)``. It returns 0, or the number,
        from 1 on, of the save at which a state was seen not finite, and whether a sine
        or a cosine left the range of its fast form. The modes of the starts are
        averages over the points, real parts and imaginary parts, of shape
        ``(n_traj, 2, n_points // 2 + 1)``. The table holds the coefficients of the
        method likewise, of shape ``(2, 6, n_points // 2 + 1)``; those of the slopes
        include the derivative and a factor ``1 / (2 n_points)``. It runs some blocks
        of lanes over some steps; the modes of a block, ``u`` of shape
        ``(2 * (n_points // 2 + 1) * lanes,)``, last until the next call.
    """
    with _COMPILING:
        return _compile_integration(nonlinear, exact, n_points, lanes)


@lru_cache(maxsize=64)
def _compile_integration(
    nonlinear: str, exact: bool, n_points: int, lanes: int
) -> Callable:
    to_rows, to_modes = compile_transforms(n_points, lanes)
    f = compile_text(nonlinear, exact)
    n_modes = n_points // 2 + 1
    im, half = n_modes * lanes, n_points // 2 * lanes

    @njit(**_OPTIONS)
    def slope(u, constants, x, y, result):
        beyond = 0
        rows = to_rows(u, x, y)
        for i in range(half):
            even, odd = f(rows[i], constants), f(rows[half + i], constants)
            x[i], x[half + i] = odd[0], even[0]
            beyond |= even[1] | odd[1]
        to_modes(x, y, result)
        return beyond < 0

    @njit(**_OPTIONS)
    def advance(table, u, slopes, result):
        for k in range(n_modes):
            linear, linear_im = table[0, 1, k], table[1, 1, k]
            stage, stage_im = table[0, 2, k], table[1, 2, k]
            for lane in range(lanes):
                i, j = k * lanes + lane, im + k * lanes + lane
                result[i] = (linear * u[i] - linear_im * u[j]) + (
                    stage * slopes[i] - stage_im * slopes[j]
                )
                result[j] = (linear * u[j] + linear_im * u[i]) + (
                    stage * slopes[j] + stage_im * slopes[i]
                )

    @njit(**_OPTIONS)
    def step(table, constants, u, work, x, y):
        a, b, slope_u, slope_a, slope_b = work[0], work[1], work[2], work[3], work[4]
        beyond = slope(u, constants, x, y, slope_u)
        advance(table, u, slope_u, a)
        beyond |= slope(a, constants, x, y, slope_a)
        advance(table, u, slope_a, b)
        beyond |= slope(b, constants, x, y, slope_b)
        for i in range(2 * im):
            slope_a[i] += slope_b[i]
            slope_b[i] += slope_b[i] - slope_u[i]
        advance(table, a, slope_b, b)
        beyond |= slope(b, constants, x, y, slope_b)
        for k in range(n_modes):
            e, e_im = table[0, 0, k], table[1, 0, k]
            p, p_im = table[0, 3, k], table[1, 3, k]
            q, q_im = table[0, 4, k], table[1, 4, k]
            r, r_im = table[0, 5, k], table[1, 5, k]
            for lane in range(lanes):
                i, j = k * lanes + lane, im + k * lanes + lane
                u[i], u[j] = (
                    (e * u[i] - e_im * u[j])
                    + (p * slope_u[i] - p_im * slope_u[j])
                    + (q * slope_a[i] - q_im * slope_a[j])
                    + (r * slope_b[i] - r_im * slope_b[j]),
                    (e * u[j] + e_im * u[i])
                    + (p * slope_u[j] + p_im * slope_u[i])
                    + (q * slope_a[j] + q_im * slope_a[i])
                    + (r * slope_b[j] + r_im * slope_b[i]),
                )
        return beyond

    @njit(**_OPTIONS)
    def integrate(modes, table, constants, save_every, out, blocks, steps, u):
        n_traj = out.shape[0]
        x, y = np.empty(n_points * lanes), np.empty(n_points * lanes)
        work = np.empty((5, 2 * im))
        for block in range(blocks[0], blocks[1]):
            first = block * lanes
            n_paths = min(lanes, n_traj - first)
            if steps[0] == 0:
                for lane in range(lanes):  # idle lanes repeat the block's last path
                    path = first + min(lane, n_paths - 1)
                    for k in range(n_modes):
                        u[k * lanes + lane] = modes[path, 0, k]
                        u[im + k * lanes + lane] = modes[path, 1, k]
            for n in range(steps[0] + 1, steps[1] + 1):
                if step(table, constants, u, work, x, y):
                    return 0, True
                if n % save_every:
                    continue
                save = n // save_every - 1
                rows = to_rows(u, x, y)
                finite = True
                for lane in range(n_paths):
                    for row in range(n_points // 2):
                        even = rows[row * lanes + lane]
                        odd = rows[half + row * lanes + lane]
                        out[first + lane, save, 2 * row] = even
                        out[first + lane, save, 2 * row + 1] = odd
                        finite &= np.isfinite(even + odd)
                if not finite:
                    return save + 1, False
        return 0, False

    return integrate
