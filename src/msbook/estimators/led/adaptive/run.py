"""What a run of adaptive LED did, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from msbook.integrators.simulators import Simulator, steps_within, trajectories


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
    max_error : float
        What the user allowed.
    """

    t: NDArray[np.float64]
    y: NDArray[np.float64]
    phase: NDArray[np.int8]
    uncertainty: NDArray[np.float64]
    error: NDArray[np.float64]
    trainings: NDArray[np.int64]
    scale: NDArray[np.float64]
    max_error: float

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

    @property
    def why_no_macro_steps(self) -> str:
        """What kept the surrogate from steps of its own, if it took none."""
        if len(self.stretches):
            return ""
        compared = self.phase == Phase.COMPARISON
        if not compared.any():
            return (
                "no macro step was taken, for no comparison of the surrogate fitted "
                "into the run. Ask for more steps."
            )
        starts = np.flatnonzero(compared & ~np.roll(compared, 1))
        ends = np.flatnonzero(compared & ~np.roll(compared, -1))
        errors = np.maximum.reduceat(np.where(compared, self.error, 0.0), starts)
        error, expected = errors.min(), self.uncertainty[ends].min()
        which, least = (
            ("its error was", error)
            if error >= self.max_error
            else ("the error that it expected was", expected)
        )
        return (
            f"no macro step was taken: in {len(starts)} comparisons the surrogate was "
            f"never accepted with max_error = {self.max_error:g}; {which} "
            f"{least:.2g} at least, in standard deviations of the first stretch. Train "
            "it longer, by more updates in rollouts or a longer n_first, or allow "
            "more."
        )

    def macro_errors(self, solver: Simulator) -> NDArray[np.float64]:
        r"""Errors of the macro stretches, which the run itself cannot see.

        .. math:: e = \max_j \Bigl( \frac1D \sum_i
                  \frac{(y_{ij} - x_{ij})^2}{s_i^2} \Bigr)^{1/2}

        for the states :math:`y_j` of a stretch, those :math:`x_j` of the solver from
        the state that it started from, and the :attr:`scale` :math:`s`.

        Parameters
        ----------
        solver : Solver or Simulator
            The one of the run.

        Returns
        -------
        ndarray, shape (n_stretches,)

        Raises
        ------
        ValueError
            If there was no macro stretch, and the reason.
        """
        if not len(self.stretches):
            raise ValueError(f"there are no errors: {self.why_no_macro_steps}")
        dt = self.t[1] - self.t[0]
        substeps = steps_within(dt, solver)
        errors = np.empty(len(self.stretches))
        for i, (first, last) in enumerate(self.stretches):
            truth = trajectories(
                solver,
                self.y[first][None],
                float(self.t[first]),
                int(last - first),
                substeps,
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
