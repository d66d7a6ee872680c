"""What a diagnosis knows of each pair, and what that says of its increment."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import PolynomialFeatures

Periods = Sequence[float | None] | None
Context = np.ndarray | Sequence[np.ndarray] | None

MOST_PAIRS = 100_000  # for a fit and for one-step laws; more change no digit shown

_DEGREE = 3


def contexts(context: Context, groups: list[NDArray]) -> list[NDArray[np.float64]]:
    """Context of every saved state, (n_traj, n_time, n_context) for each group.

    Raises
    ------
    ValueError
        If it does not fit the trajectories.
    """
    if context is None:
        return [np.empty((*group.shape[:2], 0)) for group in groups]
    if isinstance(context, np.ndarray) and context.ndim == 2:
        known = [
            np.tile(context[: group.shape[1]], (len(group), 1, 1)) for group in groups
        ]
    elif isinstance(context, np.ndarray):
        known = [context]
    else:
        known = [np.asarray(rows)[None] for rows in context]
    shapes = [array.shape for array in known]
    if (
        [shape[:2] for shape in shapes] != [group.shape[:2] for group in groups]
        or any(len(shape) != 3 or shape[2:] != shapes[0][2:] for shape in shapes)
        or not all(np.isfinite(array).all() for array in known)
    ):
        raise ValueError(
            "context must have a finite row for every saved state: shape "
            "(n_time, n_context), if all trajectories share it, or (n_traj, n_time, "
            "n_context), or a list as the trajectories are; got shapes "
            f"{shapes[:4]} beside states {[group.shape for group in groups[:4]]}."
        )
    return known


def presents(series: list[NDArray], lag: int, memory: int = 0) -> NDArray:
    """Rows at the present of each pair, in the order of ``msbook.sampling.pairs``."""
    first = memory * lag
    parts = [part[:, first : part.shape[1] - lag] for part in series]
    return np.concatenate([row for part in parts for row in part])


def increments(x: NDArray, y: NDArray, periods: Periods) -> NDArray[np.float64]:
    """From states to the next ones, to the nearest branch on circles."""
    moved = y - x
    for i, period in enumerate(periods or ()):
        if period is not None:
            moved[:, i] -= period * np.round(moved[:, i] / period)
    return moved


class Regression:
    """Least squares on polynomials of the third degree in what is known.

    Columns on a circle enter by cosine and sine; ``periods`` may be shorter than the
    columns are many.
    """

    def __init__(self, known: NDArray, targets: NDArray, periods: Periods) -> None:
        self.periods = [*(periods or ())] + [None] * known.shape[1]
        few = np.random.default_rng(0).permutation(len(known))[:MOST_PAIRS]
        self.centre, scale = known.mean(axis=0), known.std(axis=0)
        self.scale = np.where(scale > 0, scale, 1.0)
        self.polynomial = PolynomialFeatures(_DEGREE)
        design = self.polynomial.fit_transform(self._features(known[few]))
        self.coefficients = np.linalg.lstsq(design, targets[few], rcond=None)[0]

    def __call__(self, known: NDArray) -> NDArray[np.float64]:
        """Predictions (n, n_targets)."""
        n_parts = -(-len(known) // MOST_PAIRS)  # the designs of all would be large
        designs = (
            self.polynomial.transform(self._features(part))
            for part in np.array_split(known, n_parts)
        )
        return np.concatenate([design @ self.coefficients for design in designs])

    def _features(self, known: NDArray) -> NDArray[np.float64]:
        scaled = (known - self.centre) / self.scale
        columns = []
        for i, period in enumerate(self.periods[: known.shape[1]]):
            if period is None:
                columns.append(scaled[:, i])
            else:
                angle = 2.0 * np.pi * known[:, i] / period
                columns += [np.cos(angle), np.sin(angle)]
        return np.column_stack(columns)
