r"""The matrix of Newton's method, compiled: :math:`1 - h A \otimes J` and its inverse.

``renew(work, times, dt, parameters)`` takes new Jacobians at the stages of all
lanes that are slow, and makes a change with them. It returns how many of these lanes
are lost: the sign of their determinant is not that of the start, or it is zero.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import INLINED, KERNEL_OPTIONS
from msbook._compile.kernels.lanes import LANES, cell, indent, largest_of
from msbook.integrators.ode.newton import DIFFERENCE, ROUNDING, SMALLEST


@njit(**INLINED)
def exchange(a, b, swap):
    """Two numbers, the other way round if told."""
    return (b, a) if swap else (a, b)


def write_renewal(
    dim: int, A: NDArray[np.float64], stages: int, rows: SimpleNamespace
) -> str:
    """Text of ``renew`` for few unknowns, written out.

    Parameters
    ----------
    dim : int
        Number of components.
    A : ndarray, shape (n_stages, n_stages)
        Weights of the stages in one another.
    stages : int
        First row of the increments of the stages.
    rows : namespace
        See ``newton_compiled.place_rows``.
    """
    group, axes, size = range(len(A)), range(dim), dim * len(A)
    order = [(i, k) for i in group for k in axes]
    lines = [f"d{i}_{k} = {cell(stages + q)}" for q, (i, k) in enumerate(order)]
    for q, (i, k) in enumerate(order):
        terms = (f" + {A[i, j]} * d{j}_{k}" for j in group if A[i, j])
        lines.append(f"s{i}_{k} = {cell(rows.base + q)}" + "".join(terms))
    for i in group:
        state = [f"s{i}_{k}" for k in axes]
        lines.append(f"f{i} = drift(times[{i}], ({_listed(state)}), parameters)")
        lines += [f"c{k} = abs({state[k]}) + dt * abs(f{i}[{k}])" for k in axes]
        lines.append(f"c = {largest_of(f'c{k}' for k in axes)}")
        lines.append(f"c = c if c >= {SMALLEST} else 1.0")
        for j in axes:
            lines.append(f"c{j} = c{j} if c{j} >= {SMALLEST} else c")
            lines.append(f"moved = {state[j]} + {DIFFERENCE} * c{j}")
            lines.append(f"inverse = 1.0 / (moved - {state[j]})")
            there = [*state[:j], "moved", *state[j + 1 :]]
            lines.append(f"g = drift(times[{i}], ({_listed(there)}), parameters)")
            lines += [f"j{i}_{k}_{j} = (g[{k}] - f{i}[{k}]) * inverse" for k in axes]
    levels = []
    for row, (i, k) in enumerate(order):
        lines.append(f"r{row} = d{i}_{k} - dt * f{i}[{k}]")
        terms = (f"dt * abs(j{i}_{k}_{j}) * abs(s{i}_{j})" for j in axes)
        level = f"{ROUNDING} * (abs(d{i}_{k}) + {' + '.join(terms)})"
        levels.append(f"(abs(r{row}) <= {level})")
        for column, (other, j) in enumerate(order):
            one = float(row == column)
            lines.append(f"b{row}_{column} = {one}")
            lines.append(f"m{row}_{column} = {one} - {A[i, other]} * dt * j{i}_{k}_{j}")
    lines += [
        f"solved = {' & '.join(levels)}",  # as far as rounding allows
        f"late = {cell(rows.slow)} > 0.0",
        "fresh = late & (not solved)",
        f"{cell(rows.moves)} = 0.0 if late & solved else {cell(rows.moves)}",
    ]
    lines += _write_inverse(size)
    for row, (i, k) in enumerate(order):
        change = " + ".join(f"b{row}_{c} * r{c}" for c in range(size))
        lines.append(f"n{row} = {change}")
        lines.append(f"d{i}_{k} -= n{row} if fresh else 0.0")
        lines.append(f"{cell(stages + row)} = d{i}_{k}")
        for c in range(size):
            lines.append(_select(rows.inverse + row * size + c, f"b{row}_{c}"))
    for k in axes:
        largest = largest_of(f"abs(d{i}_{k})" for i in group)
        lines.append(f"unit = abs({cell(k)}) + {largest}")
        lines.append(f"share{k} = 1.0 / max(unit, {SMALLEST})")
        lines.append(_select(rows.share + k, f"share{k}"))
    measure = largest_of(f"abs(n{q}) * share{k}" for q, (_, k) in enumerate(order))
    lines.append(_select(rows.measure, measure))
    lines += [
        f"start = {cell(rows.sign)}",
        "start = sign if start == 0.0 else start",
        f"{cell(rows.sign)} = start",
        "gone = fresh & (not ((sign == start) & (sign != 0.0)))",
        f"{cell(rows.lost)} = 1.0 if gone else 0.0",
        "lost += gone",
    ]
    return "\n".join(
        [
            "def renew(work, times, dt, parameters):",
            "    lost = 0",
            f"    for lane in range({LANES}):",
            *indent(lines, 2),
            "    return lost",
        ]
    )


def _write_inverse(size: int) -> list[str]:
    """Lines for the inverse b of m, by elimination, and the sign of m's determinant."""
    width = range(size)
    lines = ["sign = 1.0"]
    for k in width:
        for row in range(k + 1, size):  # the largest entry rises to row k
            lines.append(f"swap = abs(m{row}_{k}) > abs(m{k}_{k})")
            lines.append("sign = -sign if swap else sign")
            pairs = [(f"m{k}_{c}", f"m{row}_{c}") for c in range(k, size)]
            pairs += [(f"b{k}_{c}", f"b{row}_{c}") for c in width]
            for upper, lower in pairs:
                lines.append(f"{upper}, {lower} = exchange({upper}, {lower}, swap)")
        lines.append(f"sign *= 1.0 if m{k}_{k} > 0.0 else -1.0")
        lines.append(f"sign = sign if abs(m{k}_{k}) > 0.0 else 0.0")
        lines.append(f"inverse = 1.0 / m{k}_{k}")
        for row in range(k + 1, size):
            lines.append(f"factor = m{row}_{k} * inverse")
            lines += [f"m{row}_{c} -= factor * m{k}_{c}" for c in range(k + 1, size)]
            lines += [f"b{row}_{c} -= factor * b{k}_{c}" for c in width]
        lines += [f"m{k}_{c} *= inverse" for c in range(k + 1, size)]
        lines += [f"b{k}_{c} *= inverse" for c in width]
    for k in reversed(width):
        for row in range(k):
            lines += [f"b{row}_{c} -= m{row}_{k} * b{k}_{c}" for c in width]
    return lines


def compile_renewal(
    drift: Callable,
    dim: int,
    A: NDArray[np.float64],
    stages: int,
    rows: SimpleNamespace,
) -> Callable:
    """``renew`` for many unknowns, path by path, see :func:`write_renewal`."""
    state = _listed([f"y[{k}]" for k in range(dim)])
    text = [
        "def slope(t, y, out, parameters):",
        f"    f = drift(t, ({state}), parameters)",
        *(f"    out[{k}] = f[{k}]" for k in range(dim)),
    ]
    names = {"drift": drift}
    exec("\n".join(text), names)  # our own text, no input
    slope = njit(**KERNEL_OPTIONS)(names["slope"])
    n_stages = len(A)
    size = dim * n_stages
    weights = tuple(A.ravel().tolist())
    base, inverse, moves, slow = rows.base, rows.inverse, rows.moves, rows.slow
    start, lost, shares, measure = rows.sign, rows.lost, rows.share, rows.measure

    @njit(**KERNEL_OPTIONS)
    def renew(work, times, dt, parameters):
        y, f, g = np.empty(dim), np.empty(dim), np.empty(dim)
        residual, level, step = np.empty(size), np.empty(size), np.empty(size)
        matrix = np.empty((size, 2 * size))
        n_lost = 0
        for lane in range(LANES):
            work[lost * LANES + lane] = 0.0
            if not work[slow * LANES + lane] > 0.0:
                continue
            for row in range(size):
                for column in range(size):
                    matrix[row, column] = matrix[row, size + column] = row == column
            for i in range(n_stages):
                for k in range(dim):
                    total = work[(base + i * dim + k) * LANES + lane]
                    for j in range(n_stages):
                        increment = work[(stages + j * dim + k) * LANES + lane]
                        total += weights[i * n_stages + j] * increment
                    y[k] = total
                slope(times[i], y, f, parameters)
                largest = 0.0
                for k in range(dim):
                    row = i * dim + k
                    residual[row] = work[(stages + row) * LANES + lane] - dt * f[k]
                    level[row] = abs(work[(stages + row) * LANES + lane])
                    largest = max(largest, abs(y[k]) + dt * abs(f[k]))
                largest = largest if largest >= SMALLEST else 1.0
                for column in range(dim):
                    kept = y[column]
                    scale = abs(kept) + dt * abs(f[column])
                    scale = scale if scale >= SMALLEST else largest
                    y[column] += DIFFERENCE * scale
                    length = y[column] - kept
                    slope(times[i], y, g, parameters)
                    y[column] = kept
                    for k in range(dim):
                        entry = dt * ((g[k] - f[k]) / length)
                        level[i * dim + k] += abs(entry) * abs(kept)
                        for j in range(n_stages):
                            weight = weights[i * n_stages + j]
                            matrix[i * dim + k, j * dim + column] -= weight * entry
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
            for k in range(dim):
                unit = 0.0
                most = 0.0
                for row in range(k, size, dim):
                    unit = max(unit, abs(work[(stages + row) * LANES + lane]))
                    most = max(most, abs(step[row]))
                unit += abs(work[k * LANES + lane])
                share = 1.0 / max(unit, SMALLEST)
                work[(shares + k) * LANES + lane] = share
                largest = max(largest, most * share)
            work[measure * LANES + lane] = largest
        return n_lost

    return renew


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


def _select(row: int, value: str) -> str:
    return f"{cell(row)} = {value} if fresh else {cell(row)}"


def _listed(names: list[str]) -> str:
    return "".join(f"{name}, " for name in names)
