"""Whether a run of large steps was what the theory wants it to be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.sampling.large_steps.result import LargeSteps

_MOST_KURTOSIS = 0.3
_MOST_DRIFT = 0.1
_TAIL = 1e-3  # share of the states at either end, where gaps are nothing unusual


@dataclass(frozen=True)
class Diagnostics:
    """How far a run was what the theory wants it to be.

    Attributes
    ----------
    locked_share, diverged_share : float
        Shares of the run that were dropped; see :class:`msbook.sampling.LargeSteps`.
    kurtosis : float
        Largest excess kurtosis of a momentum, 0 for a normal law.
    drift : float
        Relative change of the mean square momentum between the halves of the run.
    unvisited_share : float
        Share of the knot intervals that no state visited, among those with more than
        a thousandth of the states on either side, along the worst coordinate.
    n_used : int
        States that went into the averages.
    warnings : tuple of str
        What of this gives reason for doubt.
    """

    locked_share: float
    diverged_share: float
    kurtosis: float
    drift: float
    unvisited_share: float
    n_used: int
    warnings: tuple[str, ...]


def diagnose(
    parts: Sequence[LargeSteps], splines: TensorSplines, edges: tuple[NDArray, ...]
) -> Diagnostics:
    """Judge the parts of a run together.

    Parameters
    ----------
    parts : sequence of LargeSteps
        Independent runs with the same bins, two or more.
    splines : TensorSplines
        The basis that they were fitted with.
    edges : tuple of ndarray
        Edges of the bins along each coordinate.

    Returns
    -------
    Diagnostics
    """
    kurtoses = np.mean([part.momentum_kurtosis for part in parts], axis=0)
    kurtosis = float(kurtoses[np.argmax(np.abs(kurtoses))])
    halves = np.array(
        [
            [np.trace(half.covariance) for half in (part.first_half, part.second_half)]
            for part in parts
        ]
    )
    changes = halves[:, 1] / halves[:, 0] - 1
    drift = float(changes.mean())
    by_chance = 3 * float(changes.std(ddof=1)) / np.sqrt(len(parts))
    counts = np.array([part.midpoint_counts for part in parts]).sum(axis=0)
    unvisited = max(
        _unvisited_share(counts, i, edge, axis.spacing)
        for i, (edge, axis) in enumerate(zip(edges, splines.axes, strict=True))
    )
    texts = []
    if abs(kurtosis) > _MOST_KURTOSIS:
        texts.append(
            f"the momentum has excess kurtosis {kurtosis:.2g}, not 0: the step size "
            "lies between two scales, and the density is not that of Gibbs."
        )
    if abs(drift) > max(_MOST_DRIFT, by_chance):
        texts.append(
            f"the mean square momentum changed by {drift:.0%} between the halves of "
            "the run: it has not come to equilibrium. Take more steps."
        )
    if unvisited > 0:
        texts.append(
            f"{unvisited:.0%} of the visited range lies in gaps where no state was. "
            "Start the chains there too, or take more steps or a larger scale."
        )
    return Diagnostics(
        locked_share=float(np.mean([part.locked_share for part in parts])),
        diverged_share=float(np.mean([part.diverged_share for part in parts])),
        kurtosis=kurtosis,
        drift=drift,
        unvisited_share=unvisited,
        n_used=sum(part.n_used for part in parts),
        warnings=tuple(texts),
    )


def _unvisited_share(counts: NDArray, i: int, edges: NDArray, spacing: float) -> float:
    """Share of empty knot intervals amid the visited ones along coordinate i."""
    others = tuple(j for j in range(counts.ndim) if j != i)
    bins = round(spacing / (edges[1] - edges[0]))
    visits = counts.sum(axis=others).reshape(-1, bins).sum(axis=1)
    before = np.cumsum(visits) / visits.sum()
    amid = (before > _TAIL) & (before < 1 - _TAIL)
    return float(np.mean(visits[amid] == 0)) if amid.any() else 0.0
