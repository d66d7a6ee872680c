"""How a run of large steps sets out: its chains, their starts, and its rounds."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from msbook._compile.tracing.trace import Traced
from msbook._memory import new_array
from msbook._validation import check_count, check_periods
from msbook.equations.gradients import HasGradient, as_potential
from msbook.equations.matrices import as_mass, as_matrix
from msbook.equations.parameters import check_positive
from msbook.equations.paths_apart import check_paths_apart
from msbook.equations.rows import try_trace
from msbook.sampling.large_steps.chains import Chains, Schedule
from msbook.sampling.large_steps.tally import Bins

_RELAXATIONS = 10.0  # what is left of the starts after the burn-in: exp(-10)
_MOST_CHAINS = 1024
_FAR = 20.0  # times the size of a momentum


def set_out(
    potential: HasGradient | Callable[[np.ndarray], np.ndarray],
    q0: np.ndarray,
    step_size: float,
    *,
    n_steps: int,
    friction: ArrayLike,
    mass: ArrayLike | None = None,
    n_chains: int | None = None,
    burn_in: int | None = None,
    chain_length: int = 1000,
    edges: ArrayLike | Sequence[ArrayLike] | None = None,
    periods: Sequence[float | None] | None = None,
    thin: int = 1,
    rng: np.random.Generator,
) -> tuple[Chains, Schedule, np.ndarray, np.ndarray]:
    """Chains, their rounds, their first midpoints and momenta, each (n_chains, d).

    Parameters are those of :func:`msbook.sampling.large_steps`.
    """
    dim = q0.shape[1]
    check_positive(step_size=step_size)
    _check_counts(n_steps=n_steps, chain_length=chain_length, thin=thin)
    potential = as_potential(potential, dim, "potential")
    masses = as_mass(mass, dim)
    decay, relaxation = _decay(friction, masses, step_size)
    if burn_in is None:
        burn_in = _forgetting(relaxation)
    if n_chains is None:
        n_chains = int(np.clip(n_steps // (10 * max(burn_in, 1)), 1, _MOST_CHAINS))
    _check_counts(n_chains=n_chains)
    _check_counts(burn_in=burn_in, least=0)
    known = check_periods("periods", periods, dim) or (None,) * dim
    bins = Bins.of(edges, dim, known)
    schedule = _schedule(n_steps, n_chains, burn_in, chain_length, thin)
    drift = step_size * np.linalg.inv(masses)
    p = new_array("the chains", (n_chains, dim), "Take fewer n_chains.")
    p[:] = rng.multivariate_normal(np.zeros(dim), masses, n_chains)
    x = np.resize(rng.permutation(q0), (n_chains, dim)) + 0.5 * p @ drift
    kicks = step_size * force_size(potential, x)
    # Kicks of independent signs add up to this, until the decay balances them.
    slowest = np.abs(np.linalg.eigvals(decay)).max()
    heat = kicks / np.sqrt(1.0 - slowest**2)
    chains = Chains(
        potential,
        float(step_size),
        decay,
        masses,
        drift,
        scales=np.stack([kicks @ np.abs(drift), kicks]),
        limits=_FAR * np.maximum(heat, np.sqrt(masses.diagonal())),
        thin=int(thin),
        bins=bins,
        gradient=_write_down(potential),
    )
    return chains, schedule, x, p


def _write_down(potential: HasGradient) -> Traced | None:
    """The gradient written down, where the potential has component functions."""
    slopes = getattr(potential, "slopes", None)
    if slopes is None or not getattr(potential, "compiled", False):
        return None
    return try_trace(slopes, "this potential", q=potential.dim)


def _decay(friction, mass: np.ndarray, step_size: float) -> tuple[np.ndarray, float]:
    """Decay of the momentum in a step, and steps in which a chain relaxes."""
    if isinstance(friction, float) and friction == np.inf:
        return np.zeros_like(mass), 1.0 / step_size**2
    rate = as_matrix("friction", friction, len(mass)) @ np.linalg.inv(mass)
    slowest = np.linalg.eigvals(rate).real.min() * step_size
    if not slowest > 0:
        raise ValueError(
            "friction must be positive: without it the noise of the small scales "
            f"heats the chains for ever; got {friction!r}."
        )
    return expm(-rate * step_size), max(1.0 / slowest, 1.0)


def _forgetting(relaxation: float) -> int:
    """Steps until a chain has forgotten its start."""
    return int(np.ceil(_RELAXATIONS * relaxation))


def fewest_steps(friction: np.ndarray, step_size: float) -> int:
    """Steps that a run with unit mass and ``thin=1`` cannot do without."""
    _, relaxation = _decay(friction, np.eye(len(friction)), step_size)
    return _forgetting(relaxation) + 2


def _schedule(
    n_steps: int, n_chains: int, burn_in: int, chain_length: int, thin: int
) -> tuple[tuple[int, bool], ...]:
    """Lengths of the rounds between two looks, and whether they count."""
    counted = (n_steps // n_chains - burn_in) // thin * thin
    if counted < 2 * thin:
        raise ValueError(
            f"n_steps = {n_steps} leaves nothing to the averages: {n_chains} chains "
            f"need {burn_in} steps each before averages begin, and {2 * thin} more. "
            f"Take {n_chains * (burn_in + 2 * thin)} steps or more."
        )
    longest = min(chain_length, counted // 2)  # so that the run has two halves
    length = max(longest // thin, 1) * thin
    rounds = [(min(length, counted - at), True) for at in range(0, counted, length)]
    padded = -(-burn_in // thin) * thin
    early = [(min(length, padded - at), False) for at in range(0, padded, length)]
    return (*early, *rounds)


def force_size(potential: HasGradient, q: np.ndarray) -> np.ndarray:
    """Root mean square of each component of the gradient."""
    value = np.asarray(potential.gradient(q))
    if value.shape != q.shape or not np.isfinite(value).all():
        raise ValueError(
            "the gradient must be finite and of the shape of its points, here "
            f"{q.shape}; at the starts it has shape {value.shape} and "
            f"{np.count_nonzero(~np.isfinite(value))} values that are not finite."
        )
    check_paths_apart(potential.gradient, q)  # chains are paths
    return np.sqrt((value**2).mean(axis=0))


def _check_counts(least: int = 1, **values: int) -> None:
    for name, value in values.items():
        check_count(name, value, least)
