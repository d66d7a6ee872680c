"""Ordinary differential equations: excitable cells and Van der Pol's oscillators.

The cells are those of Cattaneo, Dotti & Fedrizzi (2022), section 7, with their method,
the theta method, and their step. Peers keep nothing on the way, and neither do we, but
for the whole data set, of which every state is kept.
"""

import multiprocessing
import time
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.optimize import fsolve

import msbook as ms
from benchmarks.timing import Implementation, Run, Workload, use_cores

GRID = ms.systems.ExcitableGrid()
CELL_DT, OSCILLATOR_DT = 0.5, 0.01
TARGET = 4.0

FEW = 4
"""Cells one after the other, whose cost is high and constant."""


def workloads(
    n_samples: int = 4, n_paths: int = 4096, n_steps: int = 1000
) -> list[Workload]:
    """Implicit steps for cells, explicit ones for oscillators."""
    firing = np.random.default_rng(0).uniform(size=(n_samples, 2))
    arrivals = GRID.arrival_times(firing).ravel()
    starts = np.random.default_rng(0).uniform(-3.0, 3.0, (n_paths, 2))
    cells = partial(Workload, "ode-cells", "ns a step and cell", 1e9, n_steps)
    heun = partial(Workload, "ode-heun", "ns a step and path", 1e9, n_steps)
    few = arrivals[: n_samples * GRID.n**2 : max(1, len(arrivals) // FEW)]
    return [
        cells(
            Implementation("msbook", partial(our_cells, arrivals, n_steps)),
            (
                Implementation(
                    "NumPy", partial(numpy_cells, arrivals, n_steps), target=TARGET
                ),
                Implementation(
                    "msbook, not compiled",
                    partial(our_cells, arrivals, n_steps, compiled=False),
                    target=TARGET,
                ),
                Implementation(
                    "SciPy, solve_ivp", partial(scipy_cells, few, n_steps), target=50.0
                ),
                Implementation(
                    "SciPy, fsolve", partial(fsolve_cells, few, n_steps), target=50.0
                ),
            ),
        ),
        heun(
            Implementation("msbook", partial(our_heun, starts, n_steps)),
            (
                Implementation(
                    "NumPy", partial(numpy_heun, starts, n_steps), target=TARGET
                ),
                Implementation(
                    "diffrax", partial(diffrax_heun, starts, n_steps), "diffrax", 1.0
                ),
            ),
        ),
    ]


def report_size(
    n_samples: int = 100, duration: float = 500.0, runs: int = 3
) -> dict[str, Any]:
    """Seconds on the wall for the report's data set, by one worker and by two."""
    use_cores(2)
    firing = np.random.default_rng(0).uniform(size=(n_samples, 2))
    spawn = multiprocessing.get_context("spawn")
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, spawn) as processes:
        workers: dict[str, Executor | None] = {
            "one thread": None,
            "two threads": threads,
            "two processes": processes,
        }

        def seconds(executor: Executor | None) -> float:
            start = time.perf_counter()
            GRID.simulate(firing, (0.0, duration), CELL_DT, executor=executor)
            return time.perf_counter() - start

        for executor in workers.values():  # compiles
            seconds(executor)
        every = [[seconds(each) for each in workers.values()] for _ in range(runs)]
    columns = dict(zip(workers, zip(*every, strict=True), strict=True))
    return {
        "workload": "ode-cells",
        "samples": n_samples,
        "cells": GRID.n**2,
        "steps": round(duration / CELL_DT),
        "seconds": {name: median(column) for name, column in columns.items()},
        "spread": {name: [min(c), max(c)] for name, c in columns.items()},
    }


def our_cells(arrivals: NDArray, n_steps: int, compiled: bool = True) -> Run:
    """The public way."""
    cell = replace(GRID.cell, compiled=compiled)
    starts = np.zeros((len(arrivals), 3))
    starts[:, 2] = arrivals

    def run(seed: int) -> NDArray[np.float64]:
        solver = ms.Solver(cell, ms.Theta(0.5), dt=CELL_DT)
        return solver.advance(starts, n_steps=n_steps)[:, :2]

    return run


def numpy_cells(arrivals: NDArray, n_steps: int) -> Run:
    """The same step for all cells at once, with the Jacobian by hand.

    The recovery is linear, so it is eliminated, and Newton's method is for u alone.
    """
    strength, threshold, eps, decay, stimulus, duration = GRID.cell.parameters
    half = 0.5 * CELL_DT
    kept = 1.0 / (1.0 + half * eps * decay)  # of w in an implicit step

    def excitation(u: NDArray) -> NDArray:
        return strength * u * (u - threshold) * (1.0 - u)

    def slope(u: NDArray) -> NDArray:
        return strength * ((2.0 * u - threshold) * (1.0 - u) - u * (u - threshold))

    def current(t: float) -> NDArray:
        since = t - arrivals
        return stimulus * ((since >= 0.0) & (since < duration))

    def run(seed: int) -> NDArray[np.float64]:
        u, w = np.zeros((2, len(arrivals)))
        for n in range(n_steps):
            now, then = current(n * CELL_DT), current((n + 1) * CELL_DT)
            known_u = u + half * (excitation(u) - w + now + then)
            known_w = w + half * eps * (u - decay * w)
            bound = 1e-12 * (1.0 + np.abs(u))
            change = np.inf
            while (np.abs(change) > bound).any():
                w = kept * (known_w + half * eps * u)
                residual = u - known_u - half * (excitation(u) - w)
                change = residual / (1.0 - half * (slope(u) - kept * half * eps))
                u = u - change
            w = kept * (known_w + half * eps * u)
        return np.stack([u, w], axis=-1)

    return run


def scipy_cells(arrivals: NDArray, n_steps: int) -> Run:
    """Cell by cell, with the solver's own steps, none so long as to miss the pulse."""
    drift, parameters = GRID.cell.drift_rows, GRID.cell.parameters
    end = n_steps * CELL_DT

    def run(seed: int) -> NDArray[np.float64]:
        ends = []
        for arrival in arrivals:
            solution = solve_ivp(
                lambda t, y, a=arrival: drift(t, (*y, a), parameters)[:2],
                (0.0, end), [0.0, 0.0], "LSODA", t_eval=[end], max_step=1.0,
                rtol=1e-4, atol=1e-6,
            )  # fmt: skip
            ends.append(solution.y[:, -1])
        return np.array(ends)

    return run


def fsolve_cells(arrivals: NDArray, n_steps: int) -> Run:
    """Cell by cell and step by step, by a general solver of equations."""
    drift, parameters = GRID.cell.drift_rows, GRID.cell.parameters
    half = 0.5 * CELL_DT

    def rate(t: float, y: NDArray, arrival: float) -> NDArray:
        return np.array(drift(t, (*y, arrival), parameters)[:2])

    def residual(y: NDArray, known: NDArray, t: float, arrival: float) -> NDArray:
        return y - known - half * rate(t, y, arrival)

    def run(seed: int) -> NDArray[np.float64]:
        ends = []
        for arrival in arrivals:
            y = np.zeros(2)
            for n in range(n_steps):
                known = y + half * rate(n * CELL_DT, y, arrival)
                new = (known, (n + 1) * CELL_DT, arrival)
                y = np.asarray(fsolve(residual, y, args=new))
            ends.append(y)
        return np.array(ends)

    return run


def our_heun(starts: NDArray, n_steps: int) -> Run:
    """The public way."""

    def run(seed: int) -> NDArray[np.float64]:
        system, method = ms.systems.van_der_pol(), ms.integrators.HEUN
        solver = ms.Solver(system, method, dt=OSCILLATOR_DT)
        return solver.advance(starts, n_steps=n_steps)

    return run


def numpy_heun(starts: NDArray, n_steps: int) -> Run:
    """All paths at once, row by row."""
    dt = OSCILLATOR_DT

    def rates(x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
        return x - x * x * x / 3.0 - y, x

    def run(seed: int) -> NDArray[np.float64]:
        x, y = starts.T.copy()
        for _ in range(n_steps):
            dx, dy = rates(x, y)
            ex, ey = rates(x + dt * dx, y + dt * dy)
            x = x + 0.5 * dt * (dx + ex)  # a new array, for dy is the old one
            y = y + 0.5 * dt * (dy + ey)
        return np.stack([x, y], axis=-1)

    return run


def diffrax_heun(starts: NDArray, n_steps: int) -> Run:
    """All paths in one state, compiled."""
    import diffrax
    import jax

    jax.config.update("jax_enable_x64", True)
    dt = OSCILLATOR_DT

    def drift(t: Any, y: Any, args: Any) -> Any:
        x, other = y
        return x - x * x * x / 3.0 - other, x

    @jax.jit
    def solve(x: Any, y: Any) -> Any:
        return diffrax.diffeqsolve(
            diffrax.ODETerm(drift), diffrax.Heun(), 0.0, n_steps * dt, dt, (x, y),
            adjoint=diffrax.ForwardMode(),  # nothing is kept for a backward pass
            max_steps=None, throw=False,
        ).ys  # fmt: skip

    def run(seed: int) -> NDArray[np.float64]:
        x, y = solve(*starts.T)
        return np.stack([x[-1], y[-1]], axis=-1)

    return run
