"""Look-up of tabulated increments, compiled for lanes of paths.

Arrays that describe the axes of the states have a row a component: first grid point,
points a unit of length, number of intervals, and one for a circle, else zero.
"""

from __future__ import annotations

import numba
import numpy as np

from msbook._compile.kernels.elementary import INLINED, KERNEL_OPTIONS
from msbook._compile.kernels.lanes import LANES
from msbook._compile.kernels.normals import fill_normals

REACH = 5.0
"""The noise is tabulated from -REACH to REACH; a number in 2 million lies beyond."""

_REFILL = 64  # steps drawn at a time, so that the normals stay in the fastest cache


@numba.njit(**INLINED)
def _interval(place, n):
    """Interval of a place among n, and how far into it; the ends go on as constants."""
    inside = min(max(place, 0.0), float(n))
    k = min(int(inside), n - 1)
    return k, inside - k


@numba.njit(**INLINED)
def _state_interval(x, axes, i):
    n = axes[i, 2]
    place = (x - axes[i, 0]) * axes[i, 1]
    place -= axes[i, 3] * n * np.floor(place / n)
    return _interval(place, int(n))


@numba.njit(**INLINED)
def _noise_interval(noise, n):
    return _interval((noise + REACH) * (n / (2.0 * REACH)), n)


@numba.njit(**INLINED)
def _between(a, b, share):
    return a + share * (b - a)


@numba.njit(**KERNEL_OPTIONS)
def roll_line(moves, axes, states, paths):
    """Fill paths of one component from their starts.

    Parameters
    ----------
    moves : ndarray, shape (n_states, n_noise)
        Increments on the grid.
    axes : ndarray, shape (1, 4)
        The axis of the state.
    states : ndarray of uint64, shape (n_blocks, 4, N_GENERATORS)
        Random states, one for each block of ``LANES`` paths.
    paths : ndarray, shape (n_paths, n_steps + 1, 1)
        Holds the starts, and is filled in place.
    """
    n_noise = moves.shape[1] - 1
    bits = np.empty(_REFILL * LANES, np.uint64)
    noise = np.empty(_REFILL * LANES)
    x = np.empty(LANES)
    for block in range(states.shape[0]):
        first = block * LANES
        lanes = min(LANES, paths.shape[0] - first)
        for lane in range(LANES):  # idle lanes repeat the block's last path
            x[lane] = paths[first + min(lane, lanes - 1), 0, 0]
        for step in range(paths.shape[1] - 1):
            at = (step % _REFILL) * LANES
            if at == 0:
                fill_normals(states[block], bits, noise, 1.0)
            for lane in range(LANES):
                i, a = _state_interval(x[lane], axes, 0)
                j, b = _noise_interval(noise[at + lane], n_noise)
                x[lane] += _between(
                    _between(moves[i, j], moves[i, j + 1], b),
                    _between(moves[i + 1, j], moves[i + 1, j + 1], b),
                    a,
                )
            for lane in range(lanes):
                paths[first + lane, step + 1, 0] = x[lane]


@numba.njit(**INLINED)
def _on_square(moves, i, a, j, b, k, c):
    """Value among the corners (i, j, k): states i and j, noise k."""
    return _between(
        _between(
            _between(moves[i, j, k], moves[i, j, k + 1], c),
            _between(moves[i, j + 1, k], moves[i, j + 1, k + 1], c),
            b,
        ),
        _between(
            _between(moves[i + 1, j, k], moves[i + 1, j, k + 1], c),
            _between(moves[i + 1, j + 1, k], moves[i + 1, j + 1, k + 1], c),
            b,
        ),
        a,
    )


@numba.njit(**KERNEL_OPTIONS)
def roll_plane(first_moves, second_moves, axes, states, paths):
    """Fill paths of two components from their starts.

    Parameters
    ----------
    first_moves : ndarray, shape (n_states, n_states, n_noise)
        Increments of the first component, by state and its noise.
    second_moves : ndarray, shape (n_noise, n_states, n_states, n_noise)
        Increments of the second component, by the first's noise, state, its noise.
    axes : ndarray, shape (2, 4)
    states : ndarray of uint64, shape (n_blocks, 4, N_GENERATORS)
    paths : ndarray, shape (n_paths, n_steps + 1, 2)
        As in :func:`roll_line`.
    """
    n_noise = first_moves.shape[2] - 1
    bits = np.empty(2 * _REFILL * LANES, np.uint64)
    noise = np.empty(2 * _REFILL * LANES)
    x, y = np.empty(LANES), np.empty(LANES)
    for block in range(states.shape[0]):
        first = block * LANES
        lanes = min(LANES, paths.shape[0] - first)
        for lane in range(LANES):
            x[lane] = paths[first + min(lane, lanes - 1), 0, 0]
            y[lane] = paths[first + min(lane, lanes - 1), 0, 1]
        for step in range(paths.shape[1] - 1):
            at = 2 * (step % _REFILL) * LANES
            if at == 0:
                fill_normals(states[block], bits, noise, 1.0)
            for lane in range(LANES):
                i, a = _state_interval(x[lane], axes, 0)
                j, b = _state_interval(y[lane], axes, 1)
                k, c = _noise_interval(noise[at + lane], n_noise)
                m, d = _noise_interval(noise[at + LANES + lane], n_noise)
                x[lane] += _on_square(first_moves, i, a, j, b, k, c)
                y[lane] += _between(
                    _on_square(second_moves[k], i, a, j, b, m, d),
                    _on_square(second_moves[k + 1], i, a, j, b, m, d),
                    c,
                )
            for lane in range(lanes):
                paths[first + lane, step + 1, 0] = x[lane]
                paths[first + lane, step + 1, 1] = y[lane]
