"""Rows that are no data: placeholders, and slips of a sensor."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_FAR = 100.0  # interquartile ranges from the median
_APART = 10.0  # times as far as any other value
_SHARE = 1e-3  # of the rows, more of which would be a part of the law
_FEW = 2
_NAMED = 10


def usable_rows(groups: Sequence[NDArray]) -> NDArray[np.bool_]:
    """Rows without a value far from all others, with a warning that names the rest.

    A value is one if it lies a hundred interquartile ranges from the median of its
    column, ten times as far as any other, and is one of two or of a thousandth of the
    rows. Heavy tails and jumps that come back are none: their values lie less apart.

    Parameters
    ----------
    groups : sequence of ndarray, each of shape (n, *)
        States, next states and contexts.

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    columns = np.hstack(list(groups))
    far = np.stack([_far(values) for values in columns.T], axis=1)
    wrong = np.flatnonzero(far.any(axis=1))
    if len(wrong):
        values = np.unique(columns[far])
        warnings.warn(
            f"rows {_shown(wrong)} of X and y hold values far from all others, such as "
            f"{values[np.argmax(np.abs(values))]:.6g}, and are left out. If they are "
            "placeholders or slips, set them to NaN in the trajectories: "
            "msbook.sampling.pairs cuts there. If they are true, fit logarithms.",
            UserWarning,
            stacklevel=4,
        )
    kept: NDArray[np.bool_] = np.logical_not(far.any(axis=1))
    return kept


def _far(values: NDArray) -> NDArray[np.bool_]:
    low, middle, high = np.quantile(values, (0.25, 0.5, 0.75))
    distance = np.abs(values - middle)
    far = distance > _FAR * (high - low)
    most = max(_FEW, int(_SHARE * len(values)))
    if high == low or not 0 < far.sum() <= most:
        return np.zeros(len(values), bool)
    apart = distance[far].min() > _APART * distance[~far].max()
    return far & bool(apart)


def _shown(rows: NDArray) -> str:
    named = ", ".join(map(str, rows[:_NAMED]))
    return named if len(rows) <= _NAMED else f"{named} and {len(rows) - _NAMED} more"
