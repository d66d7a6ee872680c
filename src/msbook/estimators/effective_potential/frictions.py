"""The friction of the run that is fitted, balanced with its noise where asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from msbook.equations.gradients import HasGradient
from msbook.estimators.effective_potential.noise_covariances import noise_covariance
from msbook.estimators.effective_potential.parts_fit import check_length


def choose_friction(
    potential: HasGradient,
    starts: NDArray[np.float64],
    step_size: float,
    *,
    friction: float,
    balance: bool,
    n_steps: int,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Friction (d, d) of the second stage, and the noise covariance of the first.

    Raises
    ------
    ValueError
        If ``n_steps`` are too few at this friction.
    """
    isotropic = friction * np.eye(potential.dim)
    check_length(n_steps, isotropic, step_size)
    if not balance or potential.dim == 1:
        return isotropic, None
    covariance = noise_covariance(
        potential, starts, step_size, friction=friction, n_steps=n_steps, rng=rng
    )
    check_length(n_steps, covariance / 2, step_size)
    return covariance / 2, covariance
