"""Runge–Kutta steps written out and compiled, for lanes of paths.

The stages of a method, its coefficients and the components of a system are written
out, so that the loop over lanes has neither branches nor calls and every operation is
a vector operation. Newton's iterations go on until the last lane has converged; a lane
that has converged is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, reduce

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook.elementary import INLINED, KERNEL_OPTIONS
from msbook.integrators.compiled import LANES
from msbook.integrators.newton import DIFFERENCE, MOST_ITERATIONS
from msbook.integrators.tableau import Tableau

_MOST_UNKNOWNS = 9  # the text of an elimination grows with the cube of their number


def can_compile(tableau: Tableau, dim: int) -> bool:
    """Whether a step is short enough to be written out."""
    return tableau.explicit or dim * max(map(len, tableau.groups)) <= _MOST_UNKNOWNS


@njit(**INLINED)
def _exchange(a, b, swap):
    return (b, a) if swap else (a, b)


@lru_cache(maxsize=64)
def compile_step(
    drift: Callable, dim: int, tableau: Tableau, tolerance: float
) -> tuple[Callable, int]:
    """Compile the step of a system given by component functions.

    Parameters
    ----------
    drift : callable
        Component functions ``f(t, y, parameters)``, see :class:`msbook.ODE`.
    dim : int
        Number of components.
    tableau : Tableau
        The method.
    tolerance : float
        Of Newton's method, see :class:`msbook.RungeKutta`.

    Returns
    -------
    step : callable
        For ``ode_compiled.integrate``.
    n_rows : int
        Rows that it needs.
    """
    text, n_rows = _Writer(tableau, dim, tolerance).write()
    names = {"drift": drift, "exchange": _exchange}
    exec(text, names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["step"]), n_rows


class _Writer:
    """Writes the source text of a step.

    Component k of the state is called y{k}, of the increment of stage i d{i}_{k}. They
    have the first rows. Two more hold, for Newton's method, the bound on a change and
    whether a lane still moves.
    """

    def __init__(self, tableau: Tableau, dim: int, tolerance: float) -> None:
        self.tableau, self.tolerance = tableau, tolerance
        self.A, self.b, self.c = tableau.arrays
        self.axes = range(dim)
        self.bound = dim * (1 + tableau.n_stages)
        self.moves = self.bound + 1

    def write(self) -> tuple[str, int]:
        """The text, and the number of rows."""
        lines = ["def step(work, t, dt, n, parameters):"]
        lines += [f"    t{i} = t + {c} * dt" for i, c in enumerate(self.c)]
        known: list[int] = []  # stages
        for group in self.tableau.groups:
            if self.A[np.ix_(group, group)].any():
                lines += self._implicit(group, known)
            elif not self.tableau.explicit:
                lines += self._loop(known, self._stage(group[0]), store=group)
            known += group
        if self.tableau.explicit:  # one loop for everything
            stages = [line for i in known for line in self._stage(i)]
            lines += self._loop([], stages + self._end())
            return "\n".join([*lines, "    return True"]), len(self.axes)
        lines += self._loop(known, self._end())
        return "\n".join([*lines, "    return True"]), self.moves + 1

    def _loop(
        self, load: Sequence[int], lines: list[str], store: Sequence[int] = ()
    ) -> list[str]:
        """A loop over lanes, with the stages to load before and to store after."""
        head = [f"y{k} = {_cell(k)}" for k in self.axes]
        head += [f"d{i}_{k} = {self._row(i, k)}" for i in load for k in self.axes]
        tail = [f"{self._row(i, k)} = d{i}_{k}" for i in store for k in self.axes]
        body = [f"        {line}" for line in (*head, *lines, *tail)]
        return [f"    for lane in range({LANES}):", *body]

    def _row(self, stage: int, k: int) -> str:
        return _cell(len(self.axes) * (1 + stage) + k)

    def _sum(self, weights: NDArray[np.float64], k: int) -> str:
        """Component k of the state plus a sum of stages."""
        terms = (f" + {w} * d{j}_{k}" for j, w in enumerate(weights) if w)
        return f"y{k}" + "".join(terms)

    def _stage(self, i: int) -> list[str]:
        """An explicit stage."""
        state = "".join(f"{self._sum(self.A[i], k)}, " for k in self.axes)
        lines = [f"f{i} = drift(t{i}, ({state}), parameters)"]
        return lines + [f"d{i}_{k} = dt * f{i}[{k}]" for k in self.axes]

    def _end(self) -> list[str]:
        return [f"{_cell(k)} = {self._sum(self.b, k)}" for k in self.axes]

    def _implicit(self, group: Sequence[int], known: list[int]) -> list[str]:
        """Newton's method for a group of stages."""
        order = [(i, k) for i in group for k in self.axes]
        lines = self._loop(known, self._guess(group, known), store=group)
        lines += [f"    for iteration in range({MOST_ITERATIONS}):"]
        improve = self._linearise(group, order) + _eliminate(len(order))
        newton = self._loop([*known, *group], improve + self._update(order), group)
        newton += [
            "    moving = 0",
            f"    for lane in range({LANES}):",
            f"        moving += {_cell(self.moves)} > 0.0",
            "    if moving == 0:",
            "        break",
        ]
        lines += [f"    {line}" for line in newton]
        return [*lines, "    else:", "        return False"]

    def _guess(self, group: Sequence[int], known: list[int]) -> list[str]:
        """The last stage known, or the slope here; and the bound on a change."""
        near = [f"d{group[0] - 1}_{k}" for k in self.axes]
        lines = []
        if not known:
            state = "".join(f"y{k}, " for k in self.axes)
            lines.append(f"f = drift(t, ({state}), parameters)")
            near = [f"dt * f[{k}]" for k in self.axes]
        lines += [f"d{i}_{k} = {near[k]}" for i in group for k in self.axes]
        largest = reduce(
            lambda text, number: f"max({text}, {number})",
            (f"abs(y{k})" for k in self.axes),
        )
        lines.append(f"{_cell(self.bound)} = {self.tolerance} * (1.0 + {largest})")
        return [*lines, f"{_cell(self.moves)} = 1.0"]

    def _linearise(
        self, group: Sequence[int], order: list[tuple[int, int]]
    ) -> list[str]:
        """Residual, and its Jacobian by differences, see `difference_jacobian`."""
        lines = []
        for i, k in order:
            lines.append(f"s{i}_{k} = {self._sum(self.A[i], k)}")
        for i in group:
            state = [f"s{i}_{k}" for k in self.axes]
            lines.append(f"f{i} = drift(t{i}, ({_listed(state)}), parameters)")
            for j in self.axes:
                moved = f"{state[j]} + {DIFFERENCE} * (1.0 + abs({state[j]}))"
                lines.append(f"moved = {moved}")
                lines.append(f"inverse = 1.0 / (moved - {state[j]})")
                there = [*state[:j], "moved", *state[j + 1 :]]
                lines.append(f"g = drift(t{i}, ({_listed(there)}), parameters)")
                for k in self.axes:
                    lines.append(f"j{i}_{k}_{j} = (g[{k}] - f{i}[{k}]) * inverse")
        for row, (i, k) in enumerate(order):
            lines.append(f"r{row} = d{i}_{k} - dt * f{i}[{k}]")
            for column, (other, j) in enumerate(order):
                one = "1.0" if row == column else "0.0"
                entry = f"{one} - {self.A[i, other]} * dt * j{i}_{k}_{j}"
                lines.append(f"m{row}_{column} = {entry}")
        return lines

    def _update(self, order: list[tuple[int, int]]) -> list[str]:
        """Changes r0, r1, … made where a lane still moves."""
        moves, bound = _cell(self.moves), _cell(self.bound)
        lines = [f"moves = {moves} > 0.0"]
        for row, (i, k) in enumerate(order):
            lines.append(f"d{i}_{k} -= r{row} if moves else 0.0")
        small = " & ".join(f"(abs(r{row}) <= {bound})" for row in range(len(order)))
        return [*lines, f"{moves} *= 1.0 - ({small})"]  # a NaN is never small


def _eliminate(size: int) -> list[str]:
    """Solve for r0, r1, … the equations with matrix m0_0, m0_1, …, with pivots."""
    lines = []
    for k in range(size):
        for row in range(k + 1, size):  # the largest entry rises to row k
            lines.append(f"swap = abs(m{row}_{k}) > abs(m{k}_{k})")
            pairs = [(f"m{k}_{c}", f"m{row}_{c}") for c in range(k, size)]
            for upper, lower in [*pairs, (f"r{k}", f"r{row}")]:
                lines.append(f"{upper}, {lower} = exchange({upper}, {lower}, swap)")
        for row in range(k + 1, size):
            lines.append(f"factor = m{row}_{k} / m{k}_{k}")
            lines += [f"m{row}_{c} -= factor * m{k}_{c}" for c in range(k + 1, size)]
            lines.append(f"r{row} -= factor * r{k}")
    for k in reversed(range(size)):
        lines += [f"r{k} -= m{k}_{c} * r{c}" for c in range(k + 1, size)]
        lines.append(f"r{k} /= m{k}_{k}")
    return lines


def _cell(row: int) -> str:
    return f"work[{row * LANES} + lane]"


def _listed(names: Sequence[str]) -> str:
    return "".join(f"{name}, " for name in names)
