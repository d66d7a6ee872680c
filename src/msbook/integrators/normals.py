"""Normal random numbers, many at a time, for compiled kernels.

Sixteen independent xoshiro256++ generators run side by side, and the Box–Muller
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

from msbook.elementary import _EXPONENT_ONE, KERNEL_OPTIONS, cos, log, sin

N_GENERATORS = 16
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
    (3, 4, 16)
    """
    shape = (n_states, 4, N_GENERATORS)
    return rng.integers(0, 2**64, size=shape, dtype=np.uint64)


@njit(**KERNEL_OPTIONS)
def _rotate_left(x, k):
    return (x << np.uint64(k)) | (x >> np.uint64(64 - k))


@njit(**KERNEL_OPTIONS)
def _fill_uniform_bits(state, bits):
    # 52 random bits become the mantissa of a double in [1, 2).
    for i in range(0, bits.size, N_GENERATORS):
        for g in range(N_GENERATORS):
            a, b, c, d = state[0, g], state[1, g], state[2, g], state[3, g]
            number = _rotate_left(a + d, 23) + a
            shifted = b << np.uint64(17)
            c ^= a
            d ^= b
            b ^= c
            a ^= d
            c ^= shifted
            d = _rotate_left(d, 45)
            state[0, g], state[1, g], state[2, g], state[3, g] = a, b, c, d
            bits[i + g] = (number >> np.uint64(12)) | _EXPONENT_ONE


@njit(**KERNEL_OPTIONS)
def fill_normals(state, uniform, normals, scale):
    """Fill ``normals`` with independent N(0, scale²) numbers.

    .. math:: n_1 = s \\sqrt{-2 \\ln u_1} \\cos(2\\pi u_2), \\qquad
              n_2 = s \\sqrt{-2 \\ln u_1} \\sin(2\\pi u_2)

    Parameters
    ----------
    state : ndarray of uint64, shape (4, N_GENERATORS)
        State of the generators, advanced in place.
    uniform : ndarray of float, shape (n,)
        Scratch space; ``n`` a multiple of ``2 * N_GENERATORS``.
    normals : ndarray of float, shape (n,)
        Filled in place.
    scale : float
        Standard deviation.
    """
    _fill_uniform_bits(state, uniform.view(np.uint64))
    half = uniform.size // 2
    for i in range(half):
        radius = scale * np.sqrt(-2.0 * log(2.0 - uniform[i]))  # u_1 in (0, 1]
        angle = 2.0 * np.pi * (uniform[half + i] - 1.5)
        normals[i] = radius * cos(angle)
        normals[half + i] = radius * sin(angle)
