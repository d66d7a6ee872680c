"""Rounds of large steps, written out and compiled for lanes of chains."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numba import njit

from msbook._compile.kernels.elementary import KERNEL_OPTIONS
from msbook._compile.kernels.lanes import LANES
from msbook._compile.tracing.writing import compile_text


@lru_cache(maxsize=64)
def compile_walk(gradient: str, dim: int, exact: bool) -> Callable:
    """Compile the steps of a block of chains between two looks.

    Parameters
    ----------
    gradient : str
        Text of the gradient, see :class:`msbook._compile.tracing.trace.Traced`.
    dim : int
        Number of coordinates.
    exact : bool
        Whether its sines and cosines are those of the mathematical library.

    Returns
    -------
    callable
        The compiled ``walk`` for :func:`play_blocks`.
    """
    names = {"gradient": compile_text(gradient, exact)}
    exec(_write_out_walk(dim), names)  # our own text, no input
    return njit(**KERNEL_OPTIONS)(names["walk"])


def _write_out_walk(dim: int) -> str:
    """Source text of the inner loops."""
    axes = range(dim)

    def times(matrix: str, vector: str, i: int) -> str:
        return " + ".join(f"{matrix}{i}{j} * {vector}{j}" for j in axes)

    lines = [
        "def walk(x, p, f, step_size, thin, constants, decay, drift, records):",
        "    beyond = 0",
        *(f"    a{i}{j} = decay[{i}, {j}]" for i in axes for j in axes),
        *(f"    b{i}{j} = drift[{i}, {j}]" for i in axes for j in axes),
        "    for record in range(records.shape[1]):",
        "        for step in range(thin):",
        f"            for lane in range({LANES}):",
        *(f"                x{i} = x[{i}, lane]" for i in axes),
        *(f"                p{i} = p[{i}, lane]" for i in axes),
        f"                q = ({''.join(f'x{i}, ' for i in axes)})",
        "                g = gradient(q, constants)",
        f"                beyond |= g[{dim}]",
        *(
            f"                n{i} = {times('a', 'p', i)} - step_size * g[{i}]"
            for i in axes
        ),
        *(f"                p[{i}, lane] = n{i}" for i in axes),
        *(f"                f[{i}, lane] = g[{i}]" for i in axes),
        *(f"                x[{i}, lane] = x{i} + {times('b', 'n', i)}" for i in axes),
        f"        for lane in range({LANES}):",
        *(f"            n{i} = p[{i}, lane]" for i in axes),
    ]
    for i in axes:
        lines += [
            f"            move = {times('b', 'n', i)}",
            f"            records[0, record, {i}, lane] = x[{i}, lane] - move",
            f"            records[1, record, {i}, lane] = n{i}",
            f"            records[2, record, {i}, lane] = f[{i}, lane]",
            f"            records[3, record, {i}, lane] = x[{i}, lane] - 0.5 * move",
        ]
    return "\n".join([*lines, "    return beyond < 0"])


@njit(**KERNEL_OPTIONS)
def play_blocks(
    walk, constants, x, p, step_size, thin, decay, drift, n_records, look_back,
    scales, reach, limits, powers, lows, per_length, n_bins, periodic, counts,
    midpoint_counts, force_sums, samples, first, stride, state, taken, start,
):  # fmt: skip
    """Advance chains by a round, look at them, and count what the living ones did.

    It does what :meth:`msbook.sampling.large_steps.chains.Chains.play` does.

    Parameters
    ----------
    walk : callable
        From :func:`compile_walk`.
    constants : tuple
        Handed to the gradient.
    x, p : ndarray, shape (n, d)
        Midpoints and momenta, overwritten.
    step_size, thin : float, int
        Step, and steps between two records.
    decay, drift : ndarray, shape (d, d)
        Decay of the momentum in a step, and step times inverse mass.
    n_records, look_back : int
        Records of the round, and how many the last one is compared with.
    scales, reach : ndarray of shape (2, d), float
        Units of distance, and the distance at which a chain has come back.
    limits : ndarray, shape (d,)
        Momenta beyond which a chain is lost.
    powers : ndarray, shape (1 + 4 d + 2 d²,) or (0,)
        Sums, added to; empty if the round does not count.
    lows, per_length, n_bins : ndarray, shape (d,) or (0,)
        First edges, bins in a unit of length, and numbers of bins.
    periodic : ndarray of bool, shape (d,) or (0,)
        Coordinates that come back after the last edge.
    counts, midpoint_counts : ndarray, shape (bins + 1,)
        Added to; the last entry is for what lies outside.
    force_sums : ndarray, shape (bins + 1, d)
        The same.
    samples : ndarray, shape (2, n_most, d)
        Filled with midpoints and forces.
    first, stride : int
        Records of earlier rounds; one state in ``stride`` is a sample.
    state : ndarray of int, shape (n,)
        Filled with what became of the chains.
    taken, start : int
        Samples that are there, and the chain to begin with.

    Returns
    -------
    taken : int
        Number of samples.
    start : int
        First of the chains that are left, in whose block a sine or a cosine left the
        range of its fast form; their number where none is left.
    """
    n, dim = x.shape
    records = np.empty((4, n_records, dim, LANES))
    found = np.empty((n_records, LANES))
    work = np.empty((3, dim, LANES))
    sums = np.empty((4, LANES))
    for block in range(start, n, LANES):
        lanes = min(LANES, n - block)
        for lane in range(LANES):  # idle lanes repeat the block's last chain
            chain = block + min(lane, lanes - 1)
            for i in range(dim):
                work[0, i, lane], work[1, i, lane] = x[chain, i], p[chain, i]
        beyond = walk(
            work[0],
            work[1],
            work[2],
            step_size,
            thin,
            constants,
            decay,
            drift,
            records,
        )
        if beyond:
            return taken, block
        for lane in range(lanes):
            for i in range(dim):
                x[block + lane, i], p[block + lane, i] = (
                    work[0, i, lane],
                    work[1, i, lane],
                )
        _look(records, look_back, scales, reach, limits, state[block : block + lanes])
        if powers.size == 0:
            continue
        _add_powers(records, state[block : block + lanes], sums, powers)
        if n_bins.size > 0:
            _count(
                records, state[block : block + lanes], lows, per_length, n_bins,
                periodic, counts, midpoint_counts, force_sums, found,
            )  # fmt: skip
        for record in range(n_records):
            number = (first + record) * n + block
            lane = -number % stride
            while lane < lanes:
                if state[block + lane] == 0:
                    for i in range(dim):
                        samples[0, taken, i] = records[0, record, i, lane]
                        samples[1, taken, i] = records[2, record, i, lane]
                    taken += 1
                lane += stride
    return taken, n


@njit(**KERNEL_OPTIONS)
def _look(records, look_back, scales, reach, limits, state):
    n_records, dim = records.shape[1:3]
    last = n_records - 1
    nearest = np.full(LANES, np.inf)
    lost = np.zeros(LANES)
    for record in range(max(1, last - look_back), last):
        for lane in range(LANES):
            distance = 0.0
            for k in range(2):
                for i in range(dim):
                    for back in range(2):
                        now = records[k, last - back, i, lane]
                        then = records[k, record - back, i, lane]
                        distance += ((now - then) / scales[k, i]) ** 2
            nearest[lane] = min(nearest[lane], distance)
    for i in range(dim):
        for lane in range(LANES):
            lost[lane] += not abs(records[1, last, i, lane]) < limits[i]
    for lane in range(state.size):
        state[lane] = 2 if lost[lane] > 0 else int(nearest[lane] < reach**2)


@njit(**KERNEL_OPTIONS)
def _add_powers(records, state, sums, powers):
    n_records, dim = records.shape[1:3]
    living = 0
    for lane in range(state.size):
        living += state[lane] == 0
    powers[0] += living * n_records
    for i in range(dim):
        sums[:] = 0.0
        for record in range(n_records):
            for lane in range(LANES):
                value = records[1, record, i, lane]
                square = value * value
                sums[0, lane] += value
                sums[1, lane] += square
                sums[2, lane] += value * square
                sums[3, lane] += square * square
        for k in range(4):
            powers[1 + k * dim + i] += _sum_living(sums[k], state)
        for j in range(dim):
            sums[:2] = 0.0
            for record in range(n_records):
                for lane in range(LANES):
                    value = records[1, record, i, lane]
                    sums[0, lane] += value * records[1, record, j, lane]
                    sums[1, lane] += value * records[2, record, j, lane]
            for k in range(2):
                at = 1 + 4 * dim + (k * dim + i) * dim + j
                powers[at] += _sum_living(sums[k], state)


@njit(**KERNEL_OPTIONS)
def _sum_living(values, state):
    total = 0.0
    for lane in range(state.size):
        if state[lane] == 0:
            total += values[lane]
    return total


@njit(**KERNEL_OPTIONS)
def _find_bins(places, state, lows, per_length, n_bins, periodic, outside, found):
    # Numbers of bins as floats, and 1e300 outside: vector arithmetic without branches.
    n_records, dim = places.shape[:2]
    for record in range(n_records):
        for lane in range(LANES):
            found[record, lane] = 0.0
        for i in range(dim):
            low, scale, bins = lows[i], per_length[i], float(n_bins[i])
            for lane in range(LANES):
                position = np.floor((places[record, i, lane] - low) * scale)
                if periodic[i]:
                    position -= bins * np.floor(position / bins)
                index = bins * found[record, lane] + position
                index = index if position >= 0.0 else 1e300
                found[record, lane] = index if position < bins else 1e300
        for lane in range(LANES):
            found[record, lane] = min(found[record, lane], outside)
        for lane in range(LANES):
            if lane >= state.size or state[lane] != 0:
                found[record, lane] = outside


@njit(**KERNEL_OPTIONS)
def _count(
    records, state, lows, per_length, n_bins, periodic, counts, midpoint_counts,
    force_sums, found,
):  # fmt: skip
    n_records, dim = records.shape[1:3]
    outside = float(counts.size - 1)
    _find_bins(records[3], state, lows, per_length, n_bins, periodic, outside, found)
    for record in range(n_records):
        for lane in range(LANES):
            counts[np.uint32(found[record, lane])] += 1
    _find_bins(records[0], state, lows, per_length, n_bins, periodic, outside, found)
    for record in range(n_records):
        for lane in range(LANES):
            index = np.uint32(found[record, lane])
            midpoint_counts[index] += 1
            for i in range(dim):
                force_sums[index, i] += records[2, record, i, lane]
