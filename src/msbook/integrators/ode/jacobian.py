"""Jacobians of a drift, for the implicit methods: exact, or by differences."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from msbook._compile.kernels.lanes import largest_of
from msbook._compile.tracing.derivatives import differentiate, has_finite_slopes
from msbook._compile.tracing.expressions import CannotTraceError, Graph, Symbol
from msbook._compile.tracing.trace import Traced, trace
from msbook._compile.tracing.writing import compile_text
from msbook.equations.ode import ODE
from msbook.integrators.ode.newton import DIFFERENCE, SMALLEST


@dataclass(frozen=True)
class Motion:
    """What the step of a method calls, compiled, and what is known of it.

    Attributes
    ----------
    drift : callable
        Component functions ``f(t, y, parameters)``, see :class:`msbook.ODE`.
    dim : int
        Number of components.
    still : frozenset of int
        Components whose drift is zero; there is one that is not among them.
    jacobian : callable or None
        ``jacobian(t, y, parameters)`` with the slopes of component 0 along every
        component, then those of component 1, …; None where differences are taken.
    zeros : frozenset of (int, int)
        Its entries, row and column, that are zero.
    """

    drift: Callable[..., Any]
    dim: int
    still: frozenset[int] = frozenset()
    jacobian: Callable[..., Any] | None = None
    zeros: frozenset[tuple[int, int]] = frozenset()

    @property
    def moving(self) -> list[int]:
        """Components that must be solved for."""
        return [k for k in range(self.dim) if k not in self.still]


def trace_jacobian(system: ODE) -> Traced | None:
    """The Jacobian written down, or None where its entries need not be finite.

    It reads the numbers that the drift reads, and further ones behind them.
    """
    try:
        traced = trace(system.motion, _entries, t=None, y=system.dim)
    except CannotTraceError:
        return None
    return traced if traced.n_results else None


def _entries(
    graph: Graph, results: list[Symbol], variables: dict[str, list[Symbol]]
) -> list[Symbol]:
    """Entries row after row, or none: so that this, too, is found out only once."""
    if graph.tables or not has_finite_slopes(graph, results):
        return []
    try:
        return [differentiate(graph, f, y) for f in results for y in variables["y"]]
    except CannotTraceError:
        return []


def compile_motion(traced: Traced, jacobian: Traced | None, exact: bool) -> Motion:
    """Compile what is written down, ``exact`` as in ``compile_text``."""
    dim = traced.n_results
    still = frozenset(traced.zeros)
    if len(still) == dim:
        still = frozenset()
    drift = compile_text(traced.text, exact)
    if jacobian is None:
        return Motion(drift, dim, still)
    zeros = frozenset(divmod(entry, dim) for entry in jacobian.zeros)
    return Motion(drift, dim, still, compile_text(jacobian.text, exact), zeros)


def write_jacobian(motion: Motion, i: int, state: Sequence[str]) -> list[str]:
    """Lines for the slopes j{i}_{k}_{j} at stage i, where the drift is f{i}."""
    axes, there = range(motion.dim), "".join(f"{one}, " for one in state)
    if motion.jacobian is not None:
        return [
            f"g = jacobian(t{i}, ({there}), parameters)",
            *(f"j{i}_{k}_{j} = g[{k * motion.dim + j}]" for k in axes for j in axes),
        ]
    lines = [f"c{k} = abs({state[k]}) + dt * abs(f{i}[{k}])" for k in axes]
    lines.append(f"c = {largest_of(f'c{k}' for k in axes)}")
    lines.append(f"c = c if c >= {SMALLEST} else 1.0")
    for j in axes:
        lines.append(f"c{j} = c{j} if c{j} >= {SMALLEST} else c")
        lines.append(f"moved = {state[j]} + {DIFFERENCE} * c{j}")
        lines.append(f"inverse = 1.0 / (moved - {state[j]})")
        there = "".join(f"{one}, " for one in (*state[:j], "moved", *state[j + 1 :]))
        lines.append(f"g = drift(t{i}, ({there}), parameters)")
        lines += [f"j{i}_{k}_{j} = (g[{k}] - f{i}[{k}]) * inverse" for k in axes]
    return lines
