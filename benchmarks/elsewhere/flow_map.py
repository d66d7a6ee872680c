"""Stochastic flow maps with their defaults, on systems that are not in the book.

Protocol, fixed before the first run but for three changes after a look at other seeds:
rollouts in Prinz's potential last 500 lags and not 200, in which the data themselves
had not relaxed; of five rollouts the median counts, for one is off by a tenth by
chance; and hidden layers are of 64, with more patience. All was judged anew.

Seeds 0 to 4 draw data and train. Each system has 50 000 pairs from 500 paths, but for
the standing component (8 000). Statistics:

- prinz: total variation of the histogram of 2 000 last states, over that of as many
  exact ones (bound 1.2), and the worst relative error of three implied timescales
  (bound .1); see prinz.py.
- triple well in the plane (Metzner, Schuette & Vanden-Eijnden 2006), kT = .6, lag .1:
  the same ratio, on 12 by 12 bins.
- five correlated components, x' = A x + L noise: relative error of the one-step
  covariance in the Frobenius norm (bound .025).
- rare jumps, x' = .9 x + .026 noise, and +1 or -1 with probability p = .005, .001:
  relative error of the spread of rollouts after 60 steps. That of the data is beside.
- heavy tails, x' = .5 x + Student's t of 3: largest log-ratio of the mass beyond 5
  and 10 to the exact one.
- a standing component, a parameter that differs from path to path: the furthest that
  it moves in 100 steps, and the relative error of the spread of the other.

In one of five data sets of prinz the first bound is missed, and on other seeds it is
missed by more: 50 000 pairs are 500 units of time, of which the slowest motion takes
.83, so that the wells' shares are known to about .02. On data from seeds 500 to 504
the expected ratio of the law that a flow map leads to was 1.39, 1.27, 1.78, 1.14 and
1.21, and that of a Markov state model, which has no training, 1.29, 1.21, 1.63, 1.06
and 1.10. The rest is the training's: other seeds of it move the ratio by a tenth. A
learning rate of .003, hidden layers of 32 and batches of 4096 did not mend it. The
bound stays as it was fixed.

Peers: a linear map with Gaussian noise of constant covariance by least squares, and in
one dimension a Markov state model on 100 cells.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy.stats import t as student

import msbook as ms
from benchmarks.elsewhere import prinz
from msbook.sampling import pairs

SEEDS = range(5)
N_PATHS, N_LAGS, N_LAST, N_ROLLOUTS = 500, 100, 2000, 5
_OFF = 300  # data are drawn from seeds that no look before used


class LinearGaussian:
    """x' = b + A x + L noise, by least squares."""

    def fit(self, x, y):
        """Learn the map."""
        ones = np.column_stack([x, np.ones(len(x))])
        self.map = np.linalg.lstsq(ones, y)[0]
        self.root = np.linalg.cholesky(np.atleast_2d(np.cov((y - ones @ self.map).T)))
        return self

    def sample(self, x, rng=None):
        """Next states."""
        noise = np.random.default_rng(rng).normal(size=x.shape)
        return x @ self.map[:-1] + self.map[-1] + noise @ self.root.T

    def rollout(self, x, n_steps, rng=None):
        """Paths, of which the last two states are kept."""
        rng, before = np.random.default_rng(rng), x
        for _ in range(n_steps):
            before, x = x, self.sample(x, rng)
        return np.stack([before, x], axis=1)


class MarkovModel:
    """A Markov chain on cells of a line; its next state is even within a cell."""

    def __init__(self, low, high, n_cells=100):
        self.edges = np.linspace(low, high, n_cells + 1)

    def fit(self, x, y):
        """Count transitions; cells that are never left stay out."""
        n = len(self.edges) - 1
        here, there = self._cell(x), self._cell(y)
        counts = np.zeros((n, n))
        np.add.at(counts, (here, there), 1)
        seen = counts.sum(axis=1) > 0
        counts[:, ~seen] = 0
        counts[~seen, np.argmax(seen)] = 1
        self.seen, sums = seen, counts.sum(axis=1, keepdims=True)
        self.chances = counts / np.where(sums > 0, sums, 1)
        self.levels = np.cumsum(self.chances, axis=1)
        return self

    def _cell(self, x):
        return np.clip(np.digitize(x[:, 0], self.edges) - 1, 0, len(self.edges) - 2)

    def rollout(self, x, n_steps, rng=None):
        """Paths, of which the last two states are kept."""
        rng, before = np.random.default_rng(rng), x
        for _ in range(n_steps):
            levels = self.levels[self._cell(x)]
            cell = (rng.random((len(x), 1)) > levels[:, :-1]).sum(axis=1)
            width = self.edges[1] - self.edges[0]
            before, x = x, (self.edges[cell] + width * rng.random(len(x)))[:, None]
        return np.stack([before, x], axis=1)

    def timescales(self, lag):
        """The three slowest."""
        inner = self.chances[np.ix_(self.seen, self.seen)]
        values = np.sort(np.abs(np.linalg.eigvals(inner)))[::-1]
        return -lag / np.log(values[1:4])


def study(seeds=SEEDS) -> list[dict[str, Any]]:
    """Rows of the study: a system, a model and a statistic each."""
    rows = []
    for name, run in SYSTEMS.items():
        found: dict[tuple[str, str], list[float]] = {}
        seconds: dict[str, list[float]] = {}
        for seed in seeds:
            for model, statistics, cost in run(seed):
                seconds.setdefault(model, []).append(cost)
                for statistic, value in statistics.items():
                    found.setdefault((model, statistic), []).append(float(value))
        for (model, statistic), values in found.items():
            rows.append(
                {
                    "system": name,
                    "model": model,
                    "statistic": statistic,
                    "median": float(np.median(values)),
                    "worst": float(np.max(values)),
                    "values": [round(value, 5) for value in values],
                    "seconds": round(float(np.median(seconds[model])), 2),
                }
            )
    return rows


def _runs(models: dict[str, Any], x, y, judge: Callable):
    """Name, statistics and seconds of fitting of each model."""
    for name, model in models.items():
        begun = time.process_time()
        model.fit(x, y)
        cost = time.process_time() - begun
        yield name, judge(model), cost


def _models(seed, **more):
    return {
        "flow map": ms.StochasticFlowMap(random_state=seed),
        "linear Gaussian": LinearGaussian(),
        **more,
    }


def _usual_variation(shares, rng):
    """Total variation of samples of a law, the median of a hundred."""
    drawn = rng.multinomial(N_LAST, shares, size=100) / N_LAST
    return np.median(0.5 * np.abs(drawn - shares).sum(axis=1))


def _prinz(seed):
    x, y = pairs(prinz.paths(N_PATHS, N_LAGS, _OFF + seed))
    rng = np.random.default_rng(2 * _OFF + seed)
    usual = _usual_variation(prinz.exact_shares(), rng)
    exact = prinz.exact_timescales()

    def judge(model):
        apart = [
            prinz.total_variation(
                model.rollout(rng.uniform(-1, 1, (N_LAST, 1)), 500, rng=draw)[:, -1, 0]
            )
            for draw in range(N_ROLLOUTS)
        ]
        found = {"total variation over that of data": np.median(apart) / usual}
        if isinstance(model, MarkovModel):
            times = model.timescales(prinz.LAG)
        elif isinstance(model, LinearGaussian):
            return found
        else:
            times = prinz.timescales(model.log_prob)
        return found | {"error of timescales": np.abs(times / exact - 1).max()}

    markov = {"Markov state model": MarkovModel(-1.3, 1.3)}
    return _runs(_models(seed, **markov), x, y, judge)


def _wells_drift(t, q, p):
    x, y = q[0], q[1]
    top = 6 * np.exp(-(x**2) - (y - 1 / 3) ** 2)
    low = -6 * np.exp(-(x**2) - (y - 5 / 3) ** 2)
    right = -10 * np.exp(-((x - 1) ** 2) - y**2)
    left = -10 * np.exp(-((x + 1) ** 2) - y**2)
    by_x = -x * (top + low) - (x - 1) * right - (x + 1) * left + 0.8 * x**3
    by_y = -(y - 1 / 3) * top - (y - 5 / 3) * low - y * (right + left)
    return -by_x, -(by_y + 0.8 * (y - 1 / 3) ** 3)


def _wells_noise(t, q, p):
    return np.sqrt(2 * 0.6), np.sqrt(2 * 0.6)


def _wells_shares(bins, n=40):
    edges = [np.linspace(b[0], b[-1], n * (len(b) - 1) + 1) for b in bins]
    x, y = np.meshgrid(*[(e[1:] + e[:-1]) / 2 for e in edges], indexing="ij")
    wells = 3 * np.exp(-(x**2) - (y - 1 / 3) ** 2)
    wells -= 3 * np.exp(-(x**2) - (y - 5 / 3) ** 2)
    wells -= 5 * (np.exp(-((x - 1) ** 2)) + np.exp(-((x + 1) ** 2))) * np.exp(-(y**2))
    wells += 0.2 * x**4 + 0.2 * (y - 1 / 3) ** 4
    k = len(bins[0]) - 1
    weights = np.exp(-wells / 0.6).reshape(k, n, k, n).sum(axis=(1, 3))
    return weights / weights.sum()


def _triple_well(seed):
    rng = np.random.default_rng(_OFF + seed)
    system = ms.SDE(_wells_drift, _wells_noise, y0=(0.0, 0.0))
    starts = rng.uniform([-2, -1.5], [2, 2.5], (N_PATHS, 2))
    span = (0.0, 0.1 * N_LAGS)
    solved = ms.solve(system, starts, t_span=span, dt=1e-3, save_every=100, rng=rng)
    bins = np.linspace(-2.5, 2.5, 13), np.linspace(-2, 3, 13)
    shares = _wells_shares(bins)
    usual = _usual_variation(shares.ravel(), rng)

    def judge(model):
        apart = []
        for draw in range(N_ROLLOUTS):
            begin = rng.uniform([-2, -1.5], [2, 2.5], (N_LAST, 2))
            last = model.rollout(begin, 300, rng=draw)[:, -1]
            found = np.histogram2d(*last.T, bins)[0] / N_LAST
            apart.append(0.5 * (np.abs(found - shares).sum() + 1 - found.sum()))
        return {"total variation over that of data": np.median(apart) / usual}

    return _runs(_models(seed), *pairs(solved.y), judge)


def _five(seed):
    rng = np.random.default_rng(3)
    turn = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    matrix = turn @ np.diag([0.95, 0.9, 0.8, 0.7, 0.5]) @ turn.T
    root = np.tril(0.3 * rng.normal(size=(5, 5))) + 0.3 * np.eye(5)
    exact = root @ root.T
    rng = np.random.default_rng(_OFF + seed)
    path = np.zeros((N_PATHS, N_LAGS + 41, 5))
    for n in range(N_LAGS + 40):
        path[:, n + 1] = path[:, n] @ matrix.T + rng.normal(size=(N_PATHS, 5)) @ root.T
    x, y = pairs(path[:, 40:])

    def judge(model):
        many = np.tile(x, (4, 1))
        moved = model.sample(many, rng=seed) - many @ matrix.T
        error = np.linalg.norm(np.cov(moved.T) - exact)
        return {"error of covariance": error / np.linalg.norm(exact)}

    return _runs(_models(seed), x, y, judge)


def _jumps(chance):
    def run(seed):
        rng = np.random.default_rng(_OFF + seed)
        path = np.zeros((N_PATHS, N_LAGS + 61))
        for n in range(N_LAGS + 60):
            jump = (rng.random(N_PATHS) < chance) * rng.choice([-1, 1], N_PATHS)
            path[:, n + 1] = 0.9 * path[:, n] + 0.026 * rng.normal(size=N_PATHS) + jump
        x, y = pairs(path[:, 60:, None])
        exact = np.sqrt((0.026**2 + chance) / (1 - 0.9**2))
        yield "data", {"error of spread": abs(x.std() / exact - 1)}, 0.0

        def judge(model):
            last = model.rollout(x[:20_000], 60, rng=seed)[:, -1]
            return {"error of spread": abs(last.std() / exact - 1)}

        yield from _runs(_models(seed), x, y, judge)

    return run


def _heavy(seed):
    rng = np.random.default_rng(_OFF + seed)
    x = rng.standard_t(3, (N_PATHS * N_LAGS, 1))
    y = 0.5 * x + rng.standard_t(3, x.shape)

    def judge(model):
        moved = model.sample(np.zeros((400_000, 1)), rng=seed)
        masses = [(np.abs(moved) > c).mean() / (2 * student.sf(c, 3)) for c in (5, 10)]
        return {"log-ratio of tails": np.abs(np.log(np.maximum(masses, 1e-9))).max()}

    return _runs(_models(seed), x, y, judge)


def _standing(seed):
    rng = np.random.default_rng(_OFF + seed)
    k = rng.choice([1e-3, 2e-3, 5e-3], size=(8000, 1))
    x = rng.normal(size=(8000, 1))
    y = np.hstack([0.5 * x + 100 * k * rng.normal(size=x.shape), k])

    def judge(model):
        paths = model.rollout(np.tile([0.0, 1e-3], (4000, 1)), 100, rng=seed)
        spread = paths[:, -1, 0].std() / (0.1 / np.sqrt(0.75))
        return {
            "parameter moves by": np.abs(paths[..., 1] - 1e-3).max(),
            "error of spread": abs(spread - 1),
        }

    flow = {"flow map": ms.StochasticFlowMap(random_state=seed)}
    return _runs(flow, np.hstack([x, k]), y, judge)


SYSTEMS: dict[str, Callable] = {
    "prinz": _prinz,
    "triple well": _triple_well,
    "five correlated components": _five,
    "jumps of probability .005": _jumps(0.005),
    "jumps of probability .001": _jumps(0.001),
    "heavy tails": _heavy,
    "standing component": _standing,
}
