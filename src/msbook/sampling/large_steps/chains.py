"""Groups of chains of large steps: rounds, looks and restarts."""

from __future__ import annotations

import math
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np

from msbook._compile.kernels.interrupts import listen
from msbook._compile.kernels.lanes import LANES
from msbook._compile.tracing.trace import Traced
from msbook._memory import new_array
from msbook.equations.gradients import HasGradient
from msbook.integrators.ensembles import call, run_jobs, sendable
from msbook.sampling.large_steps.kernels import compile_walk, play_blocks
from msbook.sampling.large_steps.tally import Bins, Tally

Schedule = tuple[tuple[int, bool], ...]

_MOST_GROUPS = 8  # the sums of each are kept apart: memory is this many histograms
_LOOK_BACK = 64  # states of a round that the last one is compared with
_RETURN = 0.03  # distance, in kicks, at which a chain has come back to where it was
_HAIR = 1e-6  # by which a copied chain is moved, in kicks: chaos does the rest

_LIVING, _LOCKED, _DIVERGED = 0, 1, 2
_COMPILING = Lock()  # threads that ask at once must get the same compiled steps


@dataclass(frozen=True)
class Chains:
    r"""What all chains have in common, and how they move.

    Attributes
    ----------
    potential : object with ``gradient``
    step_size : float
        :math:`\delta`.
    decay : ndarray, shape (d, d)
        Decay of the momentum in a step.
    mass, drift : ndarray, shape (d, d)
        :math:`M` and :math:`\delta M^{-1}`.
    scales : ndarray, shape (2, d)
        Lengths that midpoints and momenta move by when the force kicks once.
    limits : ndarray, shape (d,)
        Momenta beyond which a chain is on its way to infinity.
    thin : int
        Steps between two states that are recorded.
    bins : Bins or None
    gradient : Traced or None
        The gradient written down, or None where NumPy steps it.
    """

    potential: HasGradient
    step_size: float
    decay: np.ndarray
    mass: np.ndarray
    drift: np.ndarray
    scales: np.ndarray
    limits: np.ndarray
    thin: int
    bins: Bins | None
    gradient: Traced | None

    def play(
        self,
        x: np.ndarray,
        p: np.ndarray,
        n_records: int,
        tally: Tally | None,
        half: int,
        first: int,
        stride: int,
    ) -> tuple[np.ndarray, np.ndarray]:
        r"""Advance chains by a round, look at them, and count what the living ones did.

        With :math:`x_n = q_{n+1/2}` a step is

        .. math:: p_{n+1} = e^{-\Gamma M^{-1} \delta} p_n - \delta \nabla V(x_n),
                  \qquad x_{n+1} = x_n + \delta M^{-1} p_{n+1} .

        Parameters
        ----------
        x, p : ndarray, shape (n, d)
            Midpoints and momenta, overwritten.
        n_records : int
            Records of the round, one each ``thin`` steps.
        tally : Tally or None
            Added to; none if the round does not count.
        half : int
            Of the run.
        first, stride : int
            Records of earlier rounds; one state in ``stride`` is a sample.

        Returns
        -------
        state : ndarray of int, shape (n,)
            What became of the chains.
        samples : ndarray, shape (2, n_samples, d)
            Midpoints and forces.
        """
        if self.gradient is not None:
            return self._play_blocks(x, p, n_records, tally, half, first, stride)
        records = self._walk(x, p, n_records)
        state = self._look(records)
        if tally is None:
            return state, np.empty((2, 0, x.shape[1]))
        living = state == _LIVING
        tally.add(
            records[:, :, living].reshape(3, -1, x.shape[1]),
            half,
            self.bins,
            self.drift,
        )
        number = np.arange(n_records * len(x)).reshape(n_records, -1) + first * len(x)
        return state, records[::2][:, living & (number % stride == 0)]

    def _walk(self, x: np.ndarray, p: np.ndarray, n_records: int) -> np.ndarray:
        """Advance chains; midpoints, momenta and forces, (3, n_records, n, d)."""
        records = new_array(
            "the records of a round",
            (3, n_records, *x.shape),
            "Take fewer n_chains, or a shorter chain_length.",
        )
        with np.errstate(over="ignore", invalid="ignore"):  # seen when looked at
            for record in range(n_records):
                for _ in range(self.thin):
                    midpoint = x.copy()
                    force = self.potential.gradient(midpoint)
                    p[:] = p @ self.decay.T - self.step_size * force
                    x[:] = midpoint + p @ self.drift
                records[:, record] = midpoint, p, force
        return records

    def _look(self, records: np.ndarray) -> np.ndarray:
        """Tell which chains live, are locked, or have diverged.

        A chain is locked if its last two recorded states are ones that it was in
        before, within a small part of a kick, and diverged if its momentum is far
        beyond what the forces can make.
        """
        with np.errstate(all="ignore"):
            states = records[:2, -_LOOK_BACK - 2 :] / self.scales[:, None, None]
            moved = (states[:, 1:-1] - states[:, -1:]) ** 2
            moved += (states[:, :-2] - states[:, -2:-1]) ** 2
            locked = (moved.sum(axis=(0, -1)) < _RETURN**2).any(axis=0)
        near = (np.abs(records[1, -1]) < self.limits).all(axis=-1)  # not so NaN
        return np.where(near, np.where(locked, _LOCKED, _LIVING), _DIVERGED)

    def _play_blocks(
        self, x, p, n_records, tally, half, first, stride
    ) -> tuple[np.ndarray, np.ndarray]:
        gradient: Any = self.gradient
        n, dim = x.shape
        axes = () if self.bins is None else self.bins.axes
        lows = np.array([axis[0] for axis in axes])
        n_bins = np.array([len(axis) - 1 for axis in axes], dtype=np.int64)
        lengths = np.array([axis[-1] - axis[0] for axis in axes])
        periodic = np.array(() if self.bins is None else self.bins.periodic, dtype=bool)
        state = np.empty(len(x), dtype=np.int64)
        powers = np.empty(0) if tally is None else tally.powers[half]
        sums = Tally.empty(dim, None) if tally is None else tally
        n_kept = n_records * len(x) // stride + 1
        samples = new_array("the samples", (2, n_kept, dim), "Keep fewer.")
        n_samples, start = 0, 0
        for exact in (False, True):
            if start == n:
                break
            with _COMPILING:
                walk = compile_walk(gradient.text, dim, exact)
            n_samples, start = play_blocks(
                walk, gradient.constants, x, p, self.step_size, self.thin,
                self.decay, self.drift, n_records, _LOOK_BACK, self.scales, _RETURN,
                self.limits, powers, lows, n_bins / lengths, n_bins, periodic,
                sums.counts, sums.midpoint_counts, sums.force_sums, samples, first,
                stride, state, n_samples, start,
            )  # fmt: skip
        return state, samples[:, :n_samples]


def run_groups(
    chains: Chains,
    schedule: Schedule,
    x: np.ndarray,
    p: np.ndarray,
    keep: int,
    rng: np.random.Generator,
    executor: Executor | None,
) -> Tally:
    """Run all chains, a few groups of them side by side, and sum up.

    The groups do not depend on who computes them.

    Parameters
    ----------
    chains : Chains
    schedule : tuple of (int, bool)
        Lengths of the rounds, and whether they count.
    x, p : ndarray, shape (n_chains, d)
        First midpoints and momenta.
    keep : int
        Most samples to keep.
    rng : numpy.random.Generator
        Source of the restarts.
    executor : concurrent.futures.Executor or None

    Returns
    -------
    Tally
    """
    n_chains = len(x)
    n_records = n_chains * sum(n for n, counts in schedule if counts) // chains.thin
    stride = max(1, -(-n_records // max(keep, 1)))
    n_groups = min(_MOST_GROUPS, -(-n_chains // LANES))
    edges = [n_chains * group // n_groups for group in range(n_groups + 1)]
    jobs = [
        (schedule, x[a:b], p[a:b], stride, source)
        for (a, b), source in zip(pairwise(edges), rng.spawn(n_groups), strict=True)
    ]
    tallies = _run_jobs(partial(run_group, chains), jobs, executor)
    total = tallies[0]
    for tally in tallies[1:]:
        total = total + tally
    total.samples = total.samples[:, :keep]
    return total


def _run_jobs(
    run, jobs: list[tuple[Any, ...]], executor: Executor | None
) -> list[Tally]:
    if executor is None:
        return [run(*job) for job in jobs]
    sent = sendable(run, executor)
    return [*run_jobs([(call, sent, *job) for job in jobs], executor)]


def run_group(
    chains: Chains,
    schedule: Schedule,
    x: np.ndarray,
    p: np.ndarray,
    stride: int,
    rng: np.random.Generator,
) -> Tally:
    """Run a group of chains, round by round; parameters as in :func:`run_groups`."""
    x, p = x.copy(), p.copy()
    while math.gcd(stride, len(x)) > 1:  # samples come from all chains in turn
        stride += 1
    tally = Tally.empty(x.shape[1], chains.bins)
    n_rounds = sum(counts for _, counts in schedule)
    samples, first, played = [], 0, 0
    for n_steps, counts in schedule:
        listen()
        n_records = n_steps // chains.thin
        if not counts:
            state, _ = chains.play(x, p, n_records, None, 0, 0, 1)
        else:
            half = 2 * played // n_rounds
            state, some = chains.play(x, p, n_records, tally, half, first, stride)
            tally.steps += n_steps * np.bincount(state, minlength=3)
            samples.append(some)
            first += n_records
            played += 1
        restart(x, p, state, chains.scales, rng)
    tally.samples = np.concatenate(samples, axis=1)
    return tally


def restart(
    x: np.ndarray,
    p: np.ndarray,
    state: np.ndarray,
    scales: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Put chains that do not live where living ones are, moved by a hair."""
    lost, living = np.flatnonzero(state), np.flatnonzero(state == _LIVING)
    if not len(lost) or not len(living):
        return
    chosen = rng.choice(living, len(lost))
    for values, scale in zip((x, p), scales, strict=True):
        hair = _HAIR * scale * rng.standard_normal((len(lost), x.shape[1]))
        values[lost] = values[chosen] + hair
