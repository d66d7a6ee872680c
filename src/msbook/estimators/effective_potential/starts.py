"""Where chains in a potential start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.equations.gradients import HasGradient
from msbook.sampling.bursts import check_points
from msbook.sampling.large_steps.starting import force_size

_N_STARTS = 1024
_MOST_COORDINATES = 3  # of splines
_SAME = 1e-6  # of the force: what rounding makes of a ripple a period later


def starts_of(
    potential: Any, q0: ArrayLike | None, rng: np.random.Generator
) -> NDArray[np.float64]:
    """The given starts (n, d), or those that a potential has of its own."""
    if q0 is not None:
        return check_points("q0", q0)
    if not hasattr(potential, "starts"):
        raise ValueError(
            "q0 must say where the chains start, shape (n, d): only a Potential knows "
            f"starts of its own; got None, and a gradient that is a "
            f"{type(potential).__name__}."
        )
    return potential.starts(_N_STARTS, rng)


def check_starts(
    potential: HasGradient,
    starts: NDArray[np.float64],
    periods: Sequence[float | None],
) -> None:
    """A gradient that is finite at the starts (n, d), in three coordinates at most.

    Raises
    ------
    ValueError
        If it is not, there are more, or it has not the periods that are given.
    """
    dim = starts.shape[1]
    if dim > _MOST_COORDINATES:
        raise ValueError(
            f"q0 must have one to {_MOST_COORDINATES} coordinates; got {dim}, for "
            "which splines are too many. Learn in a few slow ones."
        )
    size = force_size(potential, starts).max()
    for i, period in enumerate(periods):
        if period is None:
            continue
        later = starts + period * np.eye(dim)[i]
        change = np.abs(potential.gradient(later) - potential.gradient(starts)).max()
        if change > _SAME * size:
            raise ValueError(
                f"periods must be those of the gradient; after {period:g} along "
                f"coordinate {i} it changes by up to {change:.2g}."
            )
