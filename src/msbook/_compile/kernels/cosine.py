"""Cosine transforms of two fields at once, compiled for one length and lanes of paths.

The fields are the real and the imaginary part of complex rows. A cosine transform is a
Fourier transform of the same length, once the nodes are taken in another order: those
with even numbers from the left, then those with odd ones from the right (Makhoul 1980).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numba import njit
from numpy.typing import NDArray

from msbook._compile.kernels.elementary import INLINED
from msbook._compile.kernels.fourier import (
    EXACTLY_AS_WRITTEN,
    compile_complex_transform,
)

_OPTIONS = {**INLINED, **EXACTLY_AS_WRITTEN}


def node_rows(n_points: int) -> NDArray[np.int64]:
    """Row of each node, shape ``(n_points,)``."""
    nodes = np.arange(n_points)
    return np.where(nodes % 2 == 0, nodes // 2, n_points - 1 - nodes // 2)


def compile_cosine_transforms(n_points: int, lanes: int) -> tuple[Callable, Callable]:
    r"""Compile the transforms between values at nodes and their modes.

    The values at node :math:`n` are those of the modes :math:`a_k`,

    .. math:: u_n = a_0 + 2 \sum_{k=1}^{N-1} a_k \cos\frac{\pi k (2n + 1)}{2N}, \qquad
              a_k = \frac1N \sum_{n=0}^{N-1} u_n \cos\frac{\pi k (2n + 1)}{2N} .

    Parameters
    ----------
    n_points : int
        Number of nodes :math:`N`, a power of two.
    lanes : int
        Numbers in a row.

    Returns
    -------
    to_rows : callable
        ``to_rows(modes, x, y)``: the values, their rows in the order of
        :func:`node_rows`, in the array returned, which is ``x`` or ``y``.
    to_modes : callable
        ``to_modes(x, y, modes)``: from such values in ``x`` to :math:`2 N a_k`. It
        overwrites ``x`` and ``y``.

    Notes
    -----
    All arrays hold ``2 * n_points * lanes`` numbers, one field and then the other.

    References
    ----------
    Makhoul (1980), A fast cosine transform in one and two dimensions.
    """
    transform = compile_complex_transform(n_points, lanes)
    im = np.uint64(n_points * lanes)
    angles = np.pi / (2 * n_points) * np.arange(n_points)
    cosines, sines = np.cos(angles), np.sin(angles)
    mirrored = (lanes * (n_points - np.arange(n_points))).astype(np.uint64)

    @njit(**_OPTIONS)
    def to_rows(modes, x, y):
        for lane in range(lanes):
            x[lane], x[im + lane] = modes[lane], modes[im + lane]
        for k in range(1, n_points // 2 + 1):
            cosine, sine = cosines[k], sines[k]
            for lane in range(lanes):
                i, j = np.uint64(k * lanes + lane), mirrored[k] + np.uint64(lane)
                a, b, c, d = modes[i], modes[im + i], modes[j], modes[im + j]
                x[i] = cosine * (a + d) - sine * (b - c)
                x[im + i] = cosine * (b - c) + sine * (a + d)
                x[j] = sine * (b + c) + cosine * (a - d)
                x[im + j] = cosine * (b + c) - sine * (a - d)
        return transform(x, y)

    @njit(**_OPTIONS)
    def to_modes(x, y, modes):
        z = transform(x, y)
        for lane in range(lanes):
            modes[lane], modes[im + lane] = 2.0 * z[lane], 2.0 * z[im + lane]
        for k in range(1, n_points // 2 + 1):
            cosine, sine = cosines[k], sines[k]
            for lane in range(lanes):
                i, j = np.uint64(k * lanes + lane), mirrored[k] + np.uint64(lane)
                a, b, c, d = z[i], z[im + i], z[j], z[im + j]
                modes[i] = cosine * (a + c) - sine * (b - d)
                modes[im + i] = cosine * (b + d) + sine * (a - c)
                modes[j] = sine * (a + c) + cosine * (b - d)
                modes[im + j] = sine * (b + d) - cosine * (a - c)

    return to_rows, to_modes
