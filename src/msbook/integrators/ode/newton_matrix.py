r"""The matrix of Newton's method, compiled: :math:`1 - h A \otimes J` and its inverse.

``renew(work, times, dt, parameters)`` takes new Jacobians at the stages of all
lanes that are slow, and makes a change with them. It returns how many of these lanes
are lost: the sign of their determinant is not that of the start, or it is zero; or -1
where an exact Jacobian is not finite, and differences must be taken.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import INLINED
from msbook._compile.kernels.lanes import LANES, cell, indent, largest_of
from msbook.integrators.ode.jacobian import Motion, write_jacobian
from msbook.integrators.ode.newton import ROUNDING, SMALLEST


@njit(**INLINED)
def exchange(a, b, swap):
    """Two numbers, the other way round if told."""
    return (b, a) if swap else (a, b)


def couplings(motion: Motion, A: NDArray[np.float64]) -> list[set[int]]:
    """For each unknown, those that its equation has, itself among them."""
    order = [(i, k) for i in range(len(A)) for k in motion.moving]
    return [
        {row}
        | {
            column
            for column, (other, j) in enumerate(order)
            if A[i, other] and (k, j) not in motion.zeros
        }
        for row, (i, k) in enumerate(order)
    ]


def reach(coupled: list[set[int]]) -> list[set[int]]:
    """For each unknown, those on which it depends, by way of others too.

    Examples
    --------
    >>> reach([{0, 1}, {1, 2}, {2}])
    [{0, 1, 2}, {1, 2}, {2}]
    """
    reached = coupled
    for _ in coupled:
        reached = [set().union(*(reached[c] for c in row)) for row in reached]
    return reached


def write_renewal(
    motion: Motion, A: NDArray[np.float64], stages: int, rows: SimpleNamespace
) -> str:
    """Text of ``renew`` for few unknowns, written out.

    Parameters
    ----------
    motion : Motion
        What is solved.
    A : ndarray, shape (n_stages, n_stages)
        Weights of the stages in one another.
    stages : int
        First row of the increments of the stages.
    rows : namespace
        See ``newton_kernels.place_rows``.
    """
    group, axes, moving = range(len(A)), range(motion.dim), motion.moving
    order = [(i, k) for i in group for k in moving]
    coupled = couplings(motion, A)
    reached = reach(coupled)
    lines = [f"t{i} = times[{i}]" for i in group]
    lines += [f"y{k} = {cell(k)}" for k in axes]
    lines += [f"d{i}_{k} = {cell(stages + q)}" for q, (i, k) in enumerate(order)]
    for q, (i, k) in enumerate(order):
        terms = (f" + {A[i, j]} * d{j}_{k}" for j in group if A[i, j])
        lines.append(f"s{i}_{k} = {cell(rows.base + q)}" + "".join(terms))
    for i in group:
        state = [f"s{i}_{k}" if k in moving else f"y{k}" for k in axes]
        there = "".join(f"{one}, " for one in state)
        lines.append(f"f{i} = drift(t{i}, ({there}), parameters)")
        lines += write_jacobian(motion, i, state)
        lines += [f"a{i}_{k} = dt * abs({state[k]})" for k in axes]
    levels, slopes = [], []
    for row, (i, k) in enumerate(order):
        lines.append(f"r{row} = d{i}_{k} - dt * f{i}[{k}]")
        known = [j for j in axes if (k, j) not in motion.zeros]
        slopes += [f"j{i}_{k}_{j}" for j in known]
        terms = (f" + abs(j{i}_{k}_{j}) * a{i}_{j}" for j in known)
        level = f"{ROUNDING} * (abs(d{i}_{k}){''.join(terms)})"
        levels.append(f"(abs(r{row}) <= {level})")
        for column in sorted(reached[row]):
            other, j = order[column]
            text = one = str(float(row == column))
            if A[i, other] and (k, j) not in motion.zeros:
                text = f"{one} - {A[i, other]} * dt * j{i}_{k}_{j}"
            lines += [f"b{row}_{column} = {one}", f"m{row}_{column} = {text}"]
    lines += [
        f"solved = {' & '.join(levels)}",  # as far as rounding allows
        f"late = {cell(rows.slow)} > 0.0",
        "fresh = late & (not solved)",
        f"{cell(rows.moves)} = 0.0 if late & solved else {cell(rows.moves)}",
    ]
    if motion.jacobian is not None:
        lines.append(f"total = {' + '.join(slopes) or '0.0'}")
        lines.append("endless += late & (total - total != 0.0)")
    lines += write_inverse(coupled)
    for row, (i, k) in enumerate(order):
        change = " + ".join(f"b{row}_{c} * r{c}" for c in sorted(reached[row]))
        lines.append(f"n{row} = {change}")
        lines.append(f"d{i}_{k} -= n{row} if fresh else 0.0")
        lines.append(f"{cell(stages + row)} = d{i}_{k}")
        for c in sorted(reached[row]):
            lines.append(_select(rows.inverse + row * len(order) + c, f"b{row}_{c}"))
    for p, k in enumerate(moving):
        sizes = [f"abs(d{i}_{k})" for i in group]
        sizes += [f"abs(n{i * len(moving) + p})" for i in group]
        lines.append(f"unit = abs(y{k}) + {largest_of(sizes)}")
        lines.append(f"share{k} = 1.0 / max(unit, {SMALLEST})")
        lines.append(_select(rows.share + p, f"share{k}"))
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
            "    endless = 0",
            f"    for lane in range({LANES}):",
            *indent(lines, 2),
            "    return -1 if endless > 0 else lost",
        ]
    )


def write_inverse(coupled: list[set[int]]) -> list[str]:
    """Lines for the inverse b of m, and the sign of m's determinant, by elimination.

    What an unknown depends on comes behind it. So rows are exchanged only among
    unknowns that depend on one another, and zeros stay zeros.
    """
    if coupled == [{0, 1}, {0, 1}]:
        return _INVERSE_OF_TWO
    reached = reach(coupled)
    order = sorted(range(len(coupled)), key=lambda k: -len(reached[k]))
    m, b = [set(row) for row in coupled], [{k} for k in range(len(coupled))]
    lines = ["sign = 1.0"]
    for place, k in enumerate(order):
        below = [row for row in order[place + 1 :] if k in m[row]]
        for row in below:  # the largest entry rises to row k
            lines.append(f"swap = abs(m{row}_{k}) > abs(m{k}_{k})")
            lines.append("sign = -sign if swap else sign")
            for name, filled in (("m", m), ("b", b)):
                filled[k] = filled[row] = filled[k] | filled[row]
                for c in sorted(filled[k]):
                    pair = f"{name}{k}_{c}, {name}{row}_{c}"
                    lines.append(f"{pair} = exchange({pair}, swap)")
        lines.append(f"sign *= 1.0 if m{k}_{k} > 0.0 else -1.0")
        lines.append(f"sign = sign if abs(m{k}_{k}) > 0.0 else 0.0")
        lines.append(f"inverse = 1.0 / m{k}_{k}")
        m[k] = m[k] - {k}
        for row in below:
            lines.append(f"factor = m{row}_{k} * inverse")
            lines += [f"m{row}_{c} -= factor * m{k}_{c}" for c in sorted(m[k])]
            lines += [f"b{row}_{c} -= factor * b{k}_{c}" for c in sorted(b[k])]
            m[row] = (m[row] | m[k]) - {k}
            b[row] = b[row] | b[k]
        lines += [f"m{k}_{c} *= inverse" for c in sorted(m[k])]
        lines += [f"b{k}_{c} *= inverse" for c in sorted(b[k])]
    for place, k in reversed([*enumerate(order)]):
        for row in order[:place]:
            if k in m[row]:
                lines += [f"b{row}_{c} -= m{row}_{k} * b{k}_{c}" for c in sorted(b[k])]
                b[row] = b[row] | b[k]
    return lines


# As exact as elimination, with one division and no exchange.
_INVERSE_OF_TWO = [
    "determinant = m0_0 * m1_1 - m0_1 * m1_0",
    "sign = 1.0 if determinant > 0.0 else -1.0",
    "sign = sign if 0.0 < abs(determinant) < 1e308 else 0.0",
    "inverse = 1.0 / determinant",
    "b0_0, b0_1 = m1_1 * inverse, -m0_1 * inverse",
    "b1_0, b1_1 = -m1_0 * inverse, m0_0 * inverse",
]


def _select(row: int, value: str) -> str:
    return f"{cell(row)} = {value} if fresh else {cell(row)}"
