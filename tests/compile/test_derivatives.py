"""Derivatives of what is written down, against differences."""

import numpy as np
import pytest
from scipy import special

from msbook._compile.tracing.derivatives import _RULES, differentiate
from msbook._compile.tracing.trace import trace
from msbook._compile.tracing.writing import define_text

X = np.array([0.17, 0.45, 0.83])
TWO = ("add", "subtract", "multiply", "divide", "power", "hypot", "arctan2")
TWO = (*TWO, "maximum", "minimum", "fmax", "fmin", "remainder")


def derivative_of(function):
    def extend(graph, results, variables):
        return [differentiate(graph, results[0], variables["x"][0])]

    traced = trace(lambda x: [function(x[0])], extend, x=1)
    return lambda x: define_text(traced.text)((x,), traced.constants)[0] + 0 * x


def differences(function, x):
    with np.errstate(all="ignore"):
        return (function(x + 1e-6) - function(x - 1e-6)) / 2e-6


@pytest.mark.parametrize("name", sorted({*_RULES} - {*TWO}))
def test_functions_of_one_number(name):
    ufunc = getattr(np, name, None) or getattr(special, name)
    shift = 1.5 if name == "arccosh" else 0.0

    def function(x):
        return ufunc(np.sin(x) + shift) * x

    assert np.allclose(derivative_of(function)(X), differences(function, X), rtol=1e-6)


@pytest.mark.parametrize("name", TWO)
def test_functions_of_two_numbers(name):
    def function(x):
        return getattr(np, name)(x * x + 0.3, 0.4 + np.sin(x))

    assert np.allclose(derivative_of(function)(X), differences(function, X), rtol=1e-6)


def test_choices_powers_and_what_does_not_move():
    def function(x):
        step = np.where(x > 0.5, x**3, -(x**-2)) + np.floor(3 * x) + (x > 0.2)
        return step * np.exp(2 * x) + x**0.5

    assert np.allclose(derivative_of(function)(X), differences(function, X), rtol=1e-6)
