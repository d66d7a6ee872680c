"""Large steps in a rippled quadratic, with a histogram of the midpoints.

The first example of Li & Tao (2024), eq. (4.5). Peers keep a histogram of every tenth
midpoint and nothing else; ours keeps one of the whole steps, the forces of each bin and
the moments of the momentum besides, and looks for locked chains.
"""

import ctypes
import math
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

import msbook as ms
from benchmarks.timing import Implementation, Run, Workload, use_cores

EPS = (0.05, 0.001)
STEP, FRICTION = 0.5, 0.1
DECAY = math.exp(-FRICTION * STEP)
EDGES = np.linspace(-20.0, 20.0, 2001)  # no chain leaves them
THIN = 10

FLAGS = ("-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math")

PYTHON_CHAINS = 2
"""Chains in pure Python, whose cost a step is high and constant."""


@dataclass(frozen=True)
class Visits:
    """A histogram; it is as long as the visits that it counts."""

    counts: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.counts.sum())


@dataclass(frozen=True)
class Job:
    """How many chains take how many steps."""

    n_chains: int
    n_steps: int

    def starts(self, seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Midpoints and momenta."""
        x, p = np.random.default_rng(seed).standard_normal((2, self.n_chains))
        return x, p


def workloads(n_chains: int = 1024, n_steps: int = 10_000) -> list[Workload]:
    """One landscape, by all."""
    job = Job(n_chains, n_steps)
    peers: list[tuple[str, Callable[[Job], Run], float | None]] = [
        ("Python", by_python, 50.0),
        ("NumPy", by_numpy, 10.0),
        ("PyTorch", by_torch, 5.0),
    ]
    if shutil.which("cc"):
        peers += [
            ("C", by_c, None),
            ("C, polynomial cosine", partial(by_c, flags=("-DPOLYNOMIAL",)), None),
        ]
    return [
        Workload(
            "large-steps",
            unit="ns a step and chain",
            units_per_second=1e9,
            steps=THIN,
            ours=Implementation("msbook", partial(ours, job)),
            peers=tuple(
                Implementation(name, partial(prepare, job), target=target)
                for name, prepare, target in peers
            ),
        )
    ]


def paper_size(
    job: Job = Job(1024, 5 * 10**9 // 1024), threads: int = 2, runs: int = 3
) -> dict[str, Any]:
    """Seconds on the wall for all steps of the paper, on several cores."""
    use_cores(threads)
    seconds = []
    with ThreadPoolExecutor(threads) as executor:
        ours(Job(job.n_chains, 10 * THIN), executor)(0)  # compiles
        run = ours(job, executor)
        for seed in range(runs):
            start = time.perf_counter()
            run(seed)
            seconds.append(time.perf_counter() - start)
    return {
        "workload": "large-steps",
        "steps": job.n_chains * job.n_steps,
        "threads": threads,
        "seconds": median(seconds),
        "spread": [min(seconds), max(seconds)],
    }


def ours(job: Job, executor: ThreadPoolExecutor | None = None) -> Run:
    """The public way."""
    potential = ms.systems.quadratic_ripples(EPS)

    def run(seed: int) -> Visits:
        result = ms.sampling.large_steps(
            potential,
            [[0.0]],
            STEP,
            friction=FRICTION,
            n_steps=job.n_chains * job.n_steps,
            n_chains=job.n_chains,
            burn_in=0,
            edges=EDGES,
            thin=THIN,
            rng=seed,
            executor=executor,
        )
        assert result.midpoint_counts is not None
        return Visits(result.midpoint_counts)

    return run


def by_python(job: Job) -> Run:
    """One chain after the other, number by number."""
    low, per_length = float(EDGES[0]), 1.0 / float(EDGES[1] - EDGES[0])
    first, second = (1.0 / eps for eps in EPS)

    def run(seed: int) -> Visits:
        counts = [0] * (len(EDGES) - 1)
        for x, p in zip(*Job(PYTHON_CHAINS, job.n_steps).starts(seed), strict=True):
            q, momentum = float(x), float(p)
            for n in range(job.n_steps):
                if n % THIN == 0:
                    counts[int((q - low) * per_length)] += 1
                force = q + math.cos(q * first) + math.cos(q * second)
                momentum = DECAY * momentum - STEP * force
                q += STEP * momentum
        return Visits(np.array(counts))

    return run


def by_numpy(job: Job) -> Run:
    """All chains at once, in place."""
    first, second = (1.0 / eps for eps in EPS)

    def run(seed: int) -> Visits:
        counts = np.zeros(len(EDGES) - 1, dtype=np.int64)
        q, p = job.starts(seed)
        force, ripple = np.empty_like(q), np.empty_like(q)
        for n in range(job.n_steps):
            if n % THIN == 0:
                bins = ((q - EDGES[0]) * (1.0 / (EDGES[1] - EDGES[0]))).astype(np.int64)
                counts += np.bincount(bins, minlength=len(counts))
            np.multiply(q, first, out=ripple)
            np.cos(ripple, out=ripple)
            np.add(q, ripple, out=force)
            np.multiply(q, second, out=ripple)
            np.cos(ripple, out=ripple)
            force += ripple
            force *= STEP
            p *= DECAY
            p -= force
            np.multiply(p, STEP, out=force)
            q += force
        return Visits(counts)

    return run


def by_torch(job: Job) -> Run:
    """All chains at once, in PyTorch."""
    first, second = (1.0 / eps for eps in EPS)
    low, per_length = float(EDGES[0]), 1.0 / float(EDGES[1] - EDGES[0])

    def run(seed: int) -> Visits:
        counts = torch.zeros(len(EDGES) - 1, dtype=torch.int64)
        q, p = (torch.from_numpy(values) for values in job.starts(seed))
        for n in range(job.n_steps):
            if n % THIN == 0:
                bins = ((q - low) * per_length).long()
                counts += torch.bincount(bins, minlength=len(counts))
            force = torch.cos(q * first).add_(torch.cos(q * second)).add_(q)
            p.mul_(DECAY).sub_(force, alpha=STEP)
            q.add_(p, alpha=STEP)
        return Visits(counts.numpy())

    return run


def by_c(job: Job, flags: tuple[str, ...] = ()) -> Run:
    """Chains side by side in C, with the flags that let it use vectors."""
    source = Path(__file__).with_suffix(".c")
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "large_steps.so"
        command = ["cc", *FLAGS, *flags, "-shared", "-fPIC", "-o", library, source]
        subprocess.run([*command, "-lm"], check=True)
        function = ctypes.CDLL(str(library)).large_steps
    doubles = np.ctypeslib.ndpointer(np.float64, flags="C")
    numbers = np.ctypeslib.ndpointer(np.int64, flags="C")
    real, whole = ctypes.c_double, ctypes.c_long
    function.argtypes = [doubles, doubles, whole, whole, whole, real, real, doubles]
    function.argtypes += [real, real, whole, numbers]
    function.restype = None
    eps, per_length = np.array(EPS), 1.0 / float(EDGES[1] - EDGES[0])

    def run(seed: int) -> Visits:
        counts = np.zeros(len(EDGES) - 1, dtype=np.int64)
        x, p = job.starts(seed)
        shape = (job.n_chains, job.n_steps, THIN)
        bins = (float(EDGES[0]), per_length, len(counts), counts)
        function(x, p, *shape, STEP, DECAY, eps, *bins)
        return Visits(counts)

    return run
