"""What became of the chains of large steps, and what to do where most are lost."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np

from msbook.equations.gradients import GradientFunction, HasGradient
from msbook.integrators.solution import IntegrationError
from msbook.sampling.large_steps.chains import Chains, Schedule, run_group
from msbook.sampling.large_steps.scales import find_scales
from msbook.sampling.large_steps.tally import Tally
from msbook.sampling.large_steps.window import SHARES, find_window

_MOST_DROPPED = 0.5  # beyond it there is no result
_FEW_LOCKED = 0.001  # up to it there is no warning
_TRIAL_CHAINS = 64


class WrongSignError(IntegrationError):
    """Chains go to infinity that stay where the gradient's sign is turned."""


def judge(
    tally: Tally,
    chains: Chains,
    schedule: Schedule,
    x: np.ndarray,
    p: np.ndarray,
    q0: np.ndarray,
    rng: np.random.Generator,
) -> None:
    """Warn of chains that were lost, or raise if most were.

    Parameters
    ----------
    tally : Tally
        Of the run.
    chains : Chains
    schedule : tuple of (int, bool)
    x, p : ndarray, shape (n_chains, d)
        First midpoints and momenta.
    q0 : ndarray, shape (n, d)
        Where chains may start.
    rng : numpy.random.Generator

    Raises
    ------
    IntegrationError
        With the likely cause.
    """
    locked, diverged = tally.dropped_shares
    lost, size = locked + diverged > _MOST_DROPPED, chains.step_size
    if lost and diverged >= locked:
        gone = f"{diverged:.0%} of the chains went to infinity at step size {size:.4g}"
        if _stay_with_other_sign(chains, schedule, x, p, rng):
            raise WrongSignError(
                f"{gone}, and they stay if the sign of the gradient is turned: it may "
                "be a force, −∇V. Then change its sign, lambda q: -force(q). If it is "
                "none, start the chains around a well."
            )
        raise IntegrationError(
            f"{gone}: it is too large for the coarsest scale. "
            + _advice(chains.potential, q0, "Try half of it, or more friction.")
        )
    if lost:
        raise IntegrationError(
            f"{locked:.0%} of the chains came to rest or to a periodic orbit with step "
            f"size {size:.4g}: it resolves the potential. "
            + _advice(chains.potential, q0, "Try a larger one.")
        )
    if diverged > 0:
        _warn(diverged, "went to infinity; try a smaller step size, or more friction")
    if locked > _FEW_LOCKED:
        _warn(locked, "came to rest or to a periodic orbit")


def _advice(potential: HasGradient, q0: np.ndarray, general: str) -> str:
    """A step and a friction that keep the chains, where trials find some."""
    rng = np.random.default_rng(0)  # its own: the caller's goes on as without advice
    if not np.ptp(q0, axis=0).any():
        return general
    try:
        scales = find_scales(potential, q0, rng=rng)
    except ValueError:  # the gradient is not finite around the starts
        return general
    frictions = [scales.rate * share for share in SHARES if scales.rate > 0]
    for length, least in zip(scales.lengths, scales.least_steps, strict=True):
        window = find_window(potential, q0, least, rng, frictions)
        if window is not None:
            return (
                f"Ripples of length {length:.2g} need a step above {least:.2g} to "
                f"become noise. In a trial step_size={window.step_size:.3g} and "
                f"friction={window.friction:.3g} kept the chains: try these."
            )
    return general


def _stay_with_other_sign(
    chains: Chains,
    schedule: Schedule,
    x: np.ndarray,
    p: np.ndarray,
    rng: np.random.Generator,
) -> bool:
    """Whether few chains go to infinity in -V, up to the first round that counts.

    Steps that are too large for a well are no better on a hill.
    """
    turned = GradientFunction(lambda q: -chains.potential.gradient(q), x.shape[1])
    other = replace(chains, potential=turned, gradient=None, bins=None)
    first = next(i for i, (_, counts) in enumerate(schedule) if counts)
    start = slice(_TRIAL_CHAINS)
    trial = run_group(other, schedule[: first + 1], x[start], p[start], 1, rng)
    _, diverged = trial.dropped_shares
    return diverged <= _MOST_DROPPED


def _warn(share: float, what: str) -> None:
    warnings.warn(
        f"{share:.2%} of the run was dropped, as its chains {what}.",
        RuntimeWarning,
        stacklevel=4,
    )
