"""What a run of adaptive LED did, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.led_forecasting import steps_within
from msbook.integrators.solver import Solver


class Phase(IntEnum):
    """What made a state: the solver, except in macro steps."""

    FIRST = 0
    RELAXATION = 1
    WARM_UP = 2
    COMPARISON = 3
    MACRO = 4
    MICRO = 5


@dataclass(frozen=True)
class AdaptiveRun:
    """A trajectory that solver and surrogate made in turns.

    Attributes
    ----------
    t : ndarray, shape (n_time,)
        Times, in the system's unit; the first is that of the start.
    y : ndarray, shape (n_time, dim)
        States.
    phase : ndarray of int, shape (n_time,)
        The :class:`Phase` of the step that led to each state.
    uncertainty : ndarray, shape (n_time,)
        What the error was expected to be at most, in comparisons and macro steps;
        NaN elsewhere.
    error : ndarray, shape (n_time,)
        What it was seen to be, in comparisons; NaN elsewhere.
    trainings : ndarray of int, shape (n_trainings,)
        Indices of the states after which the surrogate was trained.
    scale : ndarray, shape (dim,)
        Unit of both errors for every component: the standard deviation of its field
        over the first stretch. An error is the root mean square over components.
    """

    t: NDArray[np.float64]
    y: NDArray[np.float64]
    phase: NDArray[np.int8]
    uncertainty: NDArray[np.float64]
    error: NDArray[np.float64]
    trainings: NDArray[np.int64]
    scale: NDArray[np.float64]

    @property
    def macro_share(self) -> float:
        """Share of the steps that the solver was spared."""
        return float(np.mean(self.phase[1:] == Phase.MACRO))

    @property
    def stretches(self) -> NDArray[np.int64]:
        """Macro stretches ``(n_stretches, 2)``: states they start from, and end at."""
        macro = np.concatenate([self.phase == Phase.MACRO, [False]])
        edges = np.flatnonzero(np.diff(macro.astype(int), prepend=0))
        return edges.reshape(-1, 2) - 1

    def macro_errors(self, solver: Solver) -> NDArray[np.float64]:
        r"""Errors of the macro stretches, which the run itself cannot see.

        .. math:: e = \max_j \Bigl( \frac1D \sum_i
                  \frac{(y_{ij} - x_{ij})^2}{s_i^2} \Bigr)^{1/2}

        for the states :math:`y_j` of a stretch, those :math:`x_j` of the solver from
        the state that it started from, and the :attr:`scale` :math:`s`.

        Parameters
        ----------
        solver : Solver
            The one of the run.

        Returns
        -------
        ndarray, shape (n_stretches,)
        """
        dt = self.t[1] - self.t[0]
        substeps = steps_within(dt, solver)
        errors = np.empty(len(self.stretches))
        for i, (first, last) in enumerate(self.stretches):
            truth = solver.trajectories(
                self.y[first][None],
                float(self.t[first]),
                (last - first) * substeps,
                save_every=substeps,
            )[0]
            found = relative_error(self.y[first : last + 1], truth, self.scale)
            errors[i] = found.max()
        return errors

    def __str__(self) -> str:
        counts = np.bincount(self.phase[1:], minlength=len(Phase))
        shares = ", ".join(
            f"{phase.name.lower().replace('_', '-')} {n / max(1, counts.sum()):.1%}"
            for phase, n in zip(Phase, counts, strict=True)
            if n
        )
        return (
            f"{counts.sum()} steps ({shares}); {len(self.stretches)} macro stretches, "
            f"{len(self.trainings)} trainings"
        )


def relative_error(
    states: NDArray[np.float64], truth: NDArray[np.float64], scale: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Root mean square over components of the error in units of the scale."""
    return np.sqrt(np.mean(((states - truth) / scale) ** 2, axis=-1))
