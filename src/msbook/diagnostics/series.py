"""What a diagnosis knows of each pair, and what that says of its increment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import PolynomialFeatures

from msbook._validation import check_kind, real_array

Periods = Sequence[float | None] | None
Context = np.ndarray | Sequence[np.ndarray] | None

MOST_PAIRS = 100_000  # for a fit and for one-step laws; more change no digit shown

_MOST_COLUMNS = 1000  # of a polynomial
_ROWS_A_COLUMN = 10  # at least, so that it does not fit the noise


def contexts(context: Context, groups: list[NDArray[Any]]) -> list[NDArray[np.float64]]:
    """Context of every saved state, (n_traj, n_time, n_context) for each group.

    Raises
    ------
    ValueError
        If it does not fit the trajectories.
    """
    if context is None:
        return [np.empty((*group.shape[:2], 0)) for group in groups]
    check_kind("context", context, (np.ndarray, Sequence), "an array or a list of them")
    if isinstance(context, np.ndarray):
        rows = real_array("context", context)
        known = [rows]
        if rows.ndim == 2:
            known = [
                np.tile(rows[: group.shape[1]], (len(group), 1, 1)) for group in groups
            ]
    else:
        known = [real_array("context", rows)[None] for rows in context]
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


def usable(
    groups: list[NDArray[Any]], beside: list[NDArray[Any]], lag: int
) -> tuple[list[NDArray[Any]], list[NDArray[Any]], int]:
    """Trajectories that have a pair, each once, and how many were copies of others.

    If none has a pair, all stay.
    """
    if not isinstance(lag, int | np.integer) or lag < 1:
        raise ValueError(f"lag must be a whole number, at least 1; got {lag!r}.")
    seen: set[bytes] = set()
    kept, n_copies = [], 0
    for group, context in zip(groups, beside, strict=True):
        if group.shape[1] <= lag:
            continue
        new = []
        for path, row in zip(group, context, strict=True):
            state = path.tobytes() + row.tobytes()
            new.append(state not in seen)
            seen.add(state)
        n_copies += len(new) - sum(new)
        if any(new):
            kept.append((group[new], context[new]))
    if not kept:
        return groups, beside, 0
    return [group for group, _ in kept], [context for _, context in kept], n_copies


def presents(series: list[NDArray[Any]], lag: int, memory: int = 0) -> NDArray[Any]:
    """Rows at the present of each pair, in the order of ``msbook.sampling.pairs``."""
    first = memory * lag
    parts = [part[:, first : part.shape[1] - lag] for part in series]
    return np.concatenate([row for part in parts for row in part])


def increments(
    x: NDArray[Any], y: NDArray[Any], periods: Periods
) -> NDArray[np.float64]:
    """From states to the next ones, to the nearest branch on circles."""
    moved = y - x
    for i, period in enumerate(periods or ()):
        if period is not None:
            moved[:, i] -= period * np.round(moved[:, i] / period)
    return moved


@dataclass(frozen=True)
class Units:
    """Half the range of each component is its unit, so that no result depends on it.

    Attributes
    ----------
    centre, scale : ndarray, shape (dim,)
        Middle of the range, and half of it; of a constant component 1.
    resolution : ndarray, shape (dim,)
        Distance of two neighbouring numbers, in these units.
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    resolution: NDArray[np.float64]

    @classmethod
    def of(cls, groups: list[NDArray[Any]]) -> Units:
        """Units of all states together."""
        low = np.min([group.min(axis=(0, 1)) for group in groups], axis=0)
        high = np.max([group.max(axis=(0, 1)) for group in groups], axis=0)
        half = high / 2.0 - low / 2.0  # the range itself may overflow
        scale = np.where(half > 0, half, 1.0)
        size = np.spacing(np.maximum(abs(low), abs(high)))
        return cls(low / 2.0 + high / 2.0, scale, size / scale)

    def __call__(self, states: NDArray[Any]) -> NDArray[np.float64]:
        """States (n, dim) in these units."""
        return (states - self.centre) / self.scale

    def periods(self, periods: Periods) -> Periods:
        """Periods in these units."""
        if periods is None:
            return None
        return [
            None if period is None else float(period / scale)
            for period, scale in zip(periods, self.scale, strict=True)
        ]


def features(known: NDArray[Any], periods: Periods) -> NDArray[np.float64]:
    """Columns of unit spread, without constant ones; circles by cosine and sine.

    ``periods`` may be shorter than the columns are many.
    """
    on_circle = [*(periods or ())] + [None] * known.shape[1]
    columns = []
    for column, period in zip(known.T, on_circle, strict=False):
        if period is not None:
            angle = 2.0 * np.pi * column / period
            columns += [np.cos(angle), np.sin(angle)]
        elif np.ptp(column) > 0:
            centred = (column - column.mean()) / np.ptp(column)
            columns.append(centred / centred.std())
    return np.column_stack([np.empty((len(known), 0)), *columns])


def degree_of_fit(known: NDArray[Any]) -> int:
    """Three, or less where there are few rows or many features; 0 is a mean alone."""
    most = min(min(len(known), MOST_PAIRS) // _ROWS_A_COLUMN, _MOST_COLUMNS)
    return next(
        (d for d in (3, 2, 1) if comb(known.shape[1] + d, d) <= most and known.size), 0
    )


def fitted(known: NDArray[Any], targets: NDArray[Any]) -> NDArray[np.float64]:
    """Least squares on polynomials of the features, at the same rows."""
    few = np.random.default_rng(0).permutation(len(known))[:MOST_PAIRS]
    degree = degree_of_fit(known)
    if degree == 0:
        return np.broadcast_to(targets.mean(axis=0), targets.shape)
    polynomial = PolynomialFeatures(degree)
    design = polynomial.fit_transform(known[few])
    # Smaller directions are rounding, as the radius is of a cosine and a sine.
    coefficients = np.linalg.lstsq(design, targets[few], rcond=1e-9)[0]
    n_parts = -(-len(known) // MOST_PAIRS)  # the designs of all would be large
    parts = np.array_split(known, n_parts)
    return np.concatenate([polynomial.transform(part) @ coefficients for part in parts])
