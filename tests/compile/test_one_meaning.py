"""A function means the same compiled and in NumPy: drawn expressions, all arguments."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import special

from msbook._compile.tracing.trace import trace
from msbook._compile.tracing.writing import compile_text, define_text

EPS = np.finfo(float).eps
ORDINARY = np.array([-3.7, -1.0, -0.5, 0.1, 0.75, 2.0, 5.3])
HUGE = [1e15, 12345e3, 1e308, 709.7, 745.1, 1e-308, 5e-324]
EXTREME = np.array([0.0, np.inf, np.nan, 1.0, 0.5, 2.0, *HUGE])
EXTREME = np.concatenate([EXTREME, -EXTREME])

ONE = [
    *("absolute", "sign", "sqrt", "cbrt", "square", "reciprocal", "exp"),
    *("exp2", "expm1", "log", "log2", "log10", "log1p", "sin", "cos", "tan"),
    *("arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "arcsinh"),
    *("arccosh", "arctanh", "floor", "ceil", "trunc", "rint", "negative"),
    *("deg2rad", "rad2deg", "isnan", "isfinite", "isinf", "signbit"),
]
OF_SCIPY = ["erf", "erfc", "expit", "gammaln"]
TWO = [
    *("add", "subtract", "multiply", "divide", "power", "floor_divide"),
    *("remainder", "fmod", "maximum", "minimum", "fmax", "fmin", "arctan2"),
    *("hypot", "copysign", "heaviside", "logaddexp", "less", "less_equal"),
    *("greater", "greater_equal", "equal", "not_equal"),
]
LEAVES = [
    "y[0]",
    "y[1]",
    "t",
    "K",
    "np.float64(-2.0)",
    "3",
    "0.7",
    "p[0]",
    "a",
    "d",
    "table[1]",
]
POWERS = ["2", "3", "-1", "-2", "0.5", "1.5", "0", "7", "20", "K"]

K, N = 1.3, -2


def helper(x):
    return x * K - N


@dataclass(frozen=True)
class Node:
    """An expression, its value, and how far rounding may move it."""

    text: str
    parts: tuple = ()
    function: Any = None

    def value(self, known):
        if self.function is None:
            value = np.asarray(eval(self.text, {"np": np}, known), dtype=float)
            return value, np.zeros_like(value)
        inputs = [part.value(known) for part in self.parts]
        values = [value for value, _ in inputs]
        with np.errstate(all="ignore"):
            result = np.asarray(self.function(*values), dtype=float)
            error = 16 * EPS * np.abs(result) + 5e-324
            for i, (value, doubt) in enumerate(inputs):
                for side in (-1.0, 1.0):
                    moved = [*values]
                    moved[i] = value + side * doubt
                    change = np.abs(np.asarray(self.function(*moved), float) - result)
                    error = error + np.where(doubt == 0, 0.0, change)
        return result, error


def leaf(text):
    return Node(text)


def one(name, x):
    where = "special" if name in OF_SCIPY else "np"
    function = getattr(special if name in OF_SCIPY else np, name)
    # NumPy takes a function of a truth value in half precision; not meant here.
    return Node(f"{where}.{name}({x.text} * 1.0)", (x,), lambda v: function(v * 1.0))


def two(name, x, y):
    function = getattr(np, name)
    text = f"np.{name}({x.text} * 1.0, {y.text} * 1.0)"
    return Node(text, (x, y), lambda v, w: function(v * 1.0, w * 1.0))


def raised(x, power):
    exponent = eval(power, {"K": K})
    return Node(f"(({x.text}) * 1.0) ** {power}", (x,), lambda v: (v * 1.0) ** exponent)


def chosen(x, y, z):
    text = f"np.where({x.text} > 0.25, {y.text}, {z.text})"
    return Node(text, (x, y, z), lambda u, v, w: np.where(u > 0.25, v, w))


def counted(x, y):
    text = f"(({x.text} < {y.text}) + ({x.text} > 1.0)) * 2.0"
    return Node(text, (x, y), lambda v, w: ((v < w) + (v > 1.0)) * 2.0)


def helped(x):
    return Node(f"helper({x.text})", (x,), helper)


EXPRESSIONS = st.recursive(
    st.sampled_from(LEAVES).map(leaf),
    lambda x: st.one_of(
        st.builds(one, st.sampled_from(ONE + OF_SCIPY), x),
        st.builds(two, st.sampled_from(TWO), x, x),
        st.builds(raised, x, st.sampled_from(POWERS)),
        st.builds(chosen, x, x, x),
        st.builds(counted, x, x),
        st.builds(helped, x),
    ),
    max_leaves=6,
)

FORMS = {
    "plain": (
        "def make(a):\n    def f(t, y, p=P, d=0.4):\n        return {}\n    return f"
    ),
    "lambda": "make = lambda a: (lambda t, y, p=P, d=0.4: {})",
    "method": (
        "class System:\n    d = 0.4\n    def f(self, t, y, p=P):\n"
        "        d = self.d; a = self.a\n        return {}\n"
        "def make(a):\n    one = System(); one.a = a\n    return one.f"
    ),
    "callable": (
        "class System:\n    d = 0.4\n    def __call__(self, t, y, p=P):\n"
        "        d = self.d; a = self.a\n        return {}\n"
        "def make(a):\n    one = System(); one.a = a\n    return one"
    ),
    "partial": (
        "def f(a, t, y, p=P, d=0.4):\n    return {}\nmake = lambda a: partial(f, a)"
    ),
}


def make_function(form, texts, a):
    names = {"np": np, "special": special, "K": K, "helper": helper, "P": (0.3,)}
    names |= {"table": np.array([5.0, 0.6]), "partial": partial}
    exec(FORMS[form].format("[" + ", ".join(texts) + "]"), names)
    return names["make"](a)


def compiled(traced, t, rows):
    """Values of the compiled function, path by path."""
    fast = compile_text(traced.text)
    columns = []
    for point in np.stack(np.broadcast_arrays(*rows), axis=-1):
        point = tuple(point.tolist())
        *values, beyond = fast(t, point, traced.constants)
        if beyond:
            *values, _ = compile_text(traced.text, True)(t, point, traced.constants)
        columns.append(values)
    return np.array(columns).T


def agree(value, expected, error):
    """Whether values differ by no more than rounding, where that is known."""
    known = ~(error > 1e-6 * np.abs(expected)) | np.isnan(expected)
    with np.errstate(all="ignore"):
        near = np.abs(value - expected) <= 4 * error
    same = near | (value == expected) | (np.isnan(value) & np.isnan(expected))
    return same | ~known


def check(nodes, form, a, t, rows):
    t = np.float64(t)
    function = make_function(form, [node.text for node in nodes], a)
    traced = trace(function, t=None, y=2)
    found = compiled(traced, t, rows)
    known = {"y": rows, "t": t, "K": K, "p": (0.3,), "a": a, "d": 0.4}
    known["table"] = np.array([5.0, 0.6])
    with np.errstate(all="ignore"):
        plain = function(t, rows)
        written = define_text(traced.text)(t, rows, traced.constants)
    for node, value, in_numpy, text in zip(nodes, found, plain, written, strict=False):
        expected, error = node.value(known)
        expected, error, in_numpy, text = np.broadcast_arrays(
            expected,
            error,
            np.asarray(in_numpy, float),
            np.asarray(text, float),
            rows[0],
        )[:4]
        assert agree(in_numpy, expected, error).all(), node.text
        for values in (value, text):
            right = agree(values, in_numpy, error)
            assert right.all(), (
                f"{node.text} at {np.transpose(rows)[~right][:3]}: compiled "
                f"{values[~right][:3]}, NumPy {in_numpy[~right][:3]}"
            )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)  # fmt: skip
@given(
    st.lists(EXPRESSIONS, min_size=8, max_size=8),
    st.sampled_from(sorted(FORMS)),
    st.floats(-3, 3),
    st.sampled_from([0.0, 0.7, -2.0]),
)
def test_drawn_functions(nodes, form, a, t):
    rows = tuple(np.meshgrid(ORDINARY, ORDINARY + 0.05))
    check(nodes, form, a, t, tuple(row.ravel() for row in rows))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow],
    derandomize=True,
)  # fmt: skip
@given(st.lists(EXPRESSIONS, min_size=8, max_size=8), st.sampled_from(sorted(FORMS)))
def test_drawn_functions_at_extreme_arguments(nodes, form):
    rows = tuple(np.meshgrid(EXTREME, EXTREME))
    check(nodes, form, 0.3, 1.0, tuple(row.ravel() for row in rows))


def test_every_function_at_extreme_arguments():
    x, y = leaf("y[0]"), leaf("y[1]")
    nodes = [one(name, x) for name in ONE + OF_SCIPY]
    nodes += [two(name, x, y) for name in TWO]
    nodes += [raised(x, power) for power in POWERS]
    rows = tuple(row.ravel() for row in np.meshgrid(EXTREME, EXTREME))
    check(nodes, "plain", 0.3, 1.0, rows)


@pytest.mark.parametrize("text", ["y[0] // 1", "10 ** N + 0 * y[0]", "y[0] % 0.3"])
def test_whole_numbers_mean_what_python_means(text):
    names = {"N": N}
    exec(f"def f(t, y, p=()): return [{text}]", names)
    rows = (np.linspace(-2, 2, 41),)
    traced = trace(names["f"], t=None, y=1)
    assert np.allclose(compiled(traced, 0.0, rows)[0], names["f"](0.0, rows)[0], 1e-14)
