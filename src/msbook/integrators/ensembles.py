"""Ensembles over an executor: the same numbers, whoever computes them.

The random states of all paths are drawn before the paths are dealt out, so that a
path does not depend on which worker it falls to, nor on how many there are.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np

from msbook._compile.kernels.interrupts import stopping_when

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
    jobs: list[tuple[Any, ...]] = []
    for chunk, path in zip(blocks, paths, strict=True):
        own = (array[path] for array in arrays)
        if shared:
            jobs.append((run, states[chunk], out[path], *own))
        else:
            jobs.append((_run_chunk, sent, states[chunk], out[path].shape, *own))
    for path, filled in zip(paths, run_jobs(jobs, executor), strict=True):
        if not shared:
            out[path] = filled


def run_jobs(jobs: Iterable[tuple[Any, ...]], executor: Executor) -> Iterator[Any]:
    """Results of ``function(*arguments)``, each a job ``(function, *arguments)``.

    Where it is left before the end, by an error or by Ctrl-C, jobs that wait are
    cancelled, and those that run are told to stop.

    Yields
    ------
    object
        In the order of the jobs; each is kept here no longer than it is needed.
    """
    with _sign_of_life(executor) as is_over:
        futures = [executor.submit(_run_while, is_over, *job) for job in jobs]
        try:
            while futures:
                yield futures.pop(0).result()
        finally:
            for future in futures:
                future.cancel()


@contextmanager
def _sign_of_life(executor: Executor) -> Iterator[Callable[[], bool]]:
    """What workers ask: whether nobody waits for them any more."""
    if isinstance(executor, ThreadPoolExecutor):
        event = Event()
        try:
            yield event.is_set
        finally:
            event.set()
    elif isinstance(executor, ProcessPoolExecutor):
        # A file, which all processes of this machine see, and see removed.
        handle, path = tempfile.mkstemp(prefix="msbook-running-")
        os.close(handle)
        try:
            yield partial(_is_gone, path)
        finally:
            Path(path).unlink(missing_ok=True)
    else:
        yield _never


def _is_gone(path: str) -> bool:
    return not os.path.exists(path)


def _never() -> bool:
    return False


def _run_while(
    is_over: Callable[[], bool], function: Callable[..., Any], *arguments: Any
) -> Any:
    with stopping_when(is_over):
        return function(*arguments)


def sendable(run: Callable[..., Any], executor: Executor) -> Callable[..., Any] | bytes:
    """A function as it can be sent to an executor's workers, for :func:`call`.

    Raises
    ------
    ValueError
        If the executor is none, or if the function cannot be sent to it.
    """
    if not isinstance(executor, Executor):
        is_class = isinstance(executor, type)
        raise ValueError(
            "executor must be a concurrent.futures.Executor, such as "
            "ThreadPoolExecutor(2) or a Dask client's get_executor(); got "
            f"{(executor if is_class else type(executor)).__name__}"
            f"{', without its ()' if is_class else ''}."
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


def call(sent: Callable[..., Any] | bytes, *arguments: Any) -> Any:
    """Call, in a worker, what :func:`sendable` made."""
    return (pickle.loads(sent) if isinstance(sent, bytes) else sent)(*arguments)


def _run_chunk(
    sent: Callable[..., Any] | bytes,
    states: np.ndarray,
    shape: tuple[int, ...],
    *arrays: np.ndarray,
) -> np.ndarray:
    out = np.empty(shape)
    # Copies, for what was sent may be read-only, and compile a second time.
    call(sent, np.array(states), out, *(np.array(array) for array in arrays))
    return out
