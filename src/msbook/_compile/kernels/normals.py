"""Normal random numbers, many at a time, for compiled kernels.

Thirty-two independent xoshiro256++ generators run side by side, and the Box–Muller
transform turns pairs of their numbers into pairs of normals. All of it is arithmetic
without branches, so that it runs in vector registers.

References
----------
Blackman & Vigna (2021), Scrambled linear pseudorandom number generators.
Box & Muller (1958), A note on the generation of random normal deviates.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.elementary import (
    EXPONENT_ONE,
    INLINED,
    KERNEL_OPTIONS,
    split_logarithm,
)

N_GENERATORS = 32
"""Generators side by side; a buffer of normals must be a multiple of twice this."""


def new_states(rng: np.random.Generator, n_states: int) -> np.ndarray:
    """Draw independent states of the side-by-side generators.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of the seeds.
    n_states : int
        How many independent states.

    Returns
    -------
    ndarray of uint64, shape (n_states, 4, N_GENERATORS)
        States for :func:`fill_normals`. States are 256 random bits a generator:
        that two of their streams overlap is beyond all odds.

    Examples
    --------
    >>> import numpy as np
    >>> new_states(np.random.default_rng(0), 3).shape
    (3, 4, 32)
    """
    shape = (n_states, 4, N_GENERATORS)
    return rng.integers(0, 2**64, size=shape, dtype=np.uint64)


@njit(**INLINED)
def rotate_left(x, k):
    """The bits of 64, moved to the left by ``k``, round the corner."""
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


@njit(**KERNEL_OPTIONS)
def _fill_bits(state, bits):
    for i in range(0, bits.size, N_GENERATORS):
        for g in range(N_GENERATORS):
            a, b, c, d = state[0, g], state[1, g], state[2, g], state[3, g]
            bits[i + g] = rotate_left(a + d, 23) + a
            shifted = b << np.uint64(17)
            c ^= a
            d ^= b
            b ^= c
            a ^= d
            c ^= shifted
            d = rotate_left(d, 45)
            state[0, g], state[1, g], state[2, g], state[3, g] = a, b, c, d


@njit(**INLINED)
def uniform(bits):
    """The upper 52 bits as a number in [1, 2)."""
    return np.uint64((bits >> np.uint64(12)) | EXPONENT_ONE).view(np.float64)


@njit(**INLINED)
def _with_sign(x, sign):
    return np.uint64(np.float64(x).view(np.uint64) ^ sign).view(np.float64)


@cached_kernel
def fill_normals(state, bits, normals, scale):
    r"""Fill ``normals`` with independent N(0, scale²) numbers.

    .. math:: n_1 = s \sqrt{-2 \ln u_1} \cos(2\pi u_2), \qquad
              n_2 = s \sqrt{-2 \ln u_1} \sin(2\pi u_2)

    The angle is drawn in the quarter circle around 0, where short Taylor polynomials
    are exact to 1e-13, and three bits that the mantissa leaves over turn it into one
    of the whole circle. The logarithm is as exact.

    Parameters
    ----------
    state : ndarray of uint64, shape (4, N_GENERATORS)
        State of the generators, advanced in place.
    bits : ndarray of uint64, shape (n,)
        Scratch space; ``n`` a multiple of ``2 * N_GENERATORS``.
    normals : ndarray of float, shape (n,)
        Filled in place.
    scale : float
        Standard deviation.
    """
    _fill_bits(state, bits)
    half = bits.size // 2
    for i in range(half):
        u = 2.0 - uniform(bits[i])  # in (0, 1]
        exponent, s = split_logarithm(u)
        z = s * s
        p = 1.0 / 15.0
        p = p * z + 1.0 / 13.0
        p = p * z + 1.0 / 11.0
        p = p * z + 1.0 / 9.0
        p = p * z + 1.0 / 7.0
        p = p * z + 1.0 / 5.0
        p = p * z + 1.0 / 3.0
        logarithm = 2.0 * (s + s * z * p) + exponent * 0.6931471805599453
        radius = scale * np.sqrt(-2.0 * logarithm)

        turn = bits[half + i]
        t = (uniform(turn) - 1.5) * (0.5 * np.pi)  # in [-pi/4, pi/4)
        q = t * t
        p = 1.6059043836821613e-10
        p = p * q - 2.505210838544172e-08
        p = p * q + 2.7557319223985893e-06
        p = p * q - 1.984126984126984e-04
        p = p * q + 8.333333333333333e-03
        p = p * q - 1.6666666666666666e-01
        sine = t + t * (q * p)
        p = -1.1470745597729725e-11
        p = p * q + 2.08767569878681e-09
        p = p * q - 2.755731922398589e-07
        p = p * q + 2.48015873015873e-05
        p = p * q - 1.3888888888888889e-03
        p = p * q + 4.1666666666666664e-02
        p = p * q - 0.5
        cosine = 1.0 + q * p
        straight = turn & np.uint64(4) == np.uint64(0)
        first = cosine if straight else sine
        second = sine if straight else cosine
        normals[i] = radius * _with_sign(first, turn << np.uint64(63))
        normals[half + i] = radius * _with_sign(
            second, (turn & np.uint64(2)) << np.uint64(62)
        )
