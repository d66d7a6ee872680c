"""The lattice Boltzmann step compiled, vectorised over space, one path at a time."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from numba import njit

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.lanes import copy_into
from msbook._compile.tracing.writing import compile_text

_THIRD = 1.0 / 3.0  # the share of each population; a product is faster than a division


@lru_cache(maxsize=32)
def compile_run(rates: str, exact: bool, n_points: int) -> Callable:
    """Compile the loop over paths and steps.

    Parameters
    ----------
    rates : str
        Text of the rates, see :class:`msbook._compile.tracing.trace.Traced`.
    exact : bool
        Whether their sines and cosines are those of the mathematical library.
    n_points : int
        Number of nodes.

    Returns
    -------
    callable
        ``run(y, dt, save_every, relaxation, tilt, constants, out, paths, steps, kept)``
        fills ``out`` and returns 0, or the number of the first step at which a state
        was seen not finite (looked at when it is stored), the path, and whether a sine
        or a cosine left the range of its fast form. It runs some paths over some steps;
        the populations of a path, ``kept`` of shape ``(6 * (n_points + 2),)``, last
        until the next call.
    """
    react = compile_text(rates, exact)
    # A path is six rows of populations, each with a node beyond either wall. As the
    # compiler knows how far they lie apart, it can prove that the loop over nodes may
    # run in vectors. A path fits the fastest cache, lanes of paths would not.
    row = n_points + 2
    u_left, u_rest, u_right = 0, row, 2 * row
    v_left, v_rest, v_right = 3 * row, 4 * row, 5 * row

    @njit(**KERNEL_OPTIONS)
    def lift(y, tilt, f):
        for field in range(2):
            for x in range(n_points):
                before = y[field * n_points + max(x - 1, 0)]
                here = y[field * n_points + x]
                after = y[field * n_points + min(x + 1, n_points - 1)]
                excess = tilt[field] * (after - before)
                left = 3 * field * row + x + 1
                f[left] = _THIRD * here + excess
                f[left + row] = _THIRD * here
                f[left + 2 * row] = _THIRD * here - excess

    @njit(**KERNEL_OPTIONS)
    def step(f, g, dt, relaxation, constants):
        beyond = 0
        u_relaxation, v_relaxation = relaxation[0], relaxation[1]
        u_kept, v_kept = 1.0 - u_relaxation, 1.0 - v_relaxation
        for x in range(1, n_points + 1):
            u = f[u_left + x] + f[u_rest + x] + f[u_right + x]
            v = f[v_left + x] + f[v_rest + x] + f[v_right + x]
            u_rate, v_rate, flag = react(u, v, constants)
            beyond |= flag
            u_gain = _THIRD * (u_relaxation * u + dt * u_rate)
            v_gain = _THIRD * (v_relaxation * v + dt * v_rate)
            g[u_left + x - 1] = u_kept * f[u_left + x] + u_gain
            g[u_rest + x] = u_kept * f[u_rest + x] + u_gain
            g[u_right + x + 1] = u_kept * f[u_right + x] + u_gain
            g[v_left + x - 1] = v_kept * f[v_left + x] + v_gain
            g[v_rest + x] = v_kept * f[v_rest + x] + v_gain
            g[v_right + x + 1] = v_kept * f[v_right + x] + v_gain
        # What went through a wall comes back.
        g[u_right + 1] = g[u_left]
        g[v_right + 1] = g[v_left]
        g[u_left + n_points] = g[u_right + n_points + 1]
        g[v_left + n_points] = g[v_right + n_points + 1]
        return beyond < 0

    @njit(**KERNEL_OPTIONS)
    def run(y, dt, save_every, relaxation, tilt, constants, out, paths, steps, kept):
        f, g = kept.copy(), kept.copy()
        for path in range(paths[0], paths[1]):
            if steps[0] == 0:
                copy_into(out[path, 0], y[path])
                lift(y[path], tilt, f)
            now = steps[0]
            while now < steps[1]:
                until = min(steps[1], now + save_every - now % save_every)
                beyond = False
                for _ in range(now, until):
                    beyond |= step(f, g, dt, relaxation, constants)
                    f, g = g, f
                if beyond:
                    return 0, 0, True
                now = until
                if now % save_every:
                    continue
                save = now // save_every
                broken = 0
                for x in range(1, n_points + 1):
                    u = f[u_left + x] + f[u_rest + x] + f[u_right + x]
                    v = f[v_left + x] + f[v_rest + x] + f[v_right + x]
                    out[path, save, x - 1] = u
                    out[path, save, n_points + x - 1] = v
                    broken += u - u != 0.0 or v - v != 0.0  # not finite
                if broken > 0:
                    return now, path, False
        copy_into(kept, f)
        return 0, 0, False

    return run
