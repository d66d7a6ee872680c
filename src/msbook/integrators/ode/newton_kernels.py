"""Newton's method written out and compiled, for lanes of paths.

The iteration of :mod:`msbook.integrators.ode.newton`, a vector operation in every line.
The matrix is renewed once a step: where it is small it fits into the registers of a
processor, and its inverse is written out, too, without the entries that are known to be
zero; else it is a loop, path by path, whose text does not grow with the cube of the
number of unknowns. A component whose drift is zero is no unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from types import SimpleNamespace

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.lanes import BEYOND, LANES, cell, indent, largest_of
from msbook.integrators.ode.jacobian import Motion
from msbook.integrators.ode.newton import MOST_ITERATIONS, SLOW
from msbook.integrators.ode.newton_loop import compile_renewal
from msbook.integrators.ode.newton_matrix import (
    couplings,
    exchange,
    reach,
    write_renewal,
)

_FEW_UNKNOWNS = 4


def place_rows(first: int, moving: int, stages: int) -> SimpleNamespace:
    """First rows of what Newton's method keeps, and ``end``, the row behind them."""
    size = moving * stages
    rows = {
        "base": size,  # what is known of the stages
        "share": moving,  # one over the size of a component
        "measure": 1,  # largest change of the last iteration, in these units
        "inverse": size**2,
        "moves": 1,  # has not converged yet
        "slow": 1,  # needs a new matrix
        "sign": 1,  # of the determinant at the start, 0 before
        "lost": 1,  # whether it has changed
    }
    starts = accumulate(rows.values(), initial=first)
    return SimpleNamespace(**dict(zip((*rows, "end"), starts, strict=True)))


@njit(**KERNEL_OPTIONS)
def first_positive(work, row):
    """The first lane of a row with a positive number, or -1."""
    for lane in range(LANES):
        if work[row * LANES + lane] > 0.0:
            return lane
    return -1


class NewtonWriter:
    """Writes the iteration for groups of stages of a method.

    Parameters
    ----------
    motion : Motion
        What is solved.
    A : ndarray, shape (n_stages, n_stages)
        Of the tableau.
    largest : int
        Number of stages of the largest group.
    tolerance : float
        Of Newton's method.
    """

    def __init__(
        self, motion: Motion, A: NDArray[np.float64], largest: int, tolerance: float
    ) -> None:
        self.motion, self.A, self.tolerance = motion, A, tolerance
        moving = len(motion.moving)
        self.rows = place_rows(motion.dim + moving * len(A), moving, largest)

    def names(self, groups: Iterable[Sequence[int]]) -> dict:
        """What the text calls, compiled, by name."""
        names: dict[str, Callable] = {"first_positive": first_positive}
        motion = self.motion
        moving = len(motion.moving)
        for group in groups:
            inner = self.A[np.ix_(group, group)]
            if not inner.any():
                continue
            stages = motion.dim + moving * group[0]  # their rows
            if moving * len(group) <= _FEW_UNKNOWNS:
                text = write_renewal(motion, inner, stages, self.rows)
                functions = {"drift": motion.drift, "exchange": exchange}
                functions["jacobian"] = motion.jacobian
                exec(text, functions)  # our own text, no input
                renew = njit(**KERNEL_OPTIONS)(functions["renew"])
            else:
                renew = compile_renewal(motion, inner, stages, self.rows)
            names[f"renew{group[0]}"] = renew
        return names

    def write(
        self,
        group: Sequence[int],
        begin: Callable[[int, int], str],
        known: Sequence[int],
        loop: Callable[..., list[str]],
    ) -> list[str]:
        """The text for a group.

        Parameters
        ----------
        group, known : sequence of int
            Stages to solve for, and those known.
        begin : callable
            Writes component ``k`` of what is known of stage ``i``.
        loop : callable
            Writes a loop over lanes, with the stages to load and to store.
        """
        rows = self.rows
        order = [(i, k) for i in group for k in self.motion.moving]
        lines = [f"{cell(rows.base + q)} = {begin(i, k)}"
                 for q, (i, k) in enumerate(order)]  # fmt: skip
        lines += [f"d{i}_{k} = 0.0" for i, k in order]
        lines += [f"{cell(row)} = 1.0" for row in (rows.moves, rows.slow)]
        lines.append(f"{cell(rows.sign)} = 0.0")
        times = "".join(f"t{i}, " for i in group)
        again = f"return {BEYOND} if beyond < 0"
        renew = [
            f"lost = renew{group[0]}(work, ({times}), dt, parameters)",
            "if lost != 0:",
            f"    {again} or lost < 0 else first_positive(work, {rows.lost})",
        ]
        iteration = [
            "moving = 0",
            "slow = 0",
            *loop(group, self._iterate(group, order), store=group),
            "if moving == 0:",
            "    break",
            "if slow > 0:",
            *indent(renew),
        ]
        return [
            *loop(known, lines, store=group),
            *renew,
            f"for _ in range({MOST_ITERATIONS - 1}):",
            *indent(iteration),
            "else:",
            f"    {again} else first_positive(work, {rows.moves})",
        ]

    def _iterate(self, group: Sequence[int], order: list[tuple[int, int]]) -> list[str]:
        """A change, made where a lane moves and its matrix serves."""
        rows, size = self.rows, len(order)
        lines = write_residual(group, order, self.A, rows, self.motion)
        reached = reach(couplings(self.motion, self.A[np.ix_(group, group)]))
        for q in range(size):
            row = rows.inverse + q * size
            terms = (f"{cell(row + c)} * r{c}" for c in sorted(reached[q]))
            lines.append(f"n{q} = {' + '.join(terms)}")
        shares = [cell(rows.share + p) for p in range(len(self.motion.moving))]
        changes = (f"abs(n{q}) * {shares[q % len(shares)]}" for q in range(size))
        lines += [
            f"measure = {largest_of(changes)}",
            f"before = {cell(rows.measure)}",
            f"{cell(rows.measure)} = measure",
            f"serves = measure <= {SLOW} * before",  # a NaN never does
            f"moves = {cell(rows.moves)} > 0.0",
            "changes = moves & serves",
            "late = moves & (not serves)",
            f"left = measure * measure <= {(1.0 - SLOW) * self.tolerance} * before",
            "moves = moves & (not (serves & left))",
        ]
        lines += [f"d{i}_{k} -= n{q} if changes else 0.0"
                  for q, (i, k) in enumerate(order)]  # fmt: skip
        return [
            *lines,
            f"{cell(rows.slow)} = 1.0 if late else 0.0",
            f"{cell(rows.moves)} = 1.0 if moves else 0.0",
            "moving += moves",
            "slow += late",
        ]


def write_residual(
    group: Sequence[int],
    order: Sequence[tuple[int, int]],
    A: NDArray[np.float64],
    rows: SimpleNamespace,
    motion: Motion,
) -> list[str]:
    """Lines for stages s, their drift f and their residual r."""
    moving, lines = motion.moving, []
    for q, (i, k) in enumerate(order):
        terms = (f" + {A[i, j]} * d{j}_{k}" for j in group if A[i, j])
        lines.append(f"s{i}_{k} = {cell(rows.base + q)}" + "".join(terms))
    for i in group:
        state = (f"s{i}_{k}" if k in moving else f"y{k}" for k in range(motion.dim))
        lines.append(f"f{i} = drift(t{i}, ({', '.join(state)},), parameters)")
        lines.append(f"beyond |= f{i}[{motion.dim}]")
    lines += [f"r{q} = d{i}_{k} - dt * f{i}[{k}]" for q, (i, k) in enumerate(order)]
    return lines
