"""Gillespie's method: exact laws, conservation, and a plain loop as the oracle."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.linalg import expm

import msbook as ms
from msbook.integrators import Gillespie
from msbook.systems import ReactionNetwork, dimerisation

BIRTH_DEATH = ReactionNetwork([[0], [1]], [[1], [-1]], rates=[20.0, 1.0], y0=[0])
DECAY = ReactionNetwork([[1]], [[-1]], rates=[2.0], y0=[1])
ISOMERISATION = ReactionNetwork(
    [[1, 0], [0, 1]], [[-1, 1], [1, -1]], rates=[3.0, 1.0], y0=[100, 0]
)


def ensemble(network, n, duration, rng, **options):
    y0 = np.tile(network.y0, (n, 1))
    return ms.solve(
        network, y0, t_span=(0, duration), dt=duration, rng=rng, **options
    ).y[:, -1]


def close(sample, mean, variance):
    """Whether mean and variance of a sample are right, to 4.5 standard errors."""
    n = len(sample)
    fourth = ((sample - sample.mean()) ** 4).mean()
    mean_error = abs(sample.mean() - mean) / np.sqrt(variance / n)
    variance_error = abs(sample.var() - variance) / np.sqrt((fourth - variance**2) / n)
    return mean_error < 4.5 and variance_error < 4.5


def chi_square(sample, law):
    """p-value of integers against a law, neighbouring rare values put together."""
    low, high = int(law.ppf(0.005)), int(law.ppf(0.995))
    inner = np.arange(low, high)
    expected = np.r_[law.cdf(low - 1), law.pmf(inner), law.sf(high - 1)]
    found = np.r_[
        (sample < low).sum(),
        [(sample == k).sum() for k in inner],
        (sample >= high).sum(),
    ]
    return stats.chisquare(found, len(sample) * expected).pvalue


def test_birth_and_death_reach_the_poisson_law():
    x = ensemble(BIRTH_DEATH, 20_000, 20.0, rng=0)[:, 0]
    assert close(x, 20.0, 20.0)
    assert chi_square(x, stats.poisson(20)) > 1e-3


def test_birth_and_death_are_poisson_at_every_time():
    paths = ms.solve(BIRTH_DEATH, np.zeros((20_000, 1)), t_span=(0, 2), dt=0.5, rng=1)
    for k in range(1, 5):
        mean = 20 * (1 - np.exp(-paths.t[k]))
        assert chi_square(paths.y[:, k, 0], stats.poisson(mean)) > 1e-3


def test_isomerisation_reaches_the_binomial_law_and_conserves_exactly():
    paths = ms.solve(
        ISOMERISATION, np.tile([100, 0], (20_000, 1)), t_span=(0, 6), dt=1.0, rng=2
    )
    assert (paths.y.sum(axis=2) == 100).all()
    assert chi_square(paths.y[:, -1, 0], stats.binom(100, 0.25)) > 1e-3


def test_pairing_and_making_reach_the_product_of_poisson_laws():
    x = ensemble(dimerisation(eps=1.0), 2_000, 50.0, rng=3)  # at any eps
    for counts in x.T:
        assert close(counts, 100.0, 100.0)
        assert chi_square(counts, stats.poisson(100)) > 1e-3
    assert abs(np.corrcoef(x.T)[0, 1]) < 4.5 / np.sqrt(len(x))


def test_fast_reactions_alone_conserve_the_slow_variable():
    full = dimerisation()
    fast = ReactionNetwork(
        full.reactants, full.changes, [*full.rates[:2], 0, 0], [9, 9]
    )
    x = ms.solve(fast, t_span=(0, 0.1), dt=1e-4, rng=4).y[0]
    assert (x @ [1, 2] == 27).all()
    assert len(np.unique(x[:, 0])) > 3


def test_waiting_times_are_exponential():
    dt = 1e-2  # one molecule: the time of its decay is read off the saved states
    paths = ms.solve(DECAY, np.ones((5_000, 1)), t_span=(0, 8), dt=dt, rng=5)
    waits = dt * paths.y[:, :, 0].sum(axis=1) - dt * np.random.default_rng(6).random(
        5000
    )
    assert stats.kstest(waits, stats.expon(scale=0.5).cdf).pvalue > 1e-3


def test_mean_of_a_linear_network_follows_its_exact_equation():
    chain = ReactionNetwork(
        reactants=[[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]],
        changes=[[2, 0, 0], [-1, 1, 0], [1, -1, 0], [0, -1, 1], [0, 0, -1]],
        rates=[5.0, 3.0, 1.0, 2.0, 0.5],
        y0=[10, 0, 4],
    )
    source = chain.drift(0.0, np.zeros(3))
    matrix = (chain.drift(0.0, np.eye(3)) - source).T
    augmented = np.block([[matrix, source[:, None]], [np.zeros((1, 4))]])
    paths = ms.solve(
        chain, np.tile(chain.y0, (10_000, 1)), t_span=(0, 3), dt=0.5, rng=7
    )
    for k in range(1, 7):
        exact = (expm(augmented * paths.t[k]) @ [*chain.y0, 1.0])[:3]
        error = paths.y[:, k].std(axis=0) / np.sqrt(10_000)
        assert (np.abs(paths.y[:, k].mean(axis=0) - exact) < 4.5 * error).all()


def uniforms(state):
    """xoshiro256++ in whole numbers, as its authors print it; numbers in [0, 1)."""
    mask = 2**64 - 1
    s = [int(word) for word in state]

    def rotate(x, k):
        return ((x << k) | (x >> (64 - k))) & mask

    while True:
        number = (rotate((s[0] + s[3]) & mask, 23) + s[0]) & mask
        t = (s[1] << 17) & mask
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotate(s[3], 45)
        yield (number >> 12) / 2**52


def plain_gillespie(network, x, times, numbers):
    """The direct method as in the paper of 1977."""
    x, t, saved = np.array(x, dtype=float), 0.0, []
    while True:
        a = network.propensities(x)
        t += -math.log(1.0 - next(numbers)) / a.sum() if a.sum() > 0 else math.inf
        while len(saved) < len(times) and t > times[len(saved)]:
            saved.append(x.copy())
        if len(saved) == len(times):
            return np.array(saved)
        k = np.searchsorted(np.cumsum(a), next(numbers) * a.sum(), side="right")
        x += network.changes[k]


@pytest.mark.parametrize(
    ("network", "duration"),
    [
        (BIRTH_DEATH, 20.0),
        (ISOMERISATION, 4.0),
        (dimerisation(eps=1e-2), 0.05),
        (DECAY, 5.0),
    ],
    ids=["birth-death", "isomerisation", "dimers", "decay"],
)
def test_compiled_equals_the_plain_loop_on_the_same_numbers(network, duration):
    y0 = np.tile(network.y0, (3, 1))
    compiled = ms.solve(network, y0, t_span=(0, duration), dt=duration / 20, rng=8)
    states = Gillespie().new_states(np.random.default_rng(8), 3)
    for path, state in zip(compiled.y, states, strict=True):
        plain = plain_gillespie(network, network.y0, compiled.t, uniforms(state))
        assert np.array_equal(path, plain)


def test_where_nothing_can_react_the_state_stays():
    x = ms.solve(DECAY, [[1000], [0]], t_span=(0, 100), dt=10, rng=9).y[:, :, 0]
    assert (x[:, 2:] == 0).all()
    frozen = ReactionNetwork([[2]], [[-2]], rates=[1.0], y0=[1])  # no pair
    assert (ms.solve(frozen, t_span=(0, 9), dt=1, rng=9).y == 1).all()


def test_same_seed_same_numbers_and_paths_are_independent():
    first = ensemble(BIRTH_DEATH, 4_000, 1.0, rng=10)
    assert np.array_equal(first, ensemble(BIRTH_DEATH, 4_000, 1.0, rng=10))
    assert not np.array_equal(first, ensemble(BIRTH_DEATH, 4_000, 1.0, rng=11))
    assert abs(np.corrcoef(first[::2, 0], first[1::2, 0])[0, 1]) < 4.5 / np.sqrt(2_000)


def test_the_grid_of_saved_states_changes_nothing():
    fine = ms.solve(BIRTH_DEATH, t_span=(1, 9), dt=0.1, rng=12)
    coarse = ms.solve(BIRTH_DEATH, t_span=(1, 9), dt=0.8, rng=12)
    thinned = ms.solve(BIRTH_DEATH, t_span=(1, 9), dt=0.1, save_every=8, rng=12)
    assert np.array_equal(fine.y[:, ::8], coarse.y)
    assert np.array_equal(coarse.y, thinned.y)
    assert np.allclose(coarse.t, thinned.t)


def test_bursts_and_projections_of_a_network():
    network = dimerisation()
    paths = ms.solve(network, t_span=(0, 5), dt=0.05, rng=13)
    data = ms.sampling.project(network, paths, 20, 2_000, rng=14)
    assert np.array_equal(data.covariance, network.covariance(data.x))
    assert ms.sampling.slow_dimension(data.covariance) == network.n_slow
    # On a fibre the law is known: pairs weigh 0.01**b / (a! b!).
    for x, mean in zip(data.x, data.projection, strict=True):
        pairs = np.arange((x[0] + 2 * x[1]) // 2 + 1)
        single = x[0] + 2 * x[1] - 2 * pairs
        logs = pairs * np.log(0.01) - [
            math.lgamma(a + 1) + math.lgamma(b + 1)
            for a, b in zip(single, pairs, strict=True)
        ]
        weights = np.exp(logs - np.max(logs))
        b_mean = weights @ pairs / weights.sum()
        b_std = np.sqrt(weights @ pairs**2 / weights.sum() - b_mean**2)
        # The slow variable moves meanwhile: tau is some thousandths.
        assert abs(mean[1] - b_mean) < 4.5 * b_std / np.sqrt(2_000) + 0.3


EXPLOSION = ReactionNetwork([[1]], [[1]], rates=[1.0], y0=[1])


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: ms.solve(DECAY, [1.5], t_span=(0, 1), dt=1), "whole"),
        (lambda: ms.solve(DECAY, [-1.0], t_span=(0, 1), dt=1), "not negative"),
        (lambda: ms.solve(DECAY, [1, 2], t_span=(0, 1), dt=1), r"\(n_traj, 1\)"),
        (
            lambda: ms.solve(DECAY, t_span=(0, 1), dt=1, method=ms.EulerMaruyama()),
            r"such as msbook\.integrators\.Gillespie\(\);",
        ),
        (
            lambda: ms.solve(
                ms.systems.HalfMoons(), t_span=(0, 1), dt=1, method=Gillespie()
            ),
            r"such as msbook\.integrators\.ExponentialEuler\(\);",
        ),
        (
            lambda: ms.solve(
                DECAY, t_span=(0, 1), dt=1, increments=np.zeros((1, 1, 1))
            ),
            "kind ReactionNetwork. Leave them out",
        ),
        (
            lambda: ms.solve(
                EXPLOSION, t_span=(0, 100), dt=1, method=Gillespie(10_000), rng=0
            ),
            r"more than max_reactions = 10000 .* counts were \[10001.0\]",
        ),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
