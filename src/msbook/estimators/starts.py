"""Where chains in a potential start."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.sampling.bursts import check_points

_N_STARTS = 1024


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
