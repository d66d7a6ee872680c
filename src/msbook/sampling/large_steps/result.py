"""What a run of large steps gives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from msbook.sampling.large_steps.chains import Chains
from msbook.sampling.large_steps.tally import Bins, Tally


@dataclass(frozen=True)
class Moments:
    """Moments of the momentum.

    Attributes
    ----------
    mean : ndarray, shape (d,)
    covariance : ndarray, shape (d, d)
    kurtosis : ndarray, shape (d,)
        Excess kurtosis, 0 for a normal law.
    """

    mean: np.ndarray
    covariance: np.ndarray
    kurtosis: np.ndarray


@dataclass(frozen=True)
class LargeSteps:
    r"""What :func:`large_steps` keeps of its chains.

    Attributes
    ----------
    step_size : float
        :math:`\delta`.
    decay : ndarray, shape (d, d)
        Decay of the momentum in a step, :math:`e^{-\Gamma M^{-1} \delta}`.
    mass : ndarray, shape (d, d)
        :math:`M`.
    edges : ndarray, tuple of ndarray or None
        Edges of the bins, those of each coordinate in several dimensions.
    counts, midpoint_counts : ndarray or None
        Visits of each bin by :math:`q_n` and by :math:`q_{n+1/2}`, of shape
        ``(bins,)``, and in several dimensions one axis a coordinate.
    force_sums : ndarray or None, shape (..., d)
        Sum of :math:`\nabla V(q_{n+1/2})` over the visits of each bin.
    momentum_mean, momentum_covariance, momentum_kurtosis : ndarray
        Moments of :math:`p_n`, as in :class:`Moments`.
    momentum_lag_covariance : ndarray, shape (d, d)
        :math:`E[p_{n+1} p_n^\top]`; NaN where the momentum is forgotten.
    first_half, second_half : Moments
        The same from each half of the run: they agree if it is stationary.
    locked_share, diverged_share : float
        Shares of the steps after the burn-in that were dropped, as the chain had come
        to rest or to a periodic orbit, and as it had gone to infinity.
    n_used : int
        States that went into the averages.
    samples_q, samples_force : ndarray, shape (n, d)
        A thinned selection of :math:`q_{n+1/2}` and :math:`\nabla V(q_{n+1/2})`.
    """

    step_size: float
    decay: np.ndarray
    mass: np.ndarray
    edges: np.ndarray | tuple[np.ndarray, ...] | None
    counts: np.ndarray | None
    midpoint_counts: np.ndarray | None
    force_sums: np.ndarray | None
    momentum_mean: np.ndarray
    momentum_covariance: np.ndarray
    momentum_kurtosis: np.ndarray
    momentum_lag_covariance: np.ndarray
    first_half: Moments
    second_half: Moments
    locked_share: float
    diverged_share: float
    n_used: int
    samples_q: np.ndarray
    samples_force: np.ndarray


def collect(tally: Tally, chains: Chains) -> LargeSteps:
    """Turn sums into averages."""
    locked, diverged = tally.dropped_shares
    bins, step_size, decay = chains.bins, chains.step_size, chains.decay
    dim = len(decay)
    halves = [_moments(powers, dim) for powers in tally.powers]
    powers = tally.powers.sum(axis=0)
    both = _moments(powers, dim)
    return LargeSteps(
        step_size=step_size,
        decay=decay,
        mass=chains.mass,
        edges=None if bins is None else bins.edges,
        counts=_on_grid(tally.counts, bins),
        midpoint_counts=_on_grid(tally.midpoint_counts, bins),
        force_sums=_on_grid(tally.force_sums, bins),
        momentum_mean=both.mean,
        momentum_covariance=both.covariance,
        momentum_kurtosis=both.kurtosis,
        momentum_lag_covariance=_lag_covariance(powers, decay, step_size),
        first_half=halves[0],
        second_half=halves[1],
        locked_share=locked,
        diverged_share=diverged,
        n_used=int(powers[0]),
        samples_q=tally.samples[0],
        samples_force=tally.samples[1],
    )


def _on_grid(sums: np.ndarray, bins: Bins | None) -> np.ndarray | None:
    """Sums bin by bin, without those of what lies outside."""
    return None if bins is None else sums[:-1].reshape(*bins.shape, *sums.shape[1:])


def _moments(powers: np.ndarray, dim: int) -> Moments:
    """Moments from the sums of a :class:`Tally`."""
    mean, second, third, fourth = powers[1 : 1 + 4 * dim].reshape(4, dim) / powers[0]
    products = powers[1 + 4 * dim :][: dim * dim].reshape(dim, dim) / powers[0]
    central = fourth - 4 * mean * third + 6 * mean**2 * second - 3 * mean**4
    return Moments(
        mean=mean,
        covariance=products - np.outer(mean, mean),
        kurtosis=central / (second - mean**2) ** 2 - 3.0,
    )


def _lag_covariance(
    powers: np.ndarray, decay: np.ndarray, step_size: float
) -> np.ndarray:
    r"""From the step backwards, :math:`A p_n = p_{n+1} + \delta \nabla V`."""
    dim = len(decay)
    if not decay.any():
        return np.full((dim, dim), np.nan)
    own, with_force = powers[1 + 4 * dim :].reshape(2, dim, dim) / powers[0]
    return np.linalg.solve(decay, (own + step_size * with_force).T).T
