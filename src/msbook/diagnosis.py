"""Is a stochastic flow map right for these data, and did it learn them?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import PolynomialFeatures

from msbook.diagnosis_report import Diagnosis, GeneratorReport
from msbook.integrators import IntegrationError
from msbook.integrators.solving import Seed
from msbook.metrics import (
    closure_bias,
    closure_rate,
    relative_wasserstein,
    statistical_floor,
)
from msbook.sampling.pairs import Trajectories, as_groups, pairs

Periods = Sequence[float | None] | None

_DEGREE = 3  # of the polynomial that stands for the conditional mean
_MOST_PAIRS = 100_000  # for its fit and for one-step laws; more change no digit shown
_BINS = 20  # of equal weight, in which the long-run law is looked for


def diagnose(
    trajectories: Trajectories,
    dt: float,
    *,
    lag: int = 1,
    periods: Periods = None,
    generator: Any = None,
    rng: Seed = 0,
) -> Diagnosis:
    r"""Examine data, and a generator trained on them, for what spoils a flow map.

    The conditional mean of the increment, :math:`m(x)`, is fitted by a polynomial of
    degree 3. What is left over are fluctuations,

    .. math:: \xi_n = q_{n+\ell} - q_n - m(q_n), \qquad
              \rho = \frac{E[\xi_n\,\xi_{n+\ell}]}{E[\xi_n^2]},

    and those of a Markov process are uncorrelated. A positive correlation tells how
    long the fast noise remembers, see :func:`msbook.metrics.closure_rate`; a negative
    one speaks of measurement noise.

    Parameters
    ----------
    trajectories : array, shape (n_traj, n_time, dim), Solution, or list of arrays
        Slow states at equal distances in time.
    dt : float
        Time between two saved states.
    lag : int
        :math:`\ell`, saved states between the two of a pair.
    periods : sequence of float or None, length dim, optional
        Periods of components on a circle, see :func:`msbook.sampling.pairs`.
    generator : object, optional
        Anything with ``sample(x, rng=...)`` and ``rollout(x0, n_steps, rng=...)``, such
        as :class:`msbook.StochasticFlowMap`, trained at this lag.
    rng : int or numpy.random.Generator
        Seed or source, for the generator.

    Returns
    -------
    Diagnosis
        Figures and findings.

    Raises
    ------
    ValueError
        If the trajectories, the lag or ``dt`` do not fit.

    Examples
    --------
    >>> import msbook as ms
    >>> system = ms.systems.slow_ornstein_uhlenbeck(eps=0.2)
    >>> x = system.trajectories(500, 4.0, 0.04, rng=0)
    >>> print(ms.diagnose(x, dt=0.04).findings[0][:56])
    The lag is short beside the memory of the fast noise: su

    References
    ----------
    Chen & Xiu (2024), for what a flow map takes for granted.
    """
    if not 0 < dt < np.inf:
        raise ValueError(f"dt must be positive and finite; got {dt!r}.")
    groups = as_groups(trajectories)
    x, y = pairs(trajectories, lag, periods=periods)
    mean = _ConditionalMean(x, y, periods)
    correlation, error = _successive_correlation(groups, lag, mean)
    rate = np.array(
        [
            closure_rate(min(c, 0.999), lag * dt) if c > max(4 * e, 0.01) else np.inf
            for c, e in zip(correlation, error, strict=True)
        ]
    )
    t_observed = dt * sum(len(group) * (group.shape[1] - 1) for group in groups)
    return Diagnosis(
        dt=dt,
        lag=lag,
        n_pairs=len(x),
        t_observed=t_observed,
        correlation=correlation,
        correlation_error=error,
        closure_rate=rate,
        closure_bias=closure_bias(rate, lag * dt),
        explained=1.0 - mean.fluctuations(x, y).var(axis=0) / mean.total_variance(y),
        floor=_floor(x, y, lag * dt, t_observed, mean.on_circle),
        generator=(
            None
            if generator is None
            else _compare(generator, groups, lag, periods, mean, rng)
        ),
    )


class _ConditionalMean:
    """Polynomial fit of the mean increment; circles enter by cosine and sine."""

    def __init__(self, x: NDArray, y: NDArray, periods: Periods) -> None:
        given = [None] * x.shape[1] if periods is None else periods
        self.on_circle = np.array([period is not None for period in given])
        self.periods = np.array([1.0 if p is None else p for p in given])
        few = slice(None, None, -(-len(x) // _MOST_PAIRS))
        self.centre, scale = x.mean(axis=0), x.std(axis=0)
        self.scale = np.where(scale > 0, scale, 1.0)
        self.polynomial = PolynomialFeatures(_DEGREE)
        design = self.polynomial.fit_transform(self._features(x[few]))
        self.coefficients = np.linalg.lstsq(design, (y - x)[few], rcond=None)[0]

    def _features(self, x: NDArray) -> NDArray[np.float64]:
        line = ((x - self.centre) / self.scale)[:, ~self.on_circle]
        angle = 2.0 * np.pi * (x / self.periods)[:, self.on_circle]
        return np.hstack([line, np.cos(angle), np.sin(angle)])

    def fluctuations(self, x: NDArray, y: NDArray) -> NDArray[np.float64]:
        """Increments less their conditional mean, nearest branch on circles."""
        whole = self.periods * np.round((y - x) / self.periods)
        increment = y - x - np.where(self.on_circle, whole, 0.0)
        design = self.polynomial.transform(self._features(x))
        return increment - design @ self.coefficients

    def total_variance(self, y: NDArray) -> NDArray[np.float64]:
        """Variance of states; that of a uniform angle on circles."""
        return np.where(self.on_circle, self.periods**2 / 12.0, y.var(axis=0))


def _successive_correlation(
    groups: list[NDArray], lag: int, mean: _ConditionalMean
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Correlation of fluctuations one lag apart, and its standard error."""
    products, squares, dim = [], [], groups[0].shape[2]
    for group in groups:
        now, then = group[:, :-lag], group[:, lag:]
        rest = mean.fluctuations(now.reshape(-1, dim), then.reshape(-1, dim))
        rest = rest.reshape(now.shape)
        products.append((rest[:, :-lag] * rest[:, lag:]).reshape(-1, dim))
        squares.append((rest**2).reshape(-1, dim))
    product, square = np.concatenate(products), np.concatenate(squares).mean(axis=0)
    if not len(product):
        return np.full(dim, np.nan), np.full(dim, np.nan)
    # Products that overlap are alike: only every lag-th one counts.
    error = product.std(axis=0) / np.sqrt(len(product) / lag)
    return product.mean(axis=0) / square, error / square


def _floor(
    x: NDArray, y: NDArray, time: float, t_observed: float, on_circle: NDArray
) -> NDArray[np.float64]:
    """Floor of the mean, by the rate at which a linear model's correlation decays."""
    floor = np.full(len(on_circle), np.nan)
    line = ~on_circle
    now, then = (
        x[:, line] - x[:, line].mean(axis=0),
        y[:, line] - y[:, line].mean(axis=0),
    )
    covariance = now.T @ now / len(now)
    step = np.linalg.lstsq(now, then, rcond=None)[0].T
    if line.any() and np.abs(np.linalg.eigvals(step)).max() < 1:
        # The integral of the correlation function, by the trapezoidal rule.
        total = np.linalg.solve(np.eye(len(step)) - step, covariance) - covariance / 2
        times = time * np.diag(total) / np.diag(covariance)
        floor[line] = statistical_floor(1.0 / times, t_observed)
    return floor


def _compare(
    generator: Any,
    groups: list[NDArray],
    lag: int,
    periods: Periods,
    mean: _ConditionalMean,
    rng: Seed,
) -> GeneratorReport:
    """One-step and long-run laws of the generator beside those of the data."""
    rng = np.random.default_rng(rng)
    memory, dim = getattr(generator, "memory", 0), groups[0].shape[2]
    x, y = pairs(
        [path for group in groups for path in group],
        lag,
        memory=memory,
        periods=periods,
    )
    chosen = rng.permutation(len(x))[:_MOST_PAIRS]
    now, sampled = x[chosen, :dim], generator.sample(x[chosen], rng=rng)
    data = mean.fluctuations(now, y[chosen])
    model = mean.fluctuations(now, np.asarray(sampled))
    true_end, model_end = [], []
    for group in groups:
        starts = [
            pairs(g[None], lag, memory=memory, periods=periods)[0][0] for g in group
        ]
        states = group[:, memory * lag :: lag]
        try:
            paths = generator.rollout(np.array(starts), states.shape[1] - 1, rng=rng)
        except IntegrationError:
            paths = np.full_like(states, np.nan)
        half = states.shape[1] // 2
        true_end.append(states[:, half:].reshape(-1, dim))
        model_end.append(np.asarray(paths)[:, half:].reshape(-1, dim))
    truth, ours = np.concatenate(true_end), np.concatenate(model_end)
    finite = bool(np.isfinite(ours).all())
    nowhere = np.full(dim, np.nan)
    return GeneratorReport(
        one_step=relative_wasserstein(model, data),
        spread=model.std(axis=0) / data.std(axis=0),
        long_run=relative_wasserstein(ours, truth) if finite else nowhere,
        coverage=_coverage(ours, truth) if finite else nowhere,
    )


def _coverage(sample: NDArray, reference: NDArray) -> NDArray[np.float64]:
    """Share of bins of equal weight that get a tenth of their share or more."""
    shares = []
    for ours, true in zip(sample.T, reference.T, strict=True):
        edges = np.quantile(true, np.arange(1, _BINS) / _BINS)
        counts = np.bincount(np.searchsorted(edges, ours), minlength=_BINS)
        shares.append(np.mean(counts >= 0.1 * len(ours) / _BINS))
    return np.array(shares)
