"""Fourier transforms, compiled for one length and lanes of paths.

A row is one number for each lane. Complex rows lie in one flat array: the real parts
of all rows, then the imaginary ones. Lengths and offsets are constants of the compiled
code, so that its loops run in vector registers, and every operation is rounded as it
is written, so that a path has the same numbers in any company.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit

from msbook._compile.kernels.elementary import INLINED

EXACTLY_AS_WRITTEN = {"fastmath": {"nsz"}}
"""Compiler options without fused multiply-add, which would depend on the lane."""

_OPTIONS = {**INLINED, **EXACTLY_AS_WRITTEN}


def compile_transforms(n_points: int, lanes: int) -> tuple[Callable, Callable]:
    r"""Compile the transforms between real rows and their modes.

    Even and odd rows are the real and the imaginary part of one complex transform of
    half the length, as usual.

    Parameters
    ----------
    n_points : int
        Number of real rows, a power of two from 4 on.
    lanes : int
        Numbers in a row.

    Returns
    -------
    to_rows : callable
        ``to_rows(modes, x, y)``: the values :math:`\sum_k \hat u_k e^{ikx}`, even rows
        and then odd ones, in the array returned, which is ``x`` or ``y``.
    to_modes : callable
        ``to_modes(x, y, modes)``: from values in ``x``, odd rows and then even ones,
        to :math:`2 n \hat u_k`. It overwrites ``x`` and ``y``.

    Notes
    -----
    The arrays ``x`` and ``y`` hold ``n_points * lanes`` numbers, and ``modes`` holds
    ``(n_points + 2) * lanes``: modes 0 to ``n_points // 2``.
    """
    half = n_points // 2
    transform = compile_complex_transform(half, lanes)
    end, mode_im = np.uint64(half * lanes), np.uint64((half + 1) * lanes)
    angles = 2 * np.pi / n_points * np.arange(half)
    cosines, sines = np.cos(angles), np.sin(angles)
    # Rows k and half - k are taken together. The compiler gives up its vectors where it
    # sees an index fall as k rises, so the latter are looked up.
    mirrored = (end - lanes * np.arange(half)).astype(np.uint64)

    @njit(**_OPTIONS)
    def to_rows(modes, x, y):
        for lane in range(lanes):
            x[lane] = modes[lane] + modes[end + lane]
            x[end + lane] = modes[lane] - modes[end + lane]
        for k in range(1, half // 2 + 1):
            cosine, sine = cosines[k], sines[k]
            for lane in range(lanes):
                i, j = np.uint64(k * lanes + lane), mirrored[k] + np.uint64(lane)
                a, b, c, d = modes[i], modes[mode_im + i], modes[j], modes[mode_im + j]
                re = cosine * (b + d) + sine * (a - c)
                im = cosine * (a - c) - sine * (b + d)
                x[i], x[end + i] = (a + c) - re, (b - d) + im
                x[j], x[end + j] = (a + c) + re, im - (b - d)
        return transform(x, y)

    @njit(**_OPTIONS)
    def to_modes(x, y, modes):
        z = transform(x, y)  # parts are exchanged: so they come out, the sign turned
        for lane in range(lanes):
            modes[lane] = 2.0 * (z[end + lane] + z[lane])
            modes[end + lane] = 2.0 * (z[end + lane] - z[lane])
            modes[mode_im + lane] = modes[mode_im + end + lane] = 0.0
        for k in range(1, half // 2 + 1):
            cosine, sine = cosines[k], sines[k]
            for lane in range(lanes):
                i, j = np.uint64(k * lanes + lane), mirrored[k] + np.uint64(lane)
                a, b, c, d = z[end + i], z[i], z[end + j], z[j]
                re = cosine * (b + d) - sine * (a - c)
                im = cosine * (c - a) - sine * (b + d)
                modes[i], modes[mode_im + i] = (a + c) + re, (b - d) + im
                modes[j], modes[mode_im + j] = (a + c) - re, im - (b - d)

    return to_rows, to_modes


def is_power_of_two(n: int) -> bool:
    """Whether the transforms can take a number of rows."""
    return n > 0 and n & (n - 1) == 0


def compile_complex_transform(length: int, width: int) -> Callable:
    r"""Compile sums with :math:`e^{+2\pi i jk/n}` over rows of complex numbers.

    One stage, and a transform of a part of the length over longer rows: the stages go
    to and fro between the two arrays and leave the modes in order, in the array
    returned (Stockham's form).

    Parameters
    ----------
    length : int
        Number of rows, a power of two.
    width : int
        Numbers in a row.

    Returns
    -------
    callable
        ``transform(x, y)``, from ``x``; it overwrites both arrays, which hold
        ``2 * length * width`` numbers.
    """
    if length == 1:
        return njit(**_OPTIONS)(lambda x, y: x)
    return _stage_of_two(width) if length == 2 else _stage_of_four(length, width)


def _stage_of_two(width: int) -> Callable:
    @njit(**_OPTIONS)
    def transform(x, y):
        for i in range(width):
            y[i], y[width + i] = x[i] + x[width + i], x[i] - x[width + i]
        for i in range(2 * width, 3 * width):
            y[i], y[width + i] = x[i] + x[width + i], x[i] - x[width + i]
        return y

    return transform


def _stage_of_four(length: int, width: int) -> Callable:
    rest = compile_complex_transform(length // 4, 4 * width)
    quarter, im = length // 4, length * width
    step = quarter * width
    angles = 2 * np.pi / length * np.outer([1, 2, 3], np.arange(quarter))
    cosines, sines = np.cos(angles), np.sin(angles)

    @njit(**_OPTIONS)
    def transform(x, y):
        for p in range(quarter):
            c1, c2, c3 = cosines[0, p], cosines[1, p], cosines[2, p]
            s1, s2, s3 = sines[0, p], sines[1, p], sines[2, p]
            for lane in range(width):
                i = p * width + lane
                a, b, c, d = x[i], x[step + i], x[2 * step + i], x[3 * step + i]
                i = im + i
                e, f, g, h = x[i], x[step + i], x[2 * step + i], x[3 * step + i]
                i = 4 * p * width + lane
                y[i], y[im + i] = (a + c) + (b + d), (e + g) + (f + h)
                re, im_ = (a - c) - (f - h), (e - g) + (b - d)
                i += width
                y[i], y[im + i] = c1 * re - s1 * im_, c1 * im_ + s1 * re
                re, im_ = (a + c) - (b + d), (e + g) - (f + h)
                i += width
                y[i], y[im + i] = c2 * re - s2 * im_, c2 * im_ + s2 * re
                re, im_ = (a - c) + (f - h), (e - g) - (b - d)
                i += width
                y[i], y[im + i] = c3 * re - s3 * im_, c3 * im_ + s3 * re
        return rest(y, x)

    return transform
