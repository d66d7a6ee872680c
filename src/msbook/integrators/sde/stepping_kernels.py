"""Compiled ensembles: one loop over steps, vectorised over lanes of paths.

A system's component functions are written down, together with the step of a method, for
its dimension, and compiled. Thirty-two paths advance side by side: the inner loop runs
over lanes, so that every operation is a vector operation.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numba import njit

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.entries import (
    COUNT,
    NUMBER,
    NUMBERS,
    call_entry,
    compile_entry,
    pack,
)
from msbook._compile.kernels.interrupts import run_in_slices
from msbook._compile.kernels.lanes import LANES, copy_into
from msbook._compile.kernels.normals import N_GENERATORS, fill_normals

Failure = tuple[int, int, bool]  # step, path, and whether a fast form ended

_KINDS = (NUMBERS, NUMBER, NUMBER, COUNT, NUMBERS, NUMBERS, NUMBERS)  # of an advance
_BUFFER = 64 * LANES  # increments drawn at a time: they stay in the fastest cache


def steps_per_refill(noise_dim: int) -> int:
    """Steps whose increments are drawn at a time.

    Their number is even, and so fills whole rounds of the generators.
    """
    return 2 * max(1, _BUFFER // (2 * max(noise_dim, 1) * LANES))


@lru_cache(maxsize=256)
def compile_advance(text: str, names: tuple[tuple[str, object], ...]) -> Callable:
    """Compile the written-out ``advance`` of a method.

    Parameters
    ----------
    text : str
        Source text of ``advance(y, t, dt, n_steps, h, w, increments, constants)``. It
        moves ``LANES`` paths on, component ``i`` of which is row ``i`` of ``y``, and
        returns a number, which is not zero where a function left the range of its fast
        form.
    names : tuple of (str, object)
        What names in the text stand for.
    """
    known: dict[str, Any] = dict(names)
    exec(text, known)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(known["advance"])


@cached_kernel
def _integrate(
    advance, y, t, dt, save_every, constants, h, w, states, increments, out,
    blocks, steps, kept, kept_increments, kept_state, position,
):  # fmt: skip
    """Advance blocks of lanes over some of the steps, and store states.

    What a block has come to is kept for the next call, which goes on from there. The
    loop works on memory of its own: the compiler knows then that it overlaps no other.

    Returns the step after which a state was seen not finite (looked at every few
    steps), the path, and whether a function left the range of its fast form.
    """
    n_traj, dim = y.shape
    noise_dim = increments.shape[2]
    given = increments.shape[1] > 0
    work, buffer, state = kept.copy(), kept_increments.copy(), kept_state.copy()
    bits = np.empty(buffer.size, np.uint64)
    per_refill = buffer.size // max(noise_dim * LANES, 1)
    if noise_dim == 0:
        per_refill = steps[1] - steps[0]
    for block in range(blocks[0], blocks[1]):
        first = block * LANES
        lanes = min(LANES, n_traj - first)
        if steps[0] == 0:
            for i in range(dim):
                for lane in range(LANES):  # idle lanes repeat the block's last path
                    work[i * LANES + lane] = y[first + min(lane, lanes - 1), i]
            for i in range(4):
                copy_into(state[i], states[block, i])
            position[0] = per_refill  # the buffer is spent
        step = steps[0]
        while step < steps[1]:
            if position[0] >= per_refill:
                position[0] = 0
                if not given:
                    fill_normals(state, bits, buffer, np.sqrt(dt))
                else:
                    for j in range(min(per_refill, increments.shape[1] - step)):
                        for k in range(noise_dim):
                            for lane in range(lanes):
                                buffer[(j * noise_dim + k) * LANES + lane] = increments[
                                    first + lane, step + j, k
                                ]
            until = min(steps[1], step + save_every - step % save_every)
            n = min(per_refill - position[0], until - step)
            used = position[0] * noise_dim * LANES
            now, rest = t + step * dt, buffer[used:]
            beyond = call_entry(advance, (work, now, dt, n, h, w, rest, constants))
            step += n
            position[0] += n
            broken = 0
            for i in range(dim):
                for lane in range(lanes):
                    value = work[i * LANES + lane]
                    broken += value - value != 0.0  # not finite
            if beyond:
                return 0, 0, True
            if broken > 0:
                for lane in range(lanes):
                    for i in range(dim):
                        value = work[i * LANES + lane]
                        if value - value != 0.0:
                            return step, first + lane, False
            if step % save_every == 0:
                save = step // save_every
                for lane in range(lanes):
                    for i in range(dim):
                        out[first + lane, save, i] = work[i * LANES + lane]
    copy_into(kept, work)
    copy_into(kept_increments, buffer)
    for i in range(4):
        copy_into(kept_state[i], state[i])
    return 0, 0, False


def integrate(
    advance: Callable,
    y: np.ndarray,
    grid: tuple[float, float, int, int],
    constants: tuple,
    weights: tuple[np.ndarray, np.ndarray],
    states: np.ndarray,
    increments: np.ndarray,
    out: np.ndarray,
) -> Failure | None:
    """Advance an ensemble and store every ``save_every``-th state.

    Parameters
    ----------
    advance : callable
        From :func:`compile_advance`.
    y : ndarray, shape (n_traj, dim)
        Start, left untouched.
    grid : (float, float, int, int)
        Start time, step, number of steps, and how many lie between two stored states.
    constants : tuple
        Handed to the component functions.
    weights : (ndarray, ndarray)
        The method's weights of drift and noise, of any shape; ``advance`` gets them
        flat.
    states : ndarray of uint64, shape (n_blocks, 4, N_GENERATORS)
        One random state for each block of ``LANES`` paths, left untouched.
    increments : ndarray, shape (n_traj, n_steps, noise_dim)
        Brownian increments; with ``increments.shape[1] == 0`` they are drawn.
    out : ndarray, shape (n_traj, n_steps // save_every + 1, dim)
        Filled in place, but for the starts.

    Returns
    -------
    (int, int, bool) or None
        None, or why it ended: the step after which a state was seen not finite and
        the path, or that a sine or cosine left the range of its fast form, so that all
        must be done again with the exact ones.
    """
    packed, sizes = pack(constants)
    h, w = (one.ravel() for one in weights)
    entry = compile_entry(advance, _KINDS, sizes)
    t, dt, n_steps, save_every = grid
    dim, noise_dim = y.shape[1], increments.shape[2]
    size = steps_per_refill(noise_dim) * noise_dim * LANES
    memory = (
        np.empty(dim * LANES),
        np.empty(size),
        np.empty((4, N_GENERATORS), np.uint64),
        np.zeros(1, np.int64),
    )

    def run(blocks: tuple[int, int], steps: tuple[int, int]) -> Failure | None:
        step, path, beyond = _integrate(
            entry.address, y, t, dt, save_every, packed, h, w, states, increments,
            out, blocks, steps, *memory,
        )  # fmt: skip
        return (step, path, beyond) if step or beyond else None

    return run_in_slices(len(states), n_steps, run)
