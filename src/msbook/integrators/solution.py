"""What a simulation returns, and what it raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array


class IntegrationError(ValueError):
    """A simulation that cannot go on: a state not finite, or too many reactions."""


@dataclass(frozen=True)
class Solution:
    """Trajectories on a common time grid.

    Attributes
    ----------
    t : ndarray, shape (n_time,)
        Times, the start included.
    y : ndarray, shape (n_traj, n_time, dim) or (n_traj, n_time, n_particles, dim)
        States; the latter of clouds.
    """

    t: NDArray[np.float64]
    y: NDArray[np.float64]

    if TYPE_CHECKING:  # what comes in; the fields are what it is made into

        def __init__(self, t: ArrayLike, y: ArrayLike) -> None: ...

    def __post_init__(self) -> None:
        for name in ("t", "y"):
            values = getattr(self, name)
            if type(values) is not np.ndarray or values.dtype != np.float64:
                object.__setattr__(self, name, finite_array(name, values))
            elif not np.isfinite(values).all():  # without a copy of what may be long
                finite_array(name, values)
