"""Large steps through a landscape: deterministic motion that is as good as random."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_count, check_rng
from msbook.equations.gradients import HasGradient
from msbook.integrators.solver import Seed
from msbook.sampling.bursts import check_points
from msbook.sampling.large_steps.chains import run_groups
from msbook.sampling.large_steps.judging import judge
from msbook.sampling.large_steps.result import LargeSteps, collect
from msbook.sampling.large_steps.starting import set_out


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
    periods: Sequence[float | None] | None = None,
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
    periods : sequence of float or None, length d, optional
        Of coordinates that come back, such as angles: their edges reach over one
        period, and positions are counted wherever they are in it.
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
    check_count("keep", keep)
    q0 = check_points("q0", q0)
    rng = check_rng(rng)
    chains, schedule, x, p = set_out(
        potential,
        q0,
        step_size,
        n_steps=n_steps,
        friction=friction,
        mass=mass,
        n_chains=n_chains,
        burn_in=burn_in,
        chain_length=chain_length,
        edges=edges,
        periods=periods,
        thin=thin,
        rng=rng,
    )
    tally = run_groups(chains, schedule, x, p, keep, rng, executor)
    judge(tally, chains, schedule, x, p, q0, rng)
    return collect(tally, chains)
