"""Whether a reader's function treats each path by itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray


def check_paths_apart(
    evaluate: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    y: NDArray[np.float64],
) -> None:
    """Refuse a function whose value for a path depends on the paths beside it.

    For one path ``y[0].sum()`` or ``y[0][0]`` mean what they say; on rows, with an
    entry a path, they mix the paths. Two of them are looked at, alone and together, and
    a little moved: at rest all that is left is rounding, which differs. A function that
    gives two values for one path, as it draws random numbers, cannot be judged, nor can
    one that fails.

    Parameters
    ----------
    evaluate : callable
        A function of states of shape ``(n, dim)``; its first axis is the paths too.
    y : ndarray, shape (n_traj, dim)
        States.

    Raises
    ------
    ValueError
        If the paths are mixed.
    """
    if len(y) < 2:
        return
    pair = y[[0, -1]]
    moves = np.random.default_rng(0).uniform(-1e-3, 1e-3, pair.shape)
    pair = pair + moves * np.where(pair == 0.0, 1.0, pair)
    try:
        with np.errstate(all="ignore"):
            first, again, second = (
                evaluate(one) for one in (pair[:1], pair[:1], pair[1:])
            )
            together = evaluate(pair)
    except Exception:
        return  # the run itself tells
    if not np.array_equal(first, again, equal_nan=True):
        return
    alone = np.concatenate([first, second])
    rounding = 1e-12 * np.abs(alone).max(initial=0.0)
    if not np.allclose(alone, together, rtol=1e-6, atol=rounding, equal_nan=True):
        raise ValueError(
            "a function mixes paths: what it returns for one of them changes with the "
            "others. A row, y[i], has one entry a path, and each must be treated by "
            "itself: no y[i][0], and no sum, mean, maximum or norm over all entries "
            "(np.sum(y, axis=0) adds components)."
        )
