"""The friction of the run that is fitted, balanced with its noise where asked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from msbook.equations.gradients import HasGradient
from msbook.estimators.effective_potential.noise_covariances import noise_covariance
from msbook.estimators.effective_potential.parts_fit import check_length
from msbook.sampling.large_steps.window import find_friction

_TIMES = (1.0, 2.0, 4.0, 8.0)  # the temperature falls as the friction grows


def choose_friction(
    potential: HasGradient,
    starts: NDArray[np.float64],
    step_size: float,
    *,
    friction: float,
    balance: bool,
    keep: bool,
    n_steps: int,
    rng: np.random.Generator,
    trials: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Friction (d, d) of the second stage, and the noise covariance of the first.

    The balanced one is kept, or taken several times where that keeps the chains.

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
    balanced = covariance / 2
    if not keep:
        several = [times * balanced for times in _TIMES]
        found = find_friction(potential, starts, step_size, trials, several)
        balanced = balanced if found is None else np.asarray(found)
    check_length(n_steps, balanced, step_size)
    return balanced, covariance
