"""What rollouts check before they start and say when they end."""

from __future__ import annotations

import warnings
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.estimators.increments import IncrementScaling

_LARGEST_SHARE_OUTSIDE = 0.01


def check_starts(
    x0: ArrayLike, n_features: int, n_paths: int | None, n_steps: int
) -> NDArray[np.float64]:
    """Starts of all paths (n_paths, n_features), or a ValueError."""
    if not isinstance(n_steps, Integral) or n_steps < 1:
        raise ValueError(f"n_steps must be a positive integer; got {n_steps!r}.")
    starts = np.atleast_2d(np.asarray(x0, dtype=np.float64))
    if starts.ndim != 2 or starts.shape[1] != n_features or not len(starts):
        raise ValueError(
            f"x0 must have shape ({n_features},) or (n, {n_features}); got "
            f"{np.shape(x0)}."
        )
    if not np.isfinite(starts).all():
        raise ValueError("x0 must be finite; got NaN or infinity.")
    if n_paths is None:
        return starts
    if len(starts) > 1 or not isinstance(n_paths, Integral) or n_paths < 1:
        raise ValueError(
            "n_paths is the positive number of paths from one start; got "
            f"n_paths={n_paths} and {len(starts)} starts."
        )
    return np.repeat(starts, n_paths, axis=0)


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
