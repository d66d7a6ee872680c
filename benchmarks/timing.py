"""What is timed, and how: one thread, runs of ours and of a peer in turn."""

import math
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from statistics import median
from typing import Any

SHORTEST = 0.05
"""Seconds; a shorter call is repeated within a run until it lasts as long."""

Run = Callable[[int], Any]


def use_one_thread() -> None:
    """Keep this process to one core and its libraries to one thread.

    Must be called before the libraries are loaded: they read the environment once.
    """
    for library in ("OMP", "MKL", "OPENBLAS", "NUMBA"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    os.environ["JAX_PLATFORMS"] = "cpu"
    os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def use_cores(number: int) -> None:
    """Give this process so many cores again."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, range(min(number, os.cpu_count() or 1)))


@dataclass(frozen=True)
class Implementation:
    """One way to do a job.

    Attributes
    ----------
    name : str
    prepare : callable
        Does once what is not timed, and returns the job: a function of a seed whose
        result has one entry a path or an epoch.
    needs : str or None
        Package that must be installed.
    target : float or None
        How many times faster than it ours shall be.
    """

    name: str
    prepare: Callable[[], Run]
    needs: str | None = None
    target: float | None = None

    @property
    def installed(self) -> bool:
        """Whether it can run here."""
        return self.needs is None or find_spec(self.needs) is not None


@dataclass(frozen=True)
class Workload:
    """A job, our way and the peers' ways to do it.

    Attributes
    ----------
    name : str
    unit : str
        What costs are told in.
    units_per_second : float
        To turn seconds into it.
    steps : int
        Steps that an entry of a result stands for; costs are told for one.
    ours : Implementation
    peers : tuple of Implementation
    """

    name: str
    unit: str
    units_per_second: float
    steps: int
    ours: Implementation
    peers: tuple[Implementation, ...]


@dataclass(frozen=True)
class Comparison:
    """Costs of ours and of one peer, run by run; none if the peer is missing."""

    workload: Workload
    peer: Implementation
    ours: tuple[float, ...]
    theirs: tuple[float, ...]

    def record(self) -> dict[str, Any]:
        """Medians, and the ratio peer / ours with its least and greatest value."""
        record = {
            "workload": self.workload.name,
            "peer": self.peer.name,
            "unit": self.workload.unit,
            "target": self.peer.target,
            "installed": bool(self.ours),
        }
        if not self.ours:
            return record
        ratios = [b / a for a, b in zip(self.ours, self.theirs, strict=True)]
        return record | {
            "ours": median(self.ours) * self.workload.units_per_second,
            "theirs": median(self.theirs) * self.workload.units_per_second,
            "ratio": median(ratios),
            "spread": [min(ratios), max(ratios)],
            "runs": len(ratios),
        }


class Stopwatch:
    """Costs of one implementation, an entry's step at a time."""

    def __init__(self, implementation: Implementation, steps: int) -> None:
        self.run = implementation.prepare()
        self.steps = steps
        self.repeats = 1
        self.cost(seed=0)  # compiles what is to be compiled
        duration = self.cost(seed=0) * self.steps * self.entries
        self.repeats = math.ceil(SHORTEST / duration)

    def cost(self, seed: int) -> float:
        """Seconds a step.

        It is the processor's time, of all threads together: what else the machine
        does while we measure counts little, and a second thread hides nothing.
        """
        start = time.process_time()
        for _ in range(self.repeats):
            result = self.run(seed)
        duration = time.process_time() - start
        self.entries = len(result)
        return duration / (self.repeats * self.steps * self.entries)


def compare(workload: Workload, runs: int) -> Iterator[Comparison]:
    """Time ours against every peer of a workload.

    Parameters
    ----------
    workload : Workload
    runs : int
        Timed pairs of runs, after two that are not; ours and the peer's in turn.

    Yields
    ------
    Comparison
        As soon as it is known, in the order of the peers.
    """
    ours = Stopwatch(workload.ours, workload.steps)
    for peer in workload.peers:
        if not peer.installed:
            yield Comparison(workload, peer, (), ())
            continue
        theirs = Stopwatch(peer, workload.steps)
        pairs = [(ours.cost(seed), theirs.cost(seed)) for seed in range(runs)]
        yield Comparison(workload, peer, *zip(*pairs, strict=True))
