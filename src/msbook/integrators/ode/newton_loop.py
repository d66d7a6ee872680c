"""The matrix of Newton's method for many unknowns: a loop, path by path."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.lanes import LANES, indent
from msbook.integrators.ode.jacobian import Motion, write_jacobian
from msbook.integrators.ode.newton import DIFFERENCE, ROUNDING, SMALLEST


def compile_renewal(
    motion: Motion, A: NDArray[np.float64], stages: int, rows: SimpleNamespace
) -> Callable[..., Any]:
    """``renew`` for many unknowns, see :func:`newton_matrix.write_renewal`."""
    linearise = _compile_exact(motion)
    if motion.jacobian is None:
        linearise = _compile_differences(motion)
    dim, n_stages = motion.dim, len(A)
    moving = np.array(motion.moving)
    n_moving = len(moving)
    size = n_moving * n_stages
    weights = tuple(A.ravel().tolist())
    base, inverse, moves, slow = rows.base, rows.inverse, rows.moves, rows.slow
    start, lost, shares, measure = rows.sign, rows.lost, rows.share, rows.measure

    @njit(**KERNEL_OPTIONS)
    def renew(work, times, dt, parameters):
        y, f, slopes = np.empty(dim), np.empty(dim), np.empty((dim, dim))
        residual, level, step = np.empty(size), np.empty(size), np.empty(size)
        matrix = np.empty((size, 2 * size))
        n_lost = 0
        for lane in range(LANES):
            work[lost * LANES + lane] = 0.0
            if not work[slow * LANES + lane] > 0.0:
                continue
            for k in range(dim):
                y[k] = work[k * LANES + lane]
            for row in range(size):
                for column in range(size):
                    matrix[row, column] = matrix[row, size + column] = row == column
            for i in range(n_stages):
                for p in range(n_moving):
                    total = work[(base + i * n_moving + p) * LANES + lane]
                    for j in range(n_stages):
                        increment = work[(stages + j * n_moving + p) * LANES + lane]
                        total += weights[i * n_stages + j] * increment
                    y[moving[p]] = total
                if not linearise(times[i], y, dt, f, slopes, parameters):
                    return -1
                for p in range(n_moving):
                    row, k = i * n_moving + p, moving[p]
                    residual[row] = work[(stages + row) * LANES + lane] - dt * f[k]
                    level[row] = abs(work[(stages + row) * LANES + lane])
                    for j in range(dim):
                        level[row] += dt * abs(slopes[k, j]) * abs(y[j])
                    for j in range(n_stages):
                        weight = weights[i * n_stages + j] * dt
                        for q in range(n_moving):
                            entry = weight * slopes[k, moving[q]]
                            matrix[row, j * n_moving + q] -= entry
            if (np.abs(residual) <= ROUNDING * level).all():
                work[moves * LANES + lane] = 0.0  # solved as far as rounding allows
                continue
            sign = invert(matrix)
            if work[start * LANES + lane] == 0.0:
                work[start * LANES + lane] = sign
            if not (sign == work[start * LANES + lane] and sign != 0.0):
                work[lost * LANES + lane] = 1.0
                n_lost += 1
            for row in range(size):
                total = 0.0
                for column in range(size):
                    entry = matrix[row, size + column]
                    work[(inverse + row * size + column) * LANES + lane] = entry
                    total += entry * residual[column]
                step[row] = total
                work[(stages + row) * LANES + lane] -= total
            largest = 0.0
            for p in range(n_moving):
                unit = 0.0
                most = 0.0
                for row in range(p, size, n_moving):
                    unit = max(unit, abs(work[(stages + row) * LANES + lane]))
                    most = max(most, abs(step[row]))
                unit = max(unit, most) + abs(work[moving[p] * LANES + lane])
                share = 1.0 / max(unit, SMALLEST)
                work[(shares + p) * LANES + lane] = share
                largest = max(largest, most * share)
            work[measure * LANES + lane] = largest
        return n_lost

    return renew


def _compile_exact(motion: Motion) -> Callable[..., Any]:
    """Put drift and Jacobian at a state into arrays; whether the latter is finite."""
    axes = range(motion.dim)
    state = [f"y[{k}]" for k in axes]
    lines = [
        f"f0 = drift(t0, ({', '.join(state)},), parameters)",
        *(f"f[{k}] = f0[{k}]" for k in axes),
        *write_jacobian(motion, 0, state),
        *(f"slopes[{k}, {j}] = j0_{k}_{j}" for k in axes for j in axes),
        "total = slopes.sum()",
        "return total - total == 0.0",
    ]
    text = ["def linearise(t0, y, dt, f, slopes, parameters):", *indent(lines)]
    names = {"drift": motion.drift, "jacobian": motion.jacobian}
    exec("\n".join(text), names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["linearise"])


def _compile_differences(motion: Motion) -> Callable[..., Any]:
    """The same by differences, which are taken as they come."""
    dim = motion.dim
    state = "".join(f"y[{k}], " for k in range(dim))
    lines = [
        f"f = drift(t, ({state}), parameters)",
        *(f"out[{k}] = f[{k}]" for k in range(dim)),
    ]
    text = ["def call(t, y, out, parameters):", *indent(lines)]
    names = {"drift": motion.drift}
    exec("\n".join(text), names)  # our own text, no input
    call = njit(**KERNEL_OPTIONS)(names["call"])

    @njit(**KERNEL_OPTIONS)
    def linearise(t, y, dt, f, slopes, parameters):
        g = np.empty(dim)
        call(t, y, f, parameters)
        largest = 0.0
        for k in range(dim):
            largest = max(largest, abs(y[k]) + dt * abs(f[k]))
        largest = largest if largest >= SMALLEST else 1.0
        for column in range(dim):
            kept = y[column]
            scale = abs(kept) + dt * abs(f[column])
            scale = scale if scale >= SMALLEST else largest
            y[column] += DIFFERENCE * scale
            length = y[column] - kept
            call(t, y, g, parameters)
            y[column] = kept
            for k in range(dim):
                slopes[k, column] = (g[k] - f[k]) / length
        return True

    return linearise


@njit(**KERNEL_OPTIONS)
def invert(matrix):
    """Turn (m, 1) into (1, 1/m), by elimination, and return the sign of m."""
    size = len(matrix)
    sign = 1.0
    for k in range(size):
        largest = k
        for row in range(k + 1, size):
            if abs(matrix[row, k]) > abs(matrix[largest, k]):
                largest = row
        if largest != k:
            sign = -sign
            for column in range(2 * size):
                upper, lower = matrix[k, column], matrix[largest, column]
                matrix[k, column], matrix[largest, column] = lower, upper
        pivot = matrix[k, k]
        sign *= 1.0 if pivot > 0.0 else -1.0
        if not abs(pivot) > 0.0:
            return 0.0
        for column in range(k, 2 * size):
            matrix[k, column] /= pivot
        for row in range(size):
            factor = matrix[row, k]
            if row != k and factor != 0.0:
                for column in range(k, 2 * size):
                    matrix[row, column] -= factor * matrix[k, column]
    return sign
