"""Ensembles over an executor: the same numbers, whoever computes them.

The random states of all paths are drawn before the paths are dealt out, so that a
path does not depend on which worker it falls to, nor on how many there are.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from itertools import pairwise

import numpy as np

_MOST_CHUNKS = 64


def run_ensemble(
    run: Callable[..., None],
    states: np.ndarray,
    out: np.ndarray,
    arrays: tuple[np.ndarray, ...],
    executor: Executor | None,
    block: int = 1,
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
    block : int
        Paths in a block; the last one may be smaller.

    Raises
    ------
    ValueError
        If the executor is none, or if ``run`` cannot be sent to it.
    """
    if executor is None:
        run(states, out, *arrays)
        return
    sent = sendable(run, executor)
    n_chunks = max(1, min(len(states), _MOST_CHUNKS))
    edges = [len(states) * chunk // n_chunks for chunk in range(n_chunks + 1)]
    blocks = [slice(a, b) for a, b in pairwise(edges)]
    paths = [slice(a * block, b * block) for a, b in pairwise(edges)]
    shared = isinstance(executor, ThreadPoolExecutor)  # its workers fill our memory
    futures = []
    for chunk, path in zip(blocks, paths, strict=True):
        own = (array[path] for array in arrays)
        if shared:
            futures.append(executor.submit(run, states[chunk], out[path], *own))
        else:
            shape = out[path].shape
            future = executor.submit(_run_chunk, sent, states[chunk], shape, *own)
            futures.append(future)
    try:
        for path in paths:
            filled = futures.pop(0).result()  # kept once, not twice
            if not shared:
                out[path] = filled
    finally:
        for future in futures:
            future.cancel()


def sendable(run: Callable, executor: Executor) -> Callable | bytes:
    """A function as it can be sent to an executor's workers, for :func:`call`.

    Raises
    ------
    ValueError
        If the executor is none, or if the function cannot be sent to it.
    """
    if not isinstance(executor, Executor):
        raise ValueError(
            "executor must be a concurrent.futures.Executor, such as "
            "ThreadPoolExecutor(2) or a Dask client's get_executor(); got "
            f"{type(executor).__name__}."
        )
    if isinstance(executor, ThreadPoolExecutor):
        return run
    try:
        return pickle.dumps(run)  # once, not once a chunk
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise ValueError(
            "this system cannot be sent to another process, as a lambda or a function "
            "inside a function cannot be pickled. Write its functions with def at the "
            "top of a module, or use a ThreadPoolExecutor, which needs no "
            f"sending. Pickle says: {error}"
        ) from error


def call(sent: Callable | bytes, *arguments):
    """Call, in a worker, what :func:`sendable` made."""
    return (pickle.loads(sent) if isinstance(sent, bytes) else sent)(*arguments)


def _run_chunk(
    sent: Callable | bytes,
    states: np.ndarray,
    shape: tuple[int, ...],
    *arrays: np.ndarray,
) -> np.ndarray:
    out = np.empty(shape)
    # Copies, for what was sent may be read-only, and compile a second time.
    call(sent, np.array(states), out, *(np.array(array) for array in arrays))
    return out
