"""Runge–Kutta steps written out and compiled, for lanes of paths.

The stages of a method, its coefficients and the components of a system are written
out, so that the loop over lanes has neither branches nor calls and every operation is
a vector operation. Newton's iterations go on until the last lane has converged; a lane
that has converged is left alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache, partial

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.lanes import END, LANES, cell, indent
from msbook.integrators.ode.jacobian import Motion
from msbook.integrators.ode.newton_kernels import NewtonWriter
from msbook.integrators.ode.tableau import Tableau

_MOST_UNKNOWNS = 16  # the text of an iteration grows with the square of their number


def can_compile(tableau: Tableau, dim: int) -> bool:
    """Whether a step is short enough to be written out."""
    return tableau.explicit or dim * max(map(len, tableau.groups)) <= _MOST_UNKNOWNS


@lru_cache(maxsize=64)
def compile_step(
    motion: Motion, tableau: Tableau, tolerance: float
) -> tuple[Callable, int]:
    """Compile the step of a system given by component functions.

    Parameters
    ----------
    motion : Motion
        Component functions, and their Jacobian.
    tableau : Tableau
        The method.
    tolerance : float
        Of Newton's method, see :class:`msbook.RungeKutta`.

    Returns
    -------
    step : callable
        For ``method_kernels.integrate``.
    n_rows : int
        Rows that it needs.
    """
    writer = _Writer(tableau, motion, tolerance)
    names = {"drift": motion.drift}
    if not tableau.explicit:
        names |= writer.newton.names(tableau.groups)
    text, n_rows = writer.write()
    exec(text, names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["step"]), n_rows


class _Writer:
    """Writes the source text of a step.

    Component k of the state is called y{k}, of the increment of stage i d{i}_{k} if it
    moves. They have the first rows; behind them are those of Newton's method.
    """

    def __init__(self, tableau: Tableau, motion: Motion, tolerance: float) -> None:
        self.tableau = tableau
        self.A, self.b, self.c = tableau.arrays
        self.axes, self.moving = range(motion.dim), motion.moving
        largest = max(map(len, tableau.groups))
        self.newton = NewtonWriter(motion, self.A, largest, tolerance)

    def write(self) -> tuple[str, int]:
        """The text, and the number of rows."""
        lines = ["def step(work, t, dt, n, parameters):", "    beyond = 0"]
        lines += [f"    t{i} = t + {c} * dt" for i, c in enumerate(self.c)]
        known: list[int] = []  # stages
        for group in self.tableau.groups:
            if self.A[np.ix_(group, group)].any():
                lines += indent(
                    self.newton.write(
                        group, partial(self._base, known), known, self._loop
                    )
                )
            elif not self.tableau.explicit:
                loop = self._loop(known, self._stage(group[0]), store=group)
                lines += indent(loop)
            known += group
        if self.tableau.explicit:  # one loop for everything
            stages = [line for i in known for line in self._stage(i)]
            lines += indent(self._loop([], stages + self._end()))
            return "\n".join([*lines, END]), len(self.axes)
        lines += indent(self._loop(known, self._end()))
        return "\n".join([*lines, END]), self.newton.rows.end

    def _loop(
        self, load: Sequence[int], lines: list[str], store: Sequence[int] = ()
    ) -> list[str]:
        """A loop over lanes, with the stages to load before and to store after."""
        head = [f"y{k} = {cell(k)}" for k in self.axes]
        head += [f"d{i}_{k} = {self._row(i, k)}" for i in load for k in self.moving]
        tail = [f"{self._row(i, k)} = d{i}_{k}" for i in store for k in self.moving]
        body = [f"    {line}" for line in (*head, *lines, *tail)]
        return [f"for lane in range({LANES}):", *body]

    def _row(self, stage: int, k: int) -> str:
        place = len(self.moving) * stage + self.moving.index(k)
        return cell(len(self.axes) + place)

    def _sum(self, weights: NDArray[np.float64], k: int) -> str:
        """Component k of the state plus a sum of stages."""
        known = enumerate(weights if k in self.moving else ())
        terms = (f" + {w} * d{j}_{k}" for j, w in known if w)
        return f"y{k}" + "".join(terms)

    def _base(self, known: list[int], i: int, k: int) -> str:
        """Component k of what is known of stage i."""
        return self._sum(self.A[i, : len(known)], k)

    def _stage(self, i: int) -> list[str]:
        """An explicit stage."""
        state = "".join(f"{self._sum(self.A[i], k)}, " for k in self.axes)
        lines = [f"f{i} = drift(t{i}, ({state}), parameters)"]
        lines.append(f"beyond |= f{i}[{len(self.axes)}]")
        return lines + [f"d{i}_{k} = dt * f{i}[{k}]" for k in self.moving]

    def _end(self) -> list[str]:
        return [f"{cell(k)} = {self._sum(self.b, k)}" for k in self.moving]
