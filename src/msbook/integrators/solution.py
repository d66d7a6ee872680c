"""What a simulation returns, and what it raises."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


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

    t: np.ndarray
    y: np.ndarray
