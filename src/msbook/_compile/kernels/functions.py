"""Functions of numbers for compiled loops, with NumPy's values for every argument."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from msbook._compile.kernels import elementary
from msbook._compile.kernels.elementary import INLINED

# Those that a loop over paths can run in vectors.
cos, exp, log = elementary.cos, elementary.exp, elementary.log
sin, tanh = elementary.sin, elementary.tanh


@njit(**INLINED)
def where(condition, a, b):
    """The one or the other."""
    return a if condition else b


@njit(**INLINED)
def logical_not(a):
    """The other truth value."""
    return not a


_SIZE = np.int64(0x7FFFFFFFFFFFFFFF)  # all bits but the sign
_FAST_RANGE = np.float64(elementary.FAST_RANGE).view(np.int64)


@njit(**INLINED)
def beyond(x):
    """Negative where a sine of x needs more than its fast form, or x is not finite.

    Bits of positive numbers are in the numbers' order. So this takes two operations in
    vector registers, and the flags of many numbers are joined by ``|``.
    """
    return np.int64(_FAST_RANGE - (np.float64(x).view(np.int64) & _SIZE))


@njit(**INLINED)
def never(x):
    """No number is beyond the range of the mathematical library."""
    return 0


@njit(**INLINED)
def exact_sin(x):
    """Sine of the mathematical library."""
    return math.sin(x)


@njit(**INLINED)
def exact_cos(x):
    """Cosine of the mathematical library."""
    return math.cos(x)


@njit(**INLINED)
def absolute(x):
    """Absolute value."""
    return abs(x)


@njit(**INLINED)
def sign(x):
    """-1, 0 or 1; NaN stays."""
    return x if x != x else (1.0 if x > 0.0 else 0.0) - (1.0 if x < 0.0 else 0.0)


@njit(**INLINED)
def square(x):
    """x²."""
    return x * x


@njit(**INLINED)
def reciprocal(x):
    """1/x."""
    return 1.0 / x


@njit(**INLINED)
def maximum(a, b):
    """The larger number; NaN if one is."""
    larger = a if a >= b else b
    return a if a != a else larger


@njit(**INLINED)
def minimum(a, b):
    """The smaller number; NaN if one is."""
    smaller = a if a <= b else b
    return a if a != a else smaller


@njit(**INLINED)
def fmax(a, b):
    """The larger number, the other one if one is NaN."""
    larger = a if a >= b else b
    return a if b != b else larger


@njit(**INLINED)
def fmin(a, b):
    """The smaller number, the other one if one is NaN."""
    smaller = a if a <= b else b
    return a if b != b else smaller


@njit(**INLINED)
def heaviside(x, at_zero):
    """0 below zero, 1 above it; NaN stays."""
    value = 1.0 if x > 0.0 else at_zero
    return x if x != x else (0.0 if x < 0.0 else value)


@njit(**INLINED)
def floor_divide(a, b):
    """The quotient rounded down, by way of the exact remainder."""
    rest = np.fmod(a, b)
    quotient = (a - rest) / b
    if rest != 0.0 and (b < 0.0) != (rest < 0.0):
        quotient -= 1.0
    whole = np.floor(quotient)
    if quotient - whole > 0.5:
        whole += 1.0
    return a / b if b == 0.0 else whole


@njit(**INLINED)
def power(a, b):
    """Power b of a."""
    return a**b


@njit(**INLINED)
def signbit(x):
    """Whether the sign is minus."""
    return np.signbit(x)


@njit(**INLINED)
def erf(x):
    """Error function."""
    return math.erf(x)


@njit(**INLINED)
def erfc(x):
    """Complement of the error function."""
    return math.erfc(x)


@njit(**INLINED)
def gamma(x):
    """Gamma function."""
    return math.gamma(x)


@njit(**INLINED)
def gammaln(x):
    """Logarithm of its absolute value."""
    return math.lgamma(x)


@njit(**INLINED)
def expit(x):
    """Logistic function."""
    return 1.0 / (1.0 + exp(-x))


@njit(**INLINED)
def look_up(table, place):
    """Entry of a table at a place that is a whole number."""
    return table[np.int64(place)]
