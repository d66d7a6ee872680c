"""Inverses of small matrices, for lanes of paths.

Of :math:`1 - h A \\otimes J`, by elimination with pivots, and the sign of its
determinant. Up to four unknowns fit into the registers of a processor, and are written
out; more are loops over rows of the work array.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace

import numpy as np
from numba import njit

from msbook.elementary import INLINED, KERNEL_OPTIONS
from msbook.integrators.compiled import LANES

_FEW = 4


def compile_invert(dim: int, stages: int, rows: SimpleNamespace) -> Callable:
    """Compile ``invert(work, dt, weights)``.

    It reads the Jacobians of the stages, and writes the inverse, for lanes that are
    slow, and the sign of the determinant.

    Parameters
    ----------
    dim, stages : int
        Number of components and stages.
    rows : namespace
        Rows of the work array, see ``newton_compiled.place_rows``.

    Returns
    -------
    callable
        ``weights`` are those of the stages in one another, row after row.
    """
    places = (rows.jacobian, rows.inverse, rows.matrix, rows.slow, rows.sign)
    make = _write_out if dim * stages <= _FEW else _loop
    return make(dim, stages, *places)


@njit(**INLINED)
def _exchange(a, b, swap):
    return (b, a) if swap else (a, b)


@lru_cache(maxsize=64)
def _write_out(
    dim: int, stages: int, jacobian: int, inverse: int, matrix: int, slow: int, sign: int
) -> Callable:
    size = dim * stages
    unknowns = [(i, k) for i in range(stages) for k in range(dim)]
    width = range(size)
    lines = []
    for row, (i, k) in enumerate(unknowns):
        for column, (j, other) in enumerate(unknowns):
            entry = _cell(jacobian + (i * dim + other) * dim + k)
            one = float(row == column)
            weight = f"weights[{i * stages + j}] * dt"
            lines.append(f"m{row}_{column} = {one} - {weight} * {entry}")
            lines.append(f"b{row}_{column} = {one}")
    lines.append("sign = 1.0")
    for k in width:
        for row in range(k + 1, size):  # the largest entry rises to row k
            lines.append(f"swap = abs(m{row}_{k}) > abs(m{k}_{k})")
            lines.append("sign = -sign if swap else sign")
            pairs = [(f"m{k}_{c}", f"m{row}_{c}") for c in range(k, size)]
            pairs += [(f"b{k}_{c}", f"b{row}_{c}") for c in width]
            for upper, lower in pairs:
                lines.append(f"{upper}, {lower} = exchange({upper}, {lower}, swap)")
        lines.append(f"sign *= 1.0 * (m{k}_{k} > 0.0) - 1.0 * (m{k}_{k} < 0.0)")
        lines.append(f"one = 1.0 / m{k}_{k}")
        for row in range(k + 1, size):
            lines.append(f"factor = m{row}_{k} * one")
            lines += [f"m{row}_{c} -= factor * m{k}_{c}" for c in range(k + 1, size)]
            lines += [f"b{row}_{c} -= factor * b{k}_{c}" for c in width]
        lines += [f"m{k}_{c} *= one" for c in range(k + 1, size)]
        lines += [f"b{k}_{c} *= one" for c in width]
    for k in reversed(width):
        for row in range(k):
            lines += [f"b{row}_{c} -= m{row}_{k} * b{k}_{c}" for c in width]
    lines.append(f"{_cell(sign)} = sign")
    lines.append(f"fresh = {_cell(slow)} > 0.0")
    for row in width:
        for c in width:
            place = _cell(inverse + row * size + c)
            lines.append(f"{place} = b{row}_{c} if fresh else {place}")
    head = ["def invert(work, dt, weights):", f"    for lane in range({LANES}):"]
    names = {"exchange": _exchange}
    exec("\n".join([*head, *(f"        {line}" for line in lines)]), names)  # our text
    return njit(**KERNEL_OPTIONS)(names["invert"])


@lru_cache(maxsize=64)
def _loop(
    dim: int, stages: int, jacobian: int, inverse: int, matrix: int, slow: int, sign: int
) -> Callable:
    @njit(**KERNEL_OPTIONS)
    def invert(work, dt, weights):
        _invert_rows(
            work, dt, weights, dim, stages, jacobian, inverse, matrix, slow, sign
        )

    return invert


@njit(**KERNEL_OPTIONS)
def _invert_rows(
    work, dt, weights, dim, stages, jacobian, inverse, matrix, slow, sign
):
    size = dim * stages
    width = 2 * size  # the identity stands beside the matrix
    for row in range(size):
        i, k = row // dim, row % dim
        for column in range(size):
            j, other = column // dim, column % dim
            one = 1.0 if row == column else 0.0
            weight = weights[i * stages + j] * dt
            entry = jacobian + (i * dim + other) * dim + k
            place = matrix + row * width + column
            for lane in range(LANES):
                work[place * LANES + lane] = one - weight * work[entry * LANES + lane]
                work[(place + size) * LANES + lane] = one
    for lane in range(LANES):
        work[sign * LANES + lane] = 1.0
    for k in range(size):
        upper = matrix + k * width
        for row in range(k + 1, size):
            _rise(work, upper, matrix + row * width, k, width, sign)
        for lane in range(LANES):
            pivot = work[(upper + k) * LANES + lane]
            side = 1.0 * (pivot > 0.0) - 1.0 * (pivot < 0.0)
            work[sign * LANES + lane] *= side
            work[(upper + k) * LANES + lane] = 1.0 / pivot
        for column in range(k + 1, width):
            for lane in range(LANES):
                inverse_pivot = work[(upper + k) * LANES + lane]
                work[(upper + column) * LANES + lane] *= inverse_pivot
        for row in range(size):
            if row == k:
                continue
            lower = matrix + row * width
            for column in range(k + 1, width):
                for lane in range(LANES):
                    product = (
                        work[(lower + k) * LANES + lane]
                        * work[(upper + column) * LANES + lane]
                    )
                    work[(lower + column) * LANES + lane] -= product
    for row in range(size):
        for column in range(size):
            place = inverse + row * size + column
            new = matrix + row * width + size + column
            for lane in range(LANES):
                fresh = work[slow * LANES + lane] > 0.0
                value, old = work[new * LANES + lane], work[place * LANES + lane]
                work[place * LANES + lane] = value if fresh else old


@njit(**KERNEL_OPTIONS)
def _rise(work, upper, lower, k, width, sign):
    """Exchange two rows where the lower one has the larger entry in column k."""
    swap = np.empty(LANES, np.bool_)
    for lane in range(LANES):
        above, below = work[(upper + k) * LANES + lane], work[(lower + k) * LANES + lane]
        swap[lane] = abs(below) > abs(above)
        if swap[lane]:
            work[sign * LANES + lane] = -work[sign * LANES + lane]
    for column in range(k, width):
        for lane in range(LANES):
            above = work[(upper + column) * LANES + lane]
            below = work[(lower + column) * LANES + lane]
            work[(upper + column) * LANES + lane] = below if swap[lane] else above
            work[(lower + column) * LANES + lane] = above if swap[lane] else below


def _cell(row: int) -> str:
    return f"work[{row * LANES} + lane]"
