"""Ensembles over an executor: the same numbers, whoever computes them.

The random states of all paths are drawn before the paths are dealt out, so that a
path does not depend on which worker it falls to, nor on how many there are.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import repeat
from typing import Any

import numpy as np

_MOST_CHUNKS = 64


def check_executor(executor: Executor | None, system: Any) -> None:
    """Raise if the executor is none, or if the system cannot travel to it.

    Parameters
    ----------
    executor : concurrent.futures.Executor or None
        Who computes.
    system : object
        What other processes will need.

    Raises
    ------
    ValueError
        With what to do instead.
    """
    if executor is None or isinstance(executor, ThreadPoolExecutor):
        return
    if not isinstance(executor, Executor):
        raise ValueError(
            "executor must be a concurrent.futures.Executor, such as "
            "ThreadPoolExecutor(2) or a Dask client's get_executor(); got "
            f"{type(executor).__name__}."
        )
    try:
        pickle.dumps(system)
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            "this system cannot be sent to another process, as a lambda or a function "
            "inside a function cannot be pickled. Write drift and diffusion with def "
            "at the top of a module, or use a ThreadPoolExecutor, which needs no "
            f"sending. Pickle says: {error}"
        ) from error


def run_ensemble(
    run: Callable[..., None],
    states: np.ndarray,
    out: np.ndarray,
    arrays: tuple[np.ndarray, ...],
    executor: Executor | None,
) -> None:
    """Fill ``out`` by ``run(states, out, *arrays)``, in chunks if there is an executor.

    Parameters
    ----------
    run : callable
        Fills its ``out`` in place; a chunk of paths must not depend on the others.
    states : ndarray, shape (n_blocks, ...)
        Random states, each for one block of consecutive paths.
    out : ndarray, shape (n_traj, ...)
        Filled in place.
    arrays : tuple of ndarray, each of shape (n_traj, ...)
        Starts, and whatever else belongs to a path.
    executor : concurrent.futures.Executor or None
        Who computes; ``None`` is here and now.
    """
    if executor is None:
        run(states, out, *arrays)
        return
    n_blocks = len(states)
    block = -(-len(out) // n_blocks)
    n_chunks = min(n_blocks, _MOST_CHUNKS)
    edges = [n_blocks * chunk // n_chunks for chunk in range(n_chunks + 1)]
    paths = [slice(a * block, b * block) for a, b in zip(edges, edges[1:])]
    results = executor.map(
        _run_chunk,
        repeat(run),
        [states[a:b] for a, b in zip(edges, edges[1:])],
        [out[path].shape for path in paths],
        *([array[path] for path in paths] for array in arrays),
    )
    for path, result in zip(paths, results, strict=True):
        out[path] = result


def _run_chunk(run, states, shape, *arrays) -> np.ndarray:
    states = np.array(states)  # advanced in place, and what is sent may be read-only
    out = np.empty(shape)
    run(states, out, *arrays)
    return out
