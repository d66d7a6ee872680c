"""Elementary functions that a compiler can turn into vector instructions.

The mathematical library computes one sine at a time, and a loop that calls it
stays scalar. The polynomials below have no branches and no calls, so that a loop
over many paths runs them four or eight at a time. They agree with NumPy to a few
units in the last place, at 0, infinity and NaN too, and serve inside compiled kernels
only. Sine and cosine do so up to ``FAST_RANGE``.
"""

from __future__ import annotations

import numpy as np
from numba import njit

# One set of compiler options for every kernel of the package: division by zero gives
# inf as in NumPy, multiply-add may be fused, and the interpreter lock is released.
# Nothing that assumes finite numbers is allowed: a blow-up must stay visible.
KERNEL_OPTIONS = {
    "error_model": "numpy",
    "fastmath": {"contract", "nsz"},
    "nogil": True,
}

# Inlined whatever its size: a call left in the loop over paths keeps it scalar.
INLINED = {**KERNEL_OPTIONS, "forceinline": True}

FAST_RANGE = 1e6
"""Sine and cosine lose digits where their argument is larger."""

# pi and log 2 split into parts with trailing zeros, so that k * PART is exact.
_PI_1, _PI_2, _PI_3 = 3.14159265346825122834, 1.215420101260793e-10, 4.0445324974223e-21
_LOG2_HIGH, _LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
EXPONENT_ONE = np.uint64(0x3FF0000000000000)  # the bits of 1.0
_SQRT_HALF = np.uint64(0x3FE6A09E667F3BCD)  # the bits of sqrt(1/2)
_TWO_52 = np.uint64(0x4330000000000000)  # the bits of 2**52


@njit(**INLINED)
def _sine_near_zero(r):
    # Taylor's polynomial of degree 21; its error on [-pi/2, pi/2] is below 2e-18.
    s = r * r
    p = 1.957294106339126e-20
    p = p * s - 8.22063524662433e-18
    p = p * s + 2.8114572543455206e-15
    p = p * s - 7.647163731819816e-13
    p = p * s + 1.6059043836821613e-10
    p = p * s - 2.505210838544172e-08
    p = p * s + 2.7557319223985893e-06
    p = p * s - 1.984126984126984e-04
    p = p * s + 8.333333333333333e-03
    p = p * s - 1.6666666666666666e-01
    return r + r * (s * p)


@njit(**INLINED)
def sin(x):
    r"""Sine, for \|x\| up to ``FAST_RANGE``."""
    k = np.floor(x * 0.3183098861837907 + 0.5)
    r = ((x - k * _PI_1) - k * _PI_2) - k * _PI_3
    sign = 1.0 - 2.0 * (k - 2.0 * np.floor(0.5 * k))
    return sign * _sine_near_zero(r)


@njit(**INLINED)
def cos(x):
    r"""Cosine, for \|x\| up to ``FAST_RANGE``."""
    k = np.floor(x * 0.3183098861837907 + 1.0)
    half = k - 0.5
    r = ((x - half * _PI_1) - half * _PI_2) - half * _PI_3
    sign = 1.0 - 2.0 * (k - 2.0 * np.floor(0.5 * k))
    return sign * _sine_near_zero(r)


@njit(**INLINED)
def _power_of_two(k):
    # Adding 2**52 + 1023 + k leaves k + 1023 in the lowest bits.
    shifted = np.float64(k + 4503599627371519.0)
    power = np.uint64(shifted.view(np.uint64) << np.uint64(52))
    return np.float64(power.view(np.float64))


@njit(**INLINED)
def _split_exponential(x):
    """Numbers r, p and k such that e^x = (1 + r + r^2 p) 2^k, with r near zero."""
    k = np.floor(x * 1.4426950408889634 + 0.5)
    r = (x - k * _LOG2_HIGH) - k * _LOG2_LOW
    p = 1.6059043836821613e-10
    p = p * r + 2.08767569878681e-09
    p = p * r + 2.505210838544172e-08
    p = p * r + 2.755731922398589e-07
    p = p * r + 2.7557319223985893e-06
    p = p * r + 2.48015873015873e-05
    p = p * r + 1.984126984126984e-04
    p = p * r + 1.3888888888888889e-03
    p = p * r + 8.333333333333333e-03
    p = p * r + 4.1666666666666664e-02
    p = p * r + 1.6666666666666666e-01
    p = p * r + 0.5
    return r, p, k


@njit(**INLINED)
def exp(x):
    """Exponential."""
    r, p, k = _split_exponential(min(max(x, -746.0), 710.0))
    # In two factors: a subnormal result has an exponent that no one factor has.
    half = np.floor(0.5 * k)
    value = (1.0 + r + r * r * p) * _power_of_two(half) * _power_of_two(k - half)
    return value if x == x else x  # keeps NaN


@njit(**INLINED)
def sigmoid(x):
    """Logistic function; below -708 its value there, 3e-308."""
    r, p, k = _split_exponential(min(max(-x, -708.0), 708.0))
    value = 1.0 / (1.0 + (1.0 + r + r * r * p) * _power_of_two(k))
    return value if x == x else x  # keeps NaN


@njit(**INLINED)
def tanh(x):
    """Hyperbolic tangent, exact to three units in the last place."""
    # From e^y - 1, whose digits near zero the exponential itself would lose.
    r, p, k = _split_exponential(max(-2.0 * abs(x), -708.0))
    power = _power_of_two(k)
    less = (power - 1.0) + power * (r + r * r * p)
    value = np.copysign(-less / (2.0 + less), x)
    return value if x == x else x  # keeps NaN


@njit(**INLINED)
def split_logarithm(x):
    """Exponent e and s = (m - 1) / (m + 1) of a normal x = m 2^e with m near one.

    Then ln x = e ln 2 + 2 artanh s, a short series in s.
    """
    bits = np.float64(x).view(np.uint64)
    shift = np.uint64((bits - _SQRT_HALF) >> np.uint64(52)) & np.uint64(0xFFF)
    mantissa = np.uint64(bits - (shift << np.uint64(52))).view(np.float64)
    # The exponent is a 12-bit signed number: move it to [0, 4096), then to a float.
    unsigned = (shift + np.uint64(2048)) & np.uint64(0xFFF)
    exponent = np.uint64(unsigned | _TWO_52).view(np.float64) - 4503599627372544.0
    return exponent, (mantissa - 1.0) / (mantissa + 1.0)


@njit(**INLINED)
def log_of_normal(x):
    """Natural logarithm of a positive number that is normal."""
    exponent, s = split_logarithm(x)
    z = s * s
    p = 1.0 / 21.0
    p = p * z + 1.0 / 19.0
    p = p * z + 1.0 / 17.0
    p = p * z + 1.0 / 15.0
    p = p * z + 1.0 / 13.0
    p = p * z + 1.0 / 11.0
    p = p * z + 1.0 / 9.0
    p = p * z + 1.0 / 7.0
    p = p * z + 1.0 / 5.0
    p = p * z + 1.0 / 3.0
    small = 2.0 * (s + s * z * p)
    return exponent * _LOG2_HIGH + (small + exponent * _LOG2_LOW)


@njit(**INLINED)
def log(x):
    """Natural logarithm."""
    subnormal = x < 2.2250738585072014e-308
    value = log_of_normal(x * 18014398509481984.0 if subnormal else x)  # 2**54
    value = value - 37.42994775023705 if subnormal else value  # 54 log 2
    beyond = -np.inf if x == 0.0 else (np.inf if x > 0.0 else np.nan)
    return value if (x > 0.0) & (x < np.inf) else beyond
