"""The loop over blocks of paths and steps, for ordinary differential equations."""

from __future__ import annotations

import numpy as np
from numba import njit

from msbook.elementary import KERNEL_OPTIONS
from msbook.integrators.compiled import LANES


@njit(**KERNEL_OPTIONS)
def integrate(step, n_rows, y, t, dt, save_every, parameters, out):
    """Advance an ensemble and store every ``save_every``-th state.

    Parameters
    ----------
    step : callable
        ``step(work, t, dt, n, parameters)`` moves ``LANES`` paths on by step ``n`` and
        returns -1; or the number of a path for which Newton's method fails, and moves
        none. Component ``i`` of the states is row ``i`` of ``work``, the other rows are
        the method's own.
    n_rows : int
        Rows of ``work``, each of ``LANES`` numbers.
    y : ndarray, shape (n_traj, dim)
        Start, left untouched.
    t, dt : float
        Start time and step.
    save_every : int
        Steps between two stored states.
    parameters : tuple of float
        Handed to the drift.
    out : ndarray, shape (n_traj, n_saves, dim)
        Filled in place.

    Returns
    -------
    failed : int
        0, or the number of the first step that failed.
    path : int
        -1, or the path for which Newton's method failed.
    state : ndarray, shape (dim,)
        Where that path was before the step.
    """
    n_traj, dim = y.shape
    work = np.zeros(n_rows * LANES)
    state = np.empty(dim)
    for first in range(0, n_traj, LANES):
        lanes = min(LANES, n_traj - first)
        for i in range(dim):
            for lane in range(LANES):  # idle lanes repeat the block's last path
                work[i * LANES + lane] = y[first + min(lane, lanes - 1), i]
        for save in range(out.shape[1]):
            for n in range(save * save_every, (save + 1) * save_every):
                lane = step(work, t + n * dt, dt, n, parameters)
                if lane >= 0:
                    for i in range(dim):
                        state[i] = work[i * LANES + lane]
                    return n + 1, first + lane, state
                broken = 0
                for i in range(dim * LANES):
                    broken += work[i] - work[i] != 0.0  # not finite
                if broken > 0:
                    return n + 1, -1, state
            for lane in range(lanes):
                for i in range(dim):
                    out[first + lane, save, i] = work[i * LANES + lane]
    return 0, -1, state
