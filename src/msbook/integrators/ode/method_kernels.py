"""The loop over blocks of paths and steps, for ordinary differential equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.entries import (
    COUNT,
    NUMBER,
    NUMBERS,
    call_entry,
    compile_entry,
    pack,
)
from msbook._compile.kernels.interrupts import run_in_slices
from msbook._compile.kernels.lanes import BEYOND, DONE, LANES, copy_into

_KINDS = (NUMBERS, NUMBER, NUMBER, COUNT)  # of a step's arguments


@dataclass(frozen=True)
class CompiledODE:
    """A method's step for a system, compiled.

    Attributes
    ----------
    step : callable
        ``step(work, t, dt, n, constants)`` moves ``LANES`` paths on by step ``n`` and
        returns ``DONE``; or ``BEYOND`` where a sine or a cosine left the range of its
        fast form, or a Jacobian is not finite; or the number of a path for which
        Newton's method fails, and moves none. Component ``i`` of the states is row
        ``i`` of ``work``, the other rows are the method's own.
    n_rows : int
        Rows of ``work``, each of ``LANES`` numbers.
    constants : tuple
        Handed to the drift.
    """

    step: Callable
    n_rows: int
    constants: tuple


@dataclass(frozen=True)
class Failure:
    """Why a run ended.

    Attributes
    ----------
    step, path : int
        The step that failed, from 1 on, and a path for which it did.
    state : ndarray, shape (dim,)
        Of that path, before the step where Newton's method failed.
    reason : {"stages", "blow-up", "beyond"}
        Newton's method failed; a state is not finite; or a sine or a cosine left the
        range of its fast form, or a Jacobian is not finite, and all must be done again
        with exact ones and by differences.
    """

    step: int
    path: int
    state: NDArray[np.float64]
    reason: str


@cached_kernel
def _failing_lane(work, dim, lanes, end):
    """The path of a block for which a step failed, or -1: idle lanes do not count."""
    if end != DONE:
        return max(end, 0)
    for lane in range(lanes):
        for i in range(dim):
            value = work[i * LANES + lane]
            if value - value != 0.0:
                return lane
    return -1


@cached_kernel
def _integrate(
    step, y, t, dt, save_every, constants, out, blocks, steps, kept, state
):  # fmt: skip
    """Advance blocks of lanes over some of the steps, and store states.

    What a block has come to is kept for the next call, which goes on from there. The
    loop works on memory of its own: the compiler knows then that it overlaps no other.

    Returns 0, or the step that failed, the path, and how the step ended.
    """
    n_traj, dim = y.shape
    work = kept.copy()
    for block in range(blocks[0], blocks[1]):
        first = block * LANES
        lanes = min(LANES, n_traj - first)
        if steps[0] == 0:
            work.fill(0.0)
            for i in range(dim):
                for lane in range(LANES):  # idle lanes repeat the block's last path
                    work[i * LANES + lane] = y[first + min(lane, lanes - 1), i]
        now = steps[0]
        while now < steps[1]:
            until = min(steps[1], now + save_every - now % save_every)
            for n in range(now, until):
                end = call_entry(step, (work, t + n * dt, dt, n, constants))
                broken = 0
                for i in range(dim * LANES):
                    broken += work[i] - work[i] != 0.0  # not finite
                if broken > 0 or end != DONE:
                    lane = _failing_lane(work, dim, lanes, end)
                    if lane >= 0:
                        for i in range(dim):
                            state[i] = work[i * LANES + lane]
                        return n + 1, first + lane, end
            now = until
            if now % save_every == 0:
                for lane in range(lanes):
                    for i in range(dim):
                        out[first + lane, now // save_every, i] = work[i * LANES + lane]
    copy_into(kept, work)
    return 0, 0, DONE


def integrate(
    compiled: CompiledODE,
    y: NDArray[np.float64],
    grid: tuple[float, float, int, int],
    out: NDArray[np.float64],
) -> Failure | None:
    """Advance an ensemble and store every ``save_every``-th state.

    Parameters
    ----------
    compiled : CompiledODE
        What moves it.
    y : ndarray, shape (n_traj, dim)
        Start, left untouched.
    grid : (float, float, int, int)
        Start time, step, number of steps, and how many lie between two stored states.
    out : ndarray, shape (n_traj, n_steps // save_every + 1, dim)
        Filled in place, but for the starts.

    Returns
    -------
    Failure or None
    """
    packed, sizes = pack(compiled.constants)
    entry = compile_entry(compiled.step, _KINDS, sizes)
    t, dt, n_steps, save_every = grid
    kept, state = np.zeros(compiled.n_rows * LANES), np.empty(y.shape[1])

    def run(blocks: tuple[int, int], steps: tuple[int, int]) -> Failure | None:
        step, path, end = _integrate(
            entry.address, y, t, dt, save_every, packed, out, blocks, steps, kept, state
        )  # fmt: skip
        if step == 0:
            return None
        names = {DONE: "blow-up", BEYOND: "beyond"}
        return Failure(step, path, state, names.get(end, "stages"))

    return run_in_slices(-(-len(y) // LANES), n_steps, run)
