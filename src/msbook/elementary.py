"""Elementary functions that a compiler can turn into vector instructions.

The mathematical library computes one sine at a time, and a loop that calls it
stays scalar. The polynomials below have no branches and no calls, so that a loop
over many paths runs them four or eight at a time. They agree with NumPy to two
units in the last place on the ranges given, and serve inside compiled kernels only.
"""

from __future__ import annotations

import types
from collections.abc import Callable

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
    """Sine, for \\|x\\| up to a million."""
    k = np.floor(x * 0.3183098861837907 + 0.5)
    r = ((x - k * _PI_1) - k * _PI_2) - k * _PI_3
    sign = 1.0 - 2.0 * (k - 2.0 * np.floor(0.5 * k))
    return sign * _sine_near_zero(r)


@njit(**INLINED)
def cos(x):
    """Cosine, for \\|x\\| up to a million."""
    k = np.floor(x * 0.3183098861837907 + 1.0)
    half = k - 0.5
    r = ((x - half * _PI_1) - half * _PI_2) - half * _PI_3
    sign = 1.0 - 2.0 * (k - 2.0 * np.floor(0.5 * k))
    return sign * _sine_near_zero(r)


@njit(**INLINED)
def _split_exponential(x):
    """Numbers r, p and 2^k such that e^x = (1 + r + r^2 p) 2^k, with r near zero."""
    inside = min(max(x, -708.0), 709.0)
    k = np.floor(inside * 1.4426950408889634 + 0.5)
    r = (inside - k * _LOG2_HIGH) - k * _LOG2_LOW
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
    # 2**k: adding 2**52 + 1023 + k leaves k + 1023 in the lowest bits.
    shifted = np.float64(k + 4503599627371519.0)
    power = np.uint64(shifted.view(np.uint64) << np.uint64(52))
    return r, p, np.float64(power.view(np.float64))


@njit(**INLINED)
def exp(x):
    """Exponential, for x between -708 and 709 (beyond, the end value)."""
    r, p, power = _split_exponential(x)
    return (1.0 + r + r * r * p) * power + 0.0 * x  # keeps NaN


@njit(**INLINED)
def sigmoid(x):
    """Logistic function, for finite x."""
    return 1.0 / (1.0 + exp(-x))


@njit(**INLINED)
def tanh(x):
    """Hyperbolic tangent, for finite x; exact to three units in the last place."""
    # From e^y - 1, whose digits near zero the exponential itself would lose.
    r, p, power = _split_exponential(-2.0 * abs(x))
    less = (power - 1.0) + power * (r + r * r * p)
    return np.copysign(-less / (2.0 + less), x) + 0.0 * x  # keeps NaN


@njit(**INLINED)
def split_logarithm(x):
    """Exponent e and s = (m - 1) / (m + 1), where x = m 2^e and m is near one.

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
def log(x):
    """Natural logarithm, for normal positive x."""
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
    value = exponent * _LOG2_HIGH + (small + exponent * _LOG2_LOW)
    return value if x > 0.0 else np.nan


_NUMPY_FOR_KERNELS = types.ModuleType("numpy_for_kernels")
_NUMPY_FOR_KERNELS.__dict__.update(
    {name: value for name, value in vars(np).items() if not name.startswith("__")}
)
_NUMPY_FOR_KERNELS.__dict__.update(sin=sin, cos=cos, exp=exp, log=log)


def compile_for_lanes(function: Callable) -> Callable:
    """Compile a plain NumPy function so that a loop over paths can be vectorised.

    The function's own ``np.sin``, ``np.cos``, ``np.exp`` and ``np.log`` become the
    polynomials of this module; everything else is left as it is.

    Parameters
    ----------
    function : callable
        A function of scalars and tuples, written with ``np``.

    Returns
    -------
    callable
        The compiled function.
    """
    names = {
        name: _NUMPY_FOR_KERNELS if value is np else value
        for name, value in function.__globals__.items()
    }
    clone = types.FunctionType(
        function.__code__,
        names,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    return njit(**INLINED)(clone)
