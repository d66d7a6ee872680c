"""What metrics take: samples of a law, and trajectories."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import finite_array


def check_sample(name: str, values: ArrayLike) -> NDArray[np.float64]:
    """Finite values (n,) or points (n, dim) as an array, or a ValueError."""
    array = finite_array(name, values)
    if array.ndim not in (1, 2) or not array.size:
        raise ValueError(
            f"{name} must hold finite numbers in shape (n,) or (n, dim) with n ≥ 1; "
            f"got shape {array.shape}."
        )
    return array


def check_trajectories(
    values: ArrayLike, name: str = "trajectories"
) -> NDArray[np.float64]:
    """Finite trajectories (n_traj, n_time[, dim]) as an array, or a ValueError."""
    paths = finite_array(name, values)
    if paths.ndim not in (2, 3) or not paths.size:
        raise ValueError(
            f"{name} must not be empty, and of shape (n_traj, n_time) or "
            f"(n_traj, n_time, dim); got shape {paths.shape}. For one trajectory use "
            "X[None]."
        )
    return paths
