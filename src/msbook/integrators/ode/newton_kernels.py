"""Newton's method written out and compiled, for lanes of paths.

The iteration of :mod:`msbook.integrators.ode.newton`, a vector operation in every
line. The matrix is renewed once a step: where it is small it fits into the registers
of a processor, and its inverse is written out, too; else it is a loop, path by path,
whose text does not grow with the cube of the number of unknowns.
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
from msbook.integrators.ode.newton import MOST_ITERATIONS, SLOW
from msbook.integrators.ode.newton_matrix import (
    compile_renewal,
    exchange,
    write_renewal,
)

_FEW_UNKNOWNS = 4


def place_rows(first: int, dim: int, stages: int) -> SimpleNamespace:
    """First rows of what Newton's method keeps, and ``end``, the row behind them."""
    size = dim * stages
    rows = {
        "base": size,  # what is known of the stages
        "share": dim,  # one over the size of a component
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
    dim : int
        Number of components.
    A : ndarray, shape (n_stages, n_stages)
        Of the tableau.
    largest : int
        Number of stages of the largest group.
    tolerance : float
        Of Newton's method.
    """

    def __init__(
        self, dim: int, A: NDArray[np.float64], largest: int, tolerance: float
    ) -> None:
        self.axes, self.A, self.tolerance = range(dim), A, tolerance
        self.rows = place_rows(dim * (1 + len(A)), dim, largest)

    def names(self, drift: Callable, groups: Iterable[Sequence[int]]) -> dict:
        """What the text calls, compiled, by name."""
        names: dict[str, Callable] = {"first_positive": first_positive}
        dim = len(self.axes)
        for group in groups:
            inner = self.A[np.ix_(group, group)]
            if not inner.any():
                continue
            stages = dim * (1 + group[0])  # their rows
            if dim * len(group) <= _FEW_UNKNOWNS:
                text = write_renewal(dim, inner, stages, self.rows)
                functions = {"drift": drift, "exchange": exchange}
                exec(text, functions)  # our own text, no input
                renew = njit(**KERNEL_OPTIONS)(functions["renew"])
            else:
                renew = compile_renewal(drift, dim, inner, stages, self.rows)
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
        order = [(i, k) for i in group for k in self.axes]
        lines = [f"{cell(rows.base + q)} = {begin(i, k)}"
                 for q, (i, k) in enumerate(order)]  # fmt: skip
        lines += [f"d{i}_{k} = 0.0" for i, k in order]
        lines += [f"{cell(row)} = 1.0" for row in (rows.moves, rows.slow)]
        lines.append(f"{cell(rows.sign)} = 0.0")
        times = "".join(f"t{i}, " for i in group)
        end = f"{BEYOND} if beyond < 0 else first_positive(work, {{}})"
        renew = [
            f"if renew{group[0]}(work, ({times}), dt, parameters):",
            f"    return {end.format(rows.lost)}",
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
            f"    return {end.format(rows.moves)}",
        ]

    def _iterate(self, group: Sequence[int], order: list[tuple[int, int]]) -> list[str]:
        """A change, made where a lane moves and its matrix serves."""
        rows, size = self.rows, len(order)
        lines = write_residual(group, order, self.A, rows)
        for q in range(size):
            terms = (f"{cell(rows.inverse + q * size + c)} * r{c}" for c in range(size))
            lines.append(f"n{q} = {' + '.join(terms)}")
        changes = (f"abs(n{q}) * {cell(rows.share + k)}"
                   for q, (_, k) in enumerate(order))  # fmt: skip
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
) -> list[str]:
    """Lines for stages s, their drift f and their residual r."""
    axes = range(len(order) // len(group))
    lines = []
    for q, (i, k) in enumerate(order):
        terms = (f" + {A[i, j]} * d{j}_{k}" for j in group if A[i, j])
        lines.append(f"s{i}_{k} = {cell(rows.base + q)}" + "".join(terms))
    for i in group:
        state = "".join(f"s{i}_{k}, " for k in axes)
        lines.append(f"f{i} = drift(t{i}, ({state}), parameters)")
        lines.append(f"beyond |= f{i}[{len(axes)}]")
    lines += [f"r{q} = d{i}_{k} - dt * f{i}[{k}]" for q, (i, k) in enumerate(order)]
    return lines
