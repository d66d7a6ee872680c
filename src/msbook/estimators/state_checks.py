"""What states and trajectories must look like."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array

_AXES = {1: "dim", 2: "n_particles, dim"}


def check_trajectories(
    name: str, values: ArrayLike, dim: int | None = None, n_axes: int = 1
) -> NDArray[np.float64]:
    """Trajectories of finite numbers, ``(n_traj, n_time, dim)``.

    With ``n_axes = 2`` of sets of particles, ``(n_traj, n_time, n_particles, dim)``.
    """
    states = check_states(name, values, dim, n_axes)
    if states.ndim != 2 + n_axes or not states.size:
        advice = {
            1 + n_axes: " For one trajectory use trajectory[None].",
            3 + n_axes: " Reshape what is more to one axis of components.",
        }.get(states.ndim, "")
        raise ValueError(
            f"{name} must have shape (n_traj, n_time, {_AXES[n_axes]}); got "
            f"{states.shape}.{advice}"
        )
    return states


def check_states(
    name: str, values: ArrayLike, dim: int | None = None, n_axes: int = 1
) -> NDArray[np.float64]:
    """States of finite numbers, ``(..., dim)`` or ``(..., n_particles, dim)``."""
    states = finite_array(name, values)
    of_a_state = states.shape[-n_axes:]
    fits = len(of_a_state) == n_axes and 0 not in of_a_state
    if not fits or (dim is not None and states.shape[-1] != dim):
        last = "" if dim is None else f", with {dim} components in its last axis"
        raise ValueError(
            f"{name} must have shape (..., {_AXES[n_axes]}){last}; got {states.shape}."
        )
    return states
