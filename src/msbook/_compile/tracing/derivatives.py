"""Derivatives of expressions, by the rules of the calculus."""

from __future__ import annotations

from collections.abc import Callable

from msbook._compile.tracing.expressions import CannotTraceError, Graph, Symbol
from msbook._compile.tracing.writing import reachable

Slopes = tuple[Symbol, ...]  # with respect to each argument


def differentiate(graph: Graph, symbol: Symbol, variable: Symbol) -> Symbol:
    """Partial derivative of an expression with respect to a variable.

    Functions with kinks or jumps have their one-sided or zero slope there.

    Raises
    ------
    CannotTraceError
        If an operation has no rule.
    """
    slopes: dict[int, Symbol] = {variable.position: graph.number(1.0)}
    zero = graph.number(0.0)

    def slope(position: int) -> Symbol:
        if position not in slopes:
            slopes[position] = _slope(graph, position, slope, zero)
        return slopes[position]

    return slope(symbol.position)


def has_finite_slopes(graph: Graph, results: list[Symbol]) -> bool:
    """Whether expressions of a state have finite derivatives where they are finite.

    The slope of a root is infinite at zero, where the root itself is not. Infinity in
    between is not seen: the slope of 1 / (1 + exp(x)) at 1000, a zero times infinity.
    """
    return not any(
        graph.of_path[position] and graph.nodes[position][0] in _STEEP
        for position in reachable(graph, results)
    )


def _slope(
    graph: Graph, position: int, slope: Callable[[int], Symbol], zero: Symbol
) -> Symbol:
    name, *arguments = graph.nodes[position]
    if name in _FLAT or graph.kinds[position] == "bool":
        return zero
    if name == "look_up":
        raise CannotTraceError("a table has no derivative")
    if name == "where":
        condition, *rest = arguments
        return graph.apply("where", Symbol(graph, condition), *map(slope, rest))
    inner = [slope(one) for one in arguments]
    if all(one.position == zero.position for one in inner):
        return zero
    values = [Symbol(graph, one) for one in arguments]
    if name in _CHOICES:  # no product: the slope that is not taken may be infinite
        return graph.apply("where", graph.apply(_CHOICES[name], *values), *inner)
    rule = _RULES.get(name)
    if rule is None:
        raise CannotTraceError(f"{name} has no derivative here")
    outer = rule(graph, Symbol(graph, position), *values)
    one, total = graph.number(1.0), None
    for factor, change in zip(outer, inner, strict=True):
        if change.position == zero.position:
            continue
        if factor is None:
            term = change
        elif change.position == one.position:
            term = factor
        else:
            term = factor * change
            if name in _STEEP:  # what stands still has no slope, however steep it is
                rests = graph.apply("equal", change, 0.0)
                term = graph.apply("where", rests, 0.0, term)
        total = term if total is None else total + term
    return zero if total is None else total


def _one(rule: Callable) -> Callable:
    """A rule from the slope of a function of one argument."""
    return lambda graph, f, x: (rule(graph.apply, f, x),)


def _power(graph: Graph, f: Symbol, a: Symbol, b: Symbol) -> Slopes:
    return b * graph.apply("power", a, b - 1.0), f * graph.apply("log", a)


_FLAT = (
    "variable",
    "number",
    "given",
    "sign",
    "floor",
    "ceil",
    "trunc",
    "rint",
    "floor_divide",
    "heaviside",
)
# Finite somewhere where their slope is not.
_STEEP = (
    *("sqrt", "cbrt", "power", "hypot"),
    *("arcsin", "arccos", "arctan2", "arccosh"),
)
_CHOICES = {  # what tells that the first of two is taken
    "maximum": "greater_equal",
    "fmax": "greater_equal",
    "minimum": "less_equal",
    "fmin": "less_equal",
}
_TWO_OVER_ROOT_PI = 1.1283791670955126
_RULES: dict[str, Callable] = {
    "remainder": lambda graph, f, a, b: (None, -graph.apply("floor_divide", a, b)),
    "add": lambda graph, f, a, b: (None, None),
    "subtract": lambda graph, f, a, b: (None, graph.number(-1.0)),
    "multiply": lambda graph, f, a, b: (b, a),
    "divide": lambda graph, f, a, b: (1.0 / b, -f / b),
    "power": _power,
    "hypot": lambda graph, f, a, b: (a / f, b / f),
    "arctan2": lambda graph, f, a, b: (
        b / (a * a + b * b),
        -a / (a * a + b * b),
    ),
    "negative": lambda graph, f, x: (graph.number(-1.0),),
    "absolute": _one(lambda apply, f, x: apply("sign", x)),
    "square": _one(lambda apply, f, x: 2.0 * x),
    "reciprocal": _one(lambda apply, f, x: -f * f),
    "sqrt": _one(lambda apply, f, x: 0.5 / f),
    "cbrt": _one(lambda apply, f, x: 1.0 / (3.0 * f * f)),
    "exp": _one(lambda apply, f, x: f),
    "exp2": _one(lambda apply, f, x: 0.6931471805599453 * f),
    "expm1": _one(lambda apply, f, x: f + 1.0),
    "log": _one(lambda apply, f, x: 1.0 / x),
    "log2": _one(lambda apply, f, x: 1.4426950408889634 / x),
    "log10": _one(lambda apply, f, x: 0.4342944819032518 / x),
    "log1p": _one(lambda apply, f, x: 1.0 / (1.0 + x)),
    "sin": _one(lambda apply, f, x: apply("cos", x)),
    "cos": _one(lambda apply, f, x: -apply("sin", x)),
    "tan": _one(lambda apply, f, x: 1.0 + f * f),
    "arcsin": _one(lambda apply, f, x: 1.0 / apply("sqrt", 1.0 - x * x)),
    "arccos": _one(lambda apply, f, x: -1.0 / apply("sqrt", 1.0 - x * x)),
    "arctan": _one(lambda apply, f, x: 1.0 / (1.0 + x * x)),
    "sinh": _one(lambda apply, f, x: apply("cosh", x)),
    "cosh": _one(lambda apply, f, x: apply("sinh", x)),
    "tanh": _one(lambda apply, f, x: 1.0 - f * f),
    "arcsinh": _one(lambda apply, f, x: 1.0 / apply("sqrt", x * x + 1.0)),
    "arccosh": _one(lambda apply, f, x: 1.0 / apply("sqrt", x * x - 1.0)),
    "arctanh": _one(lambda apply, f, x: 1.0 / (1.0 - x * x)),
    "expit": _one(lambda apply, f, x: f * (1.0 - f)),
    "erf": _one(lambda apply, f, x: _TWO_OVER_ROOT_PI * apply("exp", -x * x)),
    "erfc": _one(lambda apply, f, x: -_TWO_OVER_ROOT_PI * apply("exp", -x * x)),
}
