"""Large steps through a landscape: deterministic motion that is as good as random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import expm

from msbook._compile.tracing.trace import Traced
from msbook._memory import new_array
from msbook._validation import check_count, check_rng
from msbook.equations.gradients import HasGradient, as_potential
from msbook.equations.matrices import as_mass, as_matrix
from msbook.equations.parameters import check_positive
from msbook.equations.paths_apart import check_paths_apart
from msbook.equations.rows import try_trace
from msbook.integrators.solver import Seed
from msbook.sampling.bursts import check_points
from msbook.sampling.large_steps.chains import Chains, run_groups
from msbook.sampling.large_steps.judging import judge
from msbook.sampling.large_steps.result import LargeSteps, collect
from msbook.sampling.large_steps.tally import Bins

_RELAXATIONS = 10.0  # what is left of the starts after the burn-in: exp(-10)
_MOST_CHAINS = 1024
_FAR = 20.0  # times the size of a momentum


def large_steps(
    potential: HasGradient | Callable[[np.ndarray], np.ndarray],
    q0: ArrayLike,
    step_size: float,
    *,
    n_steps: int,
    friction: ArrayLike = 0.1,
    mass: ArrayLike | None = None,
    n_chains: int | None = None,
    burn_in: int | None = None,
    chain_length: int = 1000,
    edges: ArrayLike | Sequence[ArrayLike] | None = None,
    thin: int = 10,
    keep: int = 100_000,
    rng: Seed = None,
    executor: Executor | None = None,
) -> LargeSteps:
    r"""Run the damped mechanical system with steps too large for its finest scales.

    .. math:: q_{n+1/2} &= q_n + \tfrac{\delta}{2} M^{-1} p_n, \\
              p_{n+1} &= e^{-\Gamma M^{-1} \delta} p_n - \delta \nabla V(q_{n+1/2}), \\
              q_{n+1} &= q_{n+1/2} + \tfrac{\delta}{2} M^{-1} p_{n+1} .

    Nothing in it is random, but scales that a step jumps over act as noise, and the
    states follow the Gibbs law of the scales that it resolves.

    A single chain may end in a fixed point or a periodic orbit and tell nothing more.
    So many chains run side by side and are looked at every ``chain_length`` steps.
    One that has come back to where it was in the meantime, or has gone to infinity, is
    dropped with what it gave since the last look, and goes on from the state of
    another, moved by a hair.

    Parameters
    ----------
    potential : Potential, object with ``gradient`` and ``dim``, or callable
        A callable ``f(q)`` takes points ``(n, d)`` and returns their gradients.
    q0 : array_like, shape (n, d)
        Starts, dealt out to the chains; momenta are drawn from the normal law of
        covariance ``mass``.
    step_size : float
        :math:`\delta`, in units of time.
    n_steps : int
        Steps of all chains together, burn-in included.
    friction : float or array_like, shape (d, d)
        :math:`\Gamma`; with ``numpy.inf`` momentum is forgotten at once, which is
        gradient descent, see :func:`msbook.sampling.gradient_descent`.
    mass : float or array_like, shape (d, d), optional
        :math:`M`; the identity by default.
    n_chains : int, optional
        By default as many as leave nine tenths of the steps to the averages, and at
        most 1024.
    burn_in : int, optional
        Steps of each chain before averages begin; by default ten relaxation times of
        the friction.
    chain_length : int
        Steps between two looks at a chain.
    edges : array_like, or sequence of d of them, optional
        Equally spaced edges of histogram bins, for up to three dimensions; without
        them there are no histograms.
    thin : int
        Steps between two states that go into the averages.
    keep : int
        Most samples of position and force to keep.
    rng : int or numpy.random.Generator, optional
        Seed or source of starts.
    executor : concurrent.futures.Executor, optional
        Who computes; the numbers do not depend on it.

    Returns
    -------
    LargeSteps

    Raises
    ------
    ValueError
        If an argument does not fit, or the gradient is not finite at the starts.
    IntegrationError
        If most chains go to infinity or come to rest.

    Warns
    -----
    RuntimeWarning
        If some chains go to infinity, or more than a thousandth of the steps are
        dropped as their chains came to rest; or if the potential does not compile.

    Examples
    --------
    The variance of the momentum, for a ripple of mean square force 1/2 on a quadratic
    and the decay ``a`` of a step, is :math:`\tfrac12 \delta^2 / ((1 - a)(1 + a -
    \delta^2/2))`:

    >>> import msbook as ms
    >>> import numpy as np
    >>> V = ms.systems.quadratic_ripples([1e-4])
    >>> run = ms.sampling.large_steps(V, [[0.0]], 0.5, n_steps=10**6, rng=0)
    >>> a = float(run.decay[0, 0])
    >>> expected = 0.5 * 0.25 / ((1 - a) * (1 + a - 0.125))
    >>> bool(abs(run.momentum_covariance[0, 0] / expected - 1) < 0.03)
    True

    References
    ----------
    Li & Tao (2024), eq. (3.2). The restarts are not in the paper.
    """
    q0 = check_points("q0", q0)
    dim = q0.shape[1]
    check_positive(step_size=step_size)
    _check_counts(n_steps=n_steps, chain_length=chain_length, thin=thin, keep=keep)
    potential = as_potential(potential, dim, "potential")
    masses = as_mass(mass, dim)
    decay, relaxation = _decay(friction, masses, step_size)
    if burn_in is None:
        burn_in = _forgetting(relaxation)
    if n_chains is None:
        n_chains = int(np.clip(n_steps // (10 * max(burn_in, 1)), 1, _MOST_CHAINS))
    _check_counts(n_chains=n_chains)
    _check_counts(burn_in=burn_in, least=0)
    bins = Bins.of(edges, dim)
    rng = check_rng(rng)
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
        drift,
        scales=np.stack([kicks @ np.abs(drift), kicks]),
        limits=_FAR * np.maximum(heat, np.sqrt(masses.diagonal())),
        thin=int(thin),
        bins=bins,
        gradient=_write_down(potential),
    )
    tally = run_groups(chains, schedule, x, p, keep, rng, executor)
    judge(tally, chains, schedule, x, p, rng)
    return collect(tally, bins, step_size, decay, masses)


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
