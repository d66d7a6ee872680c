"""The step, the knots and the frictions of a run, where the reader says none."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from msbook.equations.gradients import HasGradient
from msbook.estimators.effective_potential.noise_covariances import noise_covariance
from msbook.estimators.effective_potential.parts_fit import check_length
from msbook.sampling.large_steps.scales import find_scales
from msbook.sampling.large_steps.window import (
    FRICTIONS,
    SHARES,
    find_friction,
    find_window,
)

_TIMES = (1.0, 2.0, 4.0, 8.0)  # the temperature falls as the friction grows


@dataclass(frozen=True)
class Choices:
    """What a run is made with.

    Attributes
    ----------
    spacing : float
        Distance of the knots.
    step_size : float
    friction : float
    scales : ndarray, shape (k,), or None
        Lengths of the finer parts, where they were looked for.
    """

    spacing: float
    step_size: float
    friction: float
    scales: NDArray[np.float64] | None


def choose(
    scale: float | str,
    step_size: float | None,
    friction: float | None,
    potential: HasGradient,
    starts: NDArray[np.float64],
    rng: np.random.Generator,
) -> Choices:
    """Take what is given, and find the rest by short trials.

    Raises
    ------
    ValueError
        If ``scale="auto"`` finds no fine scale, or none that a step can separate.
    """
    if not isinstance(scale, str):
        step = scale if step_size is None else step_size
        if friction is None:
            # Where none serves, the run says why, and what would.
            friction = find_friction(potential, starts, step, rng, FRICTIONS)
            friction = FRICTIONS[0] if friction is None else friction
        return Choices(float(scale), float(step), friction, None)
    scales = find_scales(potential, starts, rng=rng)
    if not scales.lengths.size:
        raise ValueError(
            'scale="auto" finds no fine scale, of which several waves lie among the '
            "starts q0: nothing is to be averaged. Spread the starts, or give a scale."
        )
    tried = [friction] if friction is not None else list(FRICTIONS)
    if friction is None and scales.rate > 0.0:
        tried = [scales.rate * share for share in SHARES]
    for length, least in zip(scales.lengths, scales.least_steps, strict=True):
        window = find_window(potential, starts, least, rng, tried)
        if window is not None:
            step = window.step_size
            return Choices(step, step, window.friction, scales.lengths)
        warnings.warn(
            f"ripples of length {length:.2g} could not be separated from what is "
            f"coarser: they become noise to steps above {least:.2g}, with which chains "
            "go to infinity. They are resolved as a part of the potential.",
            UserWarning,
            stacklevel=3,
        )
    raise ValueError(
        f'scale="auto" finds ripples of lengths {scales.lengths.round(4).tolist()} and '
        "no step that makes noise of one and keeps the chains. Start them nearer to "
        "the wells, take units in which energies are of the size of one, or give scale "
        "and friction."
    )


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
