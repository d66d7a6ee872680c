"""Newton's method written out and compiled, for lanes of paths.

The iteration of :mod:`msbook.integrators.newton`. What every iteration does is written
out; the Jacobian, taken once a step, is a loop over rows of the work array, of ``LANES``
numbers each, whose text does not grow with the system.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from itertools import accumulate
from types import SimpleNamespace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook.elementary import KERNEL_OPTIONS
from msbook.integrators.compiled import LANES
from msbook.integrators.inverse_compiled import compile_invert
from msbook.integrators.newton import (
    DIFFERENCE,
    MOST_ITERATIONS,
    ROUNDING,
    SLOW,
    SMALLEST,
)


def place_rows(first: int, dim: int, stages: int) -> SimpleNamespace:
    """First rows of what Newton's method keeps, and ``end``, the row behind them."""
    size = dim * stages
    rows = {
        "base": size,  # what is known of the stages
        "states": size,  # the stages
        "residual": size,
        "change": size,  # the last one
        "noise": size,  # what rounding may do to the residual
        "jacobian": dim * size,  # of the drift at every stage, column by column
        "inverse": size**2,
        "matrix": 2 * size**2,  # where the inverse is computed
        "slope": dim,
        "scale": dim,
        "spare": 1,
        "moves": 1,  # has not converged yet
        "slow": 1,  # needs a new Jacobian
        "sign": 1,  # of the determinant now
        "start": 1,  # and at the start
    }
    starts = accumulate(rows.values(), initial=first)
    return SimpleNamespace(**dict(zip((*rows, "end"), starts, strict=True)))


def compile_newton(
    drift: Callable, dim: int, stages: int, rows: SimpleNamespace
) -> dict[str, Callable]:
    """Compile what the text of :class:`NewtonWriter` calls, by name."""
    names = {"drift": drift}
    exec(_write_slope(dim), names)  # our own text, no input
    slope = njit(**KERNEL_OPTIONS)(names["slope"])
    return {
        "linearise": _compile_linearise(slope, dim, rows),
        "invert": compile_invert(dim, stages, rows),
        "copy_first_stage": copy_first_stage,
        "first_positive": first_positive,
        "first_across": first_across,
    }


def _write_slope(dim: int) -> str:
    """Source text of the drift of a state in rows."""
    state = "".join(f"work[(state + {k}) * {LANES} + lane], " for k in range(dim))
    return "\n".join(
        [
            "def slope(work, t, state, out, parameters):",
            f"    for lane in range({LANES}):",
            f"        f = drift(t, ({state}), parameters)",
            *(f"        work[(out + {k}) * {LANES} + lane] = f[{k}]" for k in range(dim)),
        ]
    )


def _compile_linearise(slope: Callable, dim: int, rows: SimpleNamespace) -> Callable:
    """Compile the Jacobian of a stage, see ``newton.difference_jacobian``."""
    states, slopes, scales, spare = rows.states, rows.slope, rows.scale, rows.spare
    jacobian, noise, slow = rows.jacobian, rows.noise, rows.slow

    @njit(**KERNEL_OPTIONS)
    def linearise(work, t, dt, stage, parameters):
        state = states + stage * dim
        slope(work, t, state, slopes, parameters)
        for lane in range(LANES):
            work[spare * LANES + lane] = 0.0
        for k in range(dim):
            for lane in range(LANES):
                rate = abs(work[(slopes + k) * LANES + lane])
                scale = abs(work[(state + k) * LANES + lane]) + dt * rate
                work[(scales + k) * LANES + lane] = scale
                largest = work[spare * LANES + lane]
                work[spare * LANES + lane] = max(largest, scale)
        for k in range(dim):
            for lane in range(LANES):
                largest = work[spare * LANES + lane]
                largest = largest if largest >= SMALLEST else 1.0
                scale = work[(scales + k) * LANES + lane]
                scale = scale if scale >= SMALLEST else largest
                work[(scales + k) * LANES + lane] = DIFFERENCE * scale
        for j in range(dim):
            column = jacobian + (stage * dim + j) * dim
            for lane in range(LANES):
                kept = work[(state + j) * LANES + lane]
                work[spare * LANES + lane] = kept
                work[(state + j) * LANES + lane] += work[(scales + j) * LANES + lane]
            slope(work, t, state, column, parameters)
            for lane in range(LANES):
                kept = work[spare * LANES + lane]
                moved = work[(state + j) * LANES + lane]
                work[(scales + j) * LANES + lane] = 1.0 / (moved - kept)
                work[(state + j) * LANES + lane] = kept
            for k in range(dim):
                for lane in range(LANES):
                    there = work[(column + k) * LANES + lane]
                    here = work[(slopes + k) * LANES + lane]
                    inverse = work[(scales + j) * LANES + lane]
                    work[(column + k) * LANES + lane] = (there - here) * inverse
        for k in range(dim):
            for lane in range(LANES):
                work[spare * LANES + lane] = 0.0
            for j in range(dim):
                column = jacobian + (stage * dim + j) * dim
                for lane in range(LANES):
                    entry = dt * abs(work[(column + k) * LANES + lane])
                    term = entry * abs(work[(state + j) * LANES + lane])
                    work[spare * LANES + lane] += term
            place = noise + stage * dim + k
            for lane in range(LANES):
                level = ROUNDING * work[spare * LANES + lane]
                known = work[place * LANES + lane]
                fresh = work[slow * LANES + lane] > 0.0
                work[place * LANES + lane] = level if fresh else known

    return linearise


@njit(**KERNEL_OPTIONS)
def copy_first_stage(work, jacobian, noise, dim, stages):
    """The Jacobian of the first stage for all, and what rounding may do."""
    block, part = dim * dim * LANES, dim * LANES
    for i in range(1, stages):
        for cell in range(block):
            work[jacobian * LANES + i * block + cell] = work[jacobian * LANES + cell]
        for cell in range(part):
            work[noise * LANES + i * part + cell] = work[noise * LANES + cell]


@njit(**KERNEL_OPTIONS)
def first_positive(work, row):
    """The first lane of a row with a positive number, or -1."""
    for lane in range(LANES):
        if work[row * LANES + lane] > 0.0:
            return lane
    return -1


@njit(**KERNEL_OPTIONS)
def first_across(work, slow, sign, start, first):
    """The first slow lane whose determinant has another sign than at the start."""
    for lane in range(LANES):
        if first:
            work[start * LANES + lane] = work[sign * LANES + lane]
        now, before = work[sign * LANES + lane], work[start * LANES + lane]
        if work[slow * LANES + lane] > 0.0 and not (now == before and now != 0.0):
            return lane
    return -1


class NewtonWriter:
    """Writes the iteration for a group of stages, given the writer of its step."""

    def __init__(self, dim: int, rows: SimpleNamespace, tolerance: float) -> None:
        self.axes = range(dim)
        self.rows, self.tolerance = rows, tolerance

    def write(
        self,
        group: Sequence[int],
        A: NDArray[np.float64],
        sums: Callable[[NDArray[np.float64], int], str],
        loop: Callable[..., list[str]],
        known: Sequence[int],
    ) -> list[str]:
        """The text.

        Parameters
        ----------
        group, known : sequence of int
            Stages to solve for, and those known.
        A : ndarray, shape (n_stages, n_stages)
            Of the tableau.
        sums : callable
            Writes component ``k`` of the state plus a sum of stages.
        loop : callable
            Writes a loop over lanes.
        """
        rows, size = self.rows, len(group) * len(self.axes)
        order = [(i, k) for i in group for k in self.axes]
        inner = A[np.ix_(group, group)]
        weights = "".join(f"{w}, " for w in inner.ravel())
        begin = [f"{_cell(rows.base + q)} = {sums(A[i] * _among(known, len(A)), k)}"
                 for q, (i, k) in enumerate(order)]  # fmt: skip
        begin += [f"{_cell(rows.noise + q)} = 0.0" for q in range(size)]
        begin += [f"d{i}_{k} = 0.0" for i, k in order]
        begin += [f"{_cell(row)} = 1.0" for row in (rows.moves, rows.slow)]
        lines = loop(known, begin, store=group)
        inside = loop(group, self._residual(group, order, inner))
        inside += [f"if first_positive(work, {rows.moves}) < 0:", "    break"]
        inside += ["if iteration > 0:"]
        inside += _indent(loop(group, self._change(order), store=group))
        inside += _indent([f"if first_positive(work, {rows.moves}) < 0:", "    break"])
        inside += [f"if first_positive(work, {rows.slow}) >= 0:"]
        i = group[0]
        renew = [f"linearise(work, t{i}, dt, 0, parameters)"]
        others = [f"    linearise(work, t{i}, dt, {place}, parameters)"
                  for place, i in enumerate(group) if place]  # fmt: skip
        if others:
            numbers = f"{rows.jacobian}, {rows.noise}, {len(self.axes)}, {len(group)}"
            renew += ["if iteration > 0:", *others]
            renew += ["else:", f"    copy_first_stage(work, {numbers})"]
        renew += [
            f"invert(work, dt, ({weights}))",
            f"lane = first_across(work, {rows.slow}, {rows.sign}, {rows.start}, "
            "iteration == 0)",
            "if lane >= 0:",
            "    return lane",
        ]
        renew += loop(group, self._renewed(order), store=group)
        inside += _indent(renew)
        lines += [f"for iteration in range({MOST_ITERATIONS}):", *_indent(inside)]
        return [*lines, "else:", f"    return first_positive(work, {rows.moves})"]

    def _residual(
        self, group: Sequence[int], order: list[tuple[int, int]], inner: NDArray
    ) -> list[str]:
        rows, lines, small = self.rows, [], []
        for q, (i, k) in enumerate(order):
            weights = inner[group.index(i)]
            terms = (f" + {w} * d{j}_{k}" for j, w in zip(group, weights, strict=True))
            lines.append(f"s{i}_{k} = {_cell(rows.base + q)}" + "".join(terms))
            lines.append(f"{_cell(rows.states + q)} = s{i}_{k}")
        for i in group:
            state = "".join(f"s{i}_{k}, " for k in self.axes)
            lines.append(f"f{i} = drift(t{i}, ({state}), parameters)")
        for q, (i, k) in enumerate(order):
            lines.append(f"r{q} = d{i}_{k} - dt * f{i}[{k}]")
            lines.append(f"{_cell(rows.residual + q)} = r{q}")
            level = f"{_cell(rows.noise + q)} + {ROUNDING} * abs(d{i}_{k})"
            small.append(f"(abs(r{q}) <= {level})")  # a NaN is never small
        return [*lines, f"{_cell(rows.moves)} *= 1.0 - ({' & '.join(small)})"]

    def _change(self, order: list[tuple[int, int]]) -> list[str]:
        """A change, made where a lane moves and is not slow."""
        rows, lines = self.rows, self._multiply(len(order))
        stages = {i: None for i, _ in order}
        for k in self.axes:
            largest = _largest(f"abs(d{i}_{k})" for i in stages)
            lines.append(f"unit{k} = abs(y{k}) + {largest}")
            share = f"1.0 / unit{k} if unit{k} > {SMALLEST} else 0.0"
            lines.append(f"share{k} = {share}")
        news = [f"abs(n{q}) * share{k}" for q, (_, k) in enumerate(order)]
        olds = [f"abs({_cell(rows.change + q)}) * share{k}"
                for q, (_, k) in enumerate(order)]  # fmt: skip
        lines.append(f"rate = {_largest(news)} / ({_largest(olds)} + {SMALLEST})")
        lines.append("factor = max(1.0, rate / (1.0 - rate))")
        small = [f"(abs(n{q}) * factor <= {self.tolerance} * unit{k})"
                 for q, (_, k) in enumerate(order)]  # fmt: skip
        lines.append(f"small = (rate < 1.0) & {' & '.join(small)}")
        lines.append(f"moves = {_cell(rows.moves)} > 0.0")
        lines.append(f"good = small | (rate <= {SLOW})")
        for q, (i, k) in enumerate(order):
            lines.append(f"d{i}_{k} -= n{q} if moves & good else 0.0")
            lines.append(f"{_cell(rows.change + q)} = n{q}")
        lines.append(f"{_cell(rows.slow)} = 0.0 if good else {_cell(rows.moves)}")
        lines.append(f"{_cell(rows.moves)} *= 1.0 - small")
        return lines

    def _renewed(self, order: list[tuple[int, int]]) -> list[str]:
        """A change with the new inverse, where a lane was slow."""
        rows, lines = self.rows, self._multiply(len(order))
        lines.append(f"fresh = ({_cell(rows.slow)} > 0.0) & ({_cell(rows.moves)} > 0.0)")
        for q, (i, k) in enumerate(order):
            old = _cell(rows.change + q)
            lines.append(f"d{i}_{k} -= n{q} if fresh else 0.0")
            lines.append(f"{old} = n{q} if fresh else {old}")
        return lines

    def _multiply(self, size: int) -> list[str]:
        """Changes n0, n1, …: the inverse times the residual."""
        rows = self.rows
        lines = [f"r{q} = {_cell(rows.residual + q)}" for q in range(size)]
        for q in range(size):
            terms = (f"{_cell(rows.inverse + q * size + c)} * r{c}" for c in range(size))
            lines.append(f"n{q} = {' + '.join(terms)}")
        return lines


def _among(known: Sequence[int], n_stages: int) -> NDArray[np.float64]:
    return np.isin(np.arange(n_stages), known).astype(float)


def _largest(terms: Iterable[str]) -> str:
    return reduce(lambda text, term: f"max({text}, {term})", terms)


def _indent(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _cell(row: int) -> str:
    return f"work[{row * LANES} + lane]"
