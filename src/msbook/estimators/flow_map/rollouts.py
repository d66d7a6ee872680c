"""What rollouts check before they start and say when they end."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._memory import new_array
from msbook._validation import check_count, finite_array
from msbook.estimators.flow_map.increments import IncrementScaling

_LARGEST_SHARE_OUTSIDE = 0.01


def check_starts(
    x0: ArrayLike, n_features: int, n_paths: int | None, n_steps: int
) -> NDArray[np.float64]:
    """Starts of all paths (n_paths, n_features), or a ValueError."""
    check_count("n_steps", n_steps)
    starts = np.atleast_2d(finite_array("x0", x0))
    if starts.ndim != 2 or starts.shape[1] != n_features or not len(starts):
        raise ValueError(
            f"x0 must have shape ({n_features},) or (n, {n_features}); got "
            f"{np.shape(x0)}."
        )
    if n_paths is None:
        return starts
    if check_count("n_paths", n_paths) and len(starts) > 1:
        raise ValueError(
            "n_paths is the positive number of paths from one start; got "
            f"n_paths={n_paths} and {len(starts)} starts."
        )
    repeated = new_array("the starts", (n_paths, n_features), "Take fewer n_paths.")
    repeated[:] = starts
    return repeated


def warn_outside(scaling: IncrementScaling, paths: NDArray) -> None:
    """Warn if many states of paths (n_paths, n_time, dim) left the data's range."""
    share = scaling.outside(paths).mean()
    if share > _LARGEST_SHARE_OUTSIDE:
        warnings.warn(
            f"{share:.0%} of the states of the rollout lie beyond the range of the "
            f"data, from {scaling.low.tolist()} to {scaling.high.tolist()}, where the "
            "law of the increment is that at the edge. Train on data from there too.",
            UserWarning,
            stacklevel=3,
        )
