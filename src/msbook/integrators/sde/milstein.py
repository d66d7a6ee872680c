"""Milstein's method for diagonal noise."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from msbook._compile.tracing.components import split_components
from msbook._compile.tracing.derivatives import differentiate
from msbook._compile.tracing.expressions import CannotTraceError, Graph, Symbol
from msbook._compile.tracing.trace import Traced, trace
from msbook._compile.tracing.writing import define_text
from msbook._validation import check_callable
from msbook.equations.rows import at, stack_rows, warn_of_numpy
from msbook.equations.sde import SDE
from msbook.integrators.method import Grid
from msbook.integrators.sde.one_step import EulerMaruyama, write_step
from msbook.integrators.sde.step_texts import StepText
from msbook.integrators.sde.stepping import WrittenStep
from msbook.integrators.solution import IntegrationError

_ASK = (
    "the diffusion cannot be differentiated: {}. Give the method its derivative, "
    "Milstein(derivative=...)."
)

_AT_ZERO = (
    "Milstein's method needs the slope of the noise, infinite where a square root "
    "or a power beside another term meets zero, as in 0.1 + 0.5 * np.sqrt(y[0]), and "
    "no dt helps: take EulerMaruyama()."
)


@dataclass(frozen=True)
class Milstein(EulerMaruyama):
    r"""Milstein's method, of strong order one, for an Itô equation.

    Where the noise is diagonal and its entry :math:`b_i` depends on component
    :math:`y_i` and on time alone,

    .. math:: y_{n+1,i} = y_{n,i} + h\, a_i + b_i\, \Delta W_i
              + \tfrac12\, b_i\, \partial_i b_i\, (\Delta W_i^2 - h) .

    It costs one derivative more than :class:`EulerMaruyama` and follows a path of the
    noise with an error of order :math:`h` in place of :math:`h^{1/2}`; means of the
    states are no better. Where the noise does not depend on the state, the two are one.

    Parameters
    ----------
    derivative : callable, optional
        ``derivative(t, y, p)`` returns :math:`\partial_i b_i`, one entry a component.
        By default the diffusion is differentiated as it is written. A square root or a
        power in it may meet zero: differentiated is half the square, :math:`b_i^2 / 2`.

    Raises
    ------
    ValueError
        When a system is stepped whose noise is general, or has an entry that depends
        on another component, or that cannot be differentiated.

    Examples
    --------
    Geometric Brownian motion, :math:`dX = X\,dW`, against its exact solution:

    >>> import msbook as ms
    >>> import numpy as np
    >>> growth = ms.SDE(lambda t, y, p: 0.0, lambda t, y, p: y[0], y0=1.0)
    >>> dW = np.random.default_rng(0).normal(0.0, 0.1, (1000, 100, 1))
    >>> start = np.ones((1000, 1))
    >>> exact = np.exp(dW.sum(axis=(1, 2)) - 0.5)
    >>> for method in (ms.EulerMaruyama(), Milstein()):
    ...     paths = ms.solve(
    ...         growth, start, t_span=(0, 1), dt=0.01, increments=dW, method=method
    ...     )
    ...     print(round(float(np.abs(paths.y[:, -1, 0] - exact).mean()), 3))
    0.061
    0.003

    References
    ----------
    Kloeden & Platen (1992), section 10.3.
    """

    strong_order: ClassVar[float] = 1.0
    weak_order: ClassVar[float] = 1.0

    derivative: Callable[[Any, Any, Any], Any] | None = None

    def __post_init__(self) -> None:
        if self.derivative is not None:
            check_callable("derivative", self.derivative, "a function f(t, y, p)")

    def write(self, system: SDE) -> WrittenStep | None:
        """The step written out, or None where the system's functions cannot be."""
        try:
            traced = self._trace(system)
        except CannotTraceError as error:
            warn_of_numpy("this system", error)
            return None
        return write_step(system, traced, StepText.milstein)

    def step(
        self, system: SDE, t: float, y: np.ndarray, dt: float, increment: np.ndarray
    ) -> np.ndarray:
        """Advance ``y`` of shape ``(..., dim)`` by one step in NumPy."""
        dim = system.dim
        if self.derivative is None:
            traced = self._trace_or_refuse(system)
            rows = define_text(traced.text)(*at(t, y), traced.constants)[:-1]
        else:
            rows = _with_given(system, self.derivative)(*at(t, y))
        drift, diffusion, correction = (
            stack_rows(rows[k * dim : (k + 1) * dim], y.shape[:-1]) for k in range(3)
        )
        square = increment**2 - dt
        return system.reflect(
            y + dt * drift + diffusion * increment + correction * square
        )

    def fill(
        self, system: Any, grid: Grid, y: np.ndarray, out: np.ndarray, *,
        increments: np.ndarray | None, rng: np.random.Generator,
        executor: Executor | None,
    ) -> None:  # fmt: skip
        """Fill trajectories, the starts included; see ``Method``."""
        try:
            super().fill(
                system, grid, y, out,
                increments=increments, rng=rng, executor=executor,
            )  # fmt: skip
        except IntegrationError as error:
            error.add_note(_AT_ZERO)
            raise

    def _trace_or_refuse(self, system: SDE) -> Traced:
        try:
            return self._trace(system)
        except CannotTraceError as error:
            raise ValueError(_ASK.format(error)) from error

    def _trace(self, system: SDE) -> Traced:
        if system.noise != "diagonal":
            raise ValueError(
                "Milstein's method is for diagonal noise; got a system with general "
                "noise. Take EulerMaruyama(), or StratonovichHeun() for an equation "
                "in Stratonovich's sense."
            )
        if self.derivative is not None:
            motion = _with_given(system, self.derivative)
            return trace(motion, t=None, y=system.dim)
        return trace(system.motion, _with_corrections, t=None, y=system.dim)


def _with_given(system: SDE, derivative: Callable) -> Callable:
    """Drift, diffusion and half the diffusion times its derivative as it is given."""

    def motion(t: Any, y: tuple) -> list:
        rows = system.motion(t, y)
        slopes = derivative(t, y, system.parameters)
        slopes = split_components(slopes, system.dim, np.ndim(y[0]), "derivative")
        pairs = zip(rows[system.dim :], slopes, strict=True)
        return [*rows, *(0.5 * b * slope for b, slope in pairs)]

    return motion


def _with_corrections(
    graph: Graph, results: list[Symbol], variables: dict[str, list[Symbol]]
) -> list[Symbol]:
    """The same with half the derivative of half the square of what is written down."""
    states, dim = variables["y"], len(variables["y"])
    corrections, zero = [], graph.number(0.0)
    for i, entry in enumerate(results[dim:]):
        square = _square(entry)
        for j, state in enumerate(states):
            try:
                slope = differentiate(graph, square, state)
            except CannotTraceError as error:
                raise ValueError(_ASK.format(error)) from error
            if i == j:
                corrections.append(0.25 * slope)
            elif slope.position != zero.position:
                raise ValueError(
                    "Milstein's method needs noise whose entry i depends on component "
                    f"i alone; entry {i} of the diffusion depends on y[{j}]. Take "
                    "EulerMaruyama(), or StratonovichHeun() for an equation in "
                    "Stratonovich's sense."
                )
    return [*results, *corrections]


def _square(symbol: Symbol) -> Symbol:
    """The square, without roots: it has a slope where they meet zero."""
    graph = symbol.graph
    match graph.nodes[symbol.position]:
        case ("sqrt", a):
            return Symbol(graph, a)
        case ("power", a, b):
            return graph.apply("power", Symbol(graph, a), 2.0 * Symbol(graph, b))
        case ("negative" | "absolute", a):
            return _square(Symbol(graph, a))
        case ("multiply" | "divide" as name, a, b):
            return graph.apply(name, *(_square(Symbol(graph, one)) for one in (a, b)))
        case ("where", condition, a, b):
            squares = (_square(Symbol(graph, one)) for one in (a, b))
            return graph.apply("where", Symbol(graph, condition), *squares)
    return symbol * symbol
