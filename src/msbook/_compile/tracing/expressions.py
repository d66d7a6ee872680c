"""Expressions: what a function does to symbols, written down once each."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Sequence
from typing import Any

import numpy as np

from msbook._compile.tracing.operations import (
    ARITHMETIC,
    COMPARISONS,
    FUNCTIONS,
    LOGIC,
    QUESTIONS,
    RADIANS,
    SPECIAL,
)

_MOST_FACTORS = 16  # powers up to this one are products
_OF_INTEGERS = {"add", "subtract", "multiply", "maximum", "minimum", "negative"}
_OF_TRUTHS = {
    "add": "logical_or",
    "multiply": "logical_and",
    "maximum": "logical_or",
    "minimum": "logical_and",
}
_KNOWN = {*ARITHMETIC, *COMPARISONS, *LOGIC, *QUESTIONS, *FUNCTIONS, "where", "look_up"}


class CannotTraceError(Exception):
    """A function does something that cannot be written down; the text says what."""


class Given(float):
    """A parameter of a system: never part of the text, so that it may change freely."""


class GivenWhole(int):
    """A parameter that is a whole number, and may choose an entry or end a loop."""


class Graph:
    """Nodes of expressions, each stored once, and the numbers and tables they read.

    A node is ``(operation, *arguments)`` with the positions of its arguments. Its kind
    is that of NumPy's result: ``"float"``, ``"int"`` or ``"bool"``.
    """

    def __init__(
        self, decide: Callable[[Symbol], bool], literals: Container[float]
    ) -> None:
        self.literals = literals  # numbers that may stand in the text
        self.nodes: list[tuple] = []
        self.kinds: list[str] = []
        self.of_path: list[bool] = []  # whether a node differs from path to path
        self.numbers: list[float] = []
        self.tables: list[np.ndarray] = []
        self.decide = decide
        self._positions: dict[tuple, int] = {}

    def add(self, node: tuple, kind: str, of_path: bool) -> Symbol:
        """The symbol of a node, which is new or known."""
        position = self._positions.setdefault(node, len(self.nodes))
        if position == len(self.nodes):
            self.nodes.append(node)
            self.kinds.append(kind)
            self.of_path.append(of_path)
        return Symbol(self, position)

    def variable(self, name: str, of_path: bool) -> Symbol:
        """A symbol for an argument of the function."""
        return self.add(("variable", name), "float", of_path)

    def number(self, value: Any) -> Symbol:
        """A number that the function reads: part of the text, or handed in."""
        if isinstance(value, Symbol):
            if value.graph is not self:
                raise CannotTraceError(
                    "it goes on with what an earlier call gave it, as from a cache"
                )
            return value
        if isinstance(value, bool | np.bool_):
            return self.add(("number", repr(bool(value))), "bool", False)
        if isinstance(value, int | np.integer):
            kind = "int"
        elif isinstance(value, float | np.floating):
            kind = "float"
        else:
            raise CannotTraceError(f"{_described(value)} is no real number")
        try:
            number = float(value)
        except OverflowError as error:
            raise CannotTraceError(f"a number is too large: {error}") from error
        if kind == "int" and int(number) != value:
            raise CannotTraceError(f"{value} is no number of double precision")
        is_literal = number in self.literals and _is_short(number)
        if is_literal and not isinstance(value, Given | GivenWhole):
            return self.add(("number", repr(number)), kind, False)
        # Equal numbers are handed in once; the bits tell 0.0 from -0.0.
        key = ("given", number.hex(), kind)
        if key not in self._positions:
            self.numbers.append(number)
            self._positions[key] = len(self.nodes)
            self.nodes.append(("given", len(self.numbers) - 1))
            self.kinds.append(kind)
            self.of_path.append(False)
        return Symbol(self, self._positions[key])

    def apply(self, name: str, *values: Any) -> Symbol:
        """The symbol of an operation on symbols and numbers, as NumPy would take it."""
        name = SPECIAL.get(name, name)
        if name in ("positive", "conjugate"):
            return self.number(values[0])
        if name in RADIANS:
            return self.apply("multiply", (math.pi / 180.0) ** RADIANS[name], *values)
        if name not in _KNOWN:
            raise CannotTraceError(
                f"{name} is not among the functions that are compiled"
            )
        if name == "power":
            return self._power(*values)
        symbols = [self.number(value) for value in values]
        kinds = [symbol.kind for symbol in symbols]
        if name == "where":
            return self._where(symbols)
        if name in LOGIC:
            return self._add(name, [self._truth(symbol) for symbol in symbols], "bool")
        if name in COMPARISONS or name in QUESTIONS:
            return self._add(name, list(map(self._as_number, symbols)), "bool")
        if set(kinds) == {"bool"} and name in _OF_TRUTHS:
            return self._add(_OF_TRUTHS[name], symbols, "bool")
        kind = "float"
        if "float" not in kinds and name != "divide":
            if set(kinds) == {"bool"}:
                raise CannotTraceError(f"{name} of a truth value")
            if name in _OF_INTEGERS:
                kind = "int"
            elif name in ("floor_divide", "remainder", "fmod", "absolute", "sign"):
                raise CannotTraceError(f"{name} of whole numbers")
        return self._add(name, list(map(self._as_number, symbols)), kind)

    def count(self, value: Any) -> Symbol:
        """A number, 1 or 0 of a truth value."""
        return self._as_number(self.number(value))

    def look_up(self, table: np.ndarray, place: Symbol) -> Symbol:
        """Entry of a table of numbers at a place that is a whole number."""
        known = [i for i, one in enumerate(self.tables) if one is table]
        if not known:
            known = [len(self.tables)]
            self.tables.append(table)
        node = ("look_up", known[0], place.position)
        return self.add(node, "float", place.of_path)

    def _add(self, name: str, symbols: Sequence[Symbol], kind: str) -> Symbol:
        of_path = any(symbol.of_path for symbol in symbols)
        node = (name, *(symbol.position for symbol in symbols))
        return self.add(node, kind, of_path)

    def _as_number(self, symbol: Symbol) -> Symbol:
        if symbol.kind != "bool":
            return symbol
        return self._add("where", [symbol, self.number(1.0), self.number(0.0)], "int")

    def _truth(self, symbol: Symbol) -> Symbol:
        if symbol.kind == "bool":
            return symbol
        return self.apply("not_equal", symbol, 0.0)

    def _where(self, symbols: list[Symbol]) -> Symbol:
        condition, *rest = symbols
        if rest[0].position == rest[1].position:
            return rest[0]
        kinds = {symbol.kind for symbol in rest}
        if kinds == {"bool"}:
            kind = "bool"
        else:
            rest = list(map(self._as_number, rest))
            kind = "float" if "float" in kinds else "int"
        return self._add("where", [self._truth(condition), *rest], kind)

    def _power(self, base: Any, exponent: Any) -> Symbol:
        base, power = self.number(base), self.number(exponent)
        if "float" not in (base.kind, power.kind):
            raise CannotTraceError("a power of whole numbers")
        base, known = self._as_number(base), not isinstance(exponent, Symbol)
        if known and exponent == 0.5:
            return self.apply("sqrt", base)
        is_given = isinstance(exponent, Given | GivenWhole)
        if known and not is_given and _is_small(exponent):
            return self._product(base, int(exponent))
        return self._add("power", [base, self._as_number(power)], "float")

    def _product(self, base: Symbol, n: int) -> Symbol:
        factor = base if n >= 0 else self.apply("divide", 1.0, base)
        product = None
        for digit in reversed(f"{abs(n):b}"):
            if digit == "1":
                product = factor if product is None else product * factor
            factor = factor * factor
        return self.number(1.0) if product is None else product


def _forward(name: str) -> Callable[[Symbol, Any], Symbol]:
    return lambda self, other: self.graph.apply(name, self, other)


def _backward(name: str) -> Callable[[Symbol, Any], Symbol]:
    return lambda self, other: self.graph.apply(name, other, self)


def _alone(name: str) -> Callable[[Symbol], Symbol]:
    return lambda self: self.graph.apply(name, self)


class Symbol:
    """A number that is not known yet: a node of a graph."""

    __slots__ = ("graph", "position")

    def __init__(self, graph: Graph, position: int) -> None:
        self.graph = graph
        self.position = position

    @property
    def kind(self) -> str:
        """NumPy's kind of the result."""
        return self.graph.kinds[self.position]

    @property
    def of_path(self) -> bool:
        """Whether it differs from path to path."""
        return self.graph.of_path[self.position]

    def __add__(self, other: Any) -> Symbol:
        """A sum; NumPy counts truth values in a sum over an array, and joins two."""
        graph = self.graph
        if self.kind == graph.number(other).kind == "bool":
            raise CannotTraceError(
                "truth values are added up in an array; make them numbers, such as "
                "1.0 * (y[0] > 0.0), or take np.where"
            )
        return graph.apply("add", self, other)

    __radd__ = __add__
    __sub__, __rsub__ = _forward("subtract"), _backward("subtract")
    __mul__, __rmul__ = _forward("multiply"), _backward("multiply")
    __truediv__, __rtruediv__ = _forward("divide"), _backward("divide")
    __floordiv__, __rfloordiv__ = _forward("floor_divide"), _backward("floor_divide")
    __mod__, __rmod__ = _forward("remainder"), _backward("remainder")
    __pow__, __rpow__ = _forward("power"), _backward("power")
    __and__, __rand__ = _forward("logical_and"), _backward("logical_and")
    __or__, __ror__ = _forward("logical_or"), _backward("logical_or")
    __xor__, __rxor__ = _forward("logical_xor"), _backward("logical_xor")
    __lt__, __le__ = _forward("less"), _forward("less_equal")
    __gt__, __ge__ = _forward("greater"), _forward("greater_equal")
    __eq__, __ne__ = _forward("equal"), _forward("not_equal")  # type: ignore[assignment]
    __hash__ = object.__hash__
    __neg__, __pos__ = _alone("negative"), _alone("positive")
    __abs__, __invert__ = _alone("absolute"), _alone("logical_not")
    __floor__, __ceil__, __trunc__ = _alone("floor"), _alone("ceil"), _alone("trunc")

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        """A function by its name, which NumPy asks an array's entries for."""
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *others: self.graph.apply(name, self, *others)

    def __bool__(self) -> bool:
        return self.graph.decide(self)

    def __float__(self) -> float:
        raise CannotTraceError("a plain number is made of a state or a time")

    def __int__(self) -> int:
        raise CannotTraceError("a whole number is made of a state or a time")

    def __index__(self) -> int:
        raise CannotTraceError("a state or a time chooses an entry")

    def __complex__(self) -> complex:
        raise CannotTraceError("a complex number is made of a state or a time")


def _is_small(exponent: Any) -> bool:
    """Whether a power is a product of few factors."""
    return abs(exponent) <= _MOST_FACTORS and float(exponent).is_integer()


def _is_short(value: float) -> bool:
    """Whether a number may stand in the text: such as -1.0, 0.5 or 3.0."""
    return abs(value) <= 64.0 and (16.0 * value).is_integer()


def _described(value: Any) -> str:
    return f"{value!r:.40} of type {type(value).__name__}"
