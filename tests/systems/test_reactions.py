"""Reaction networks: propensities, covariances and slow directions."""

import numpy as np
import pytest

from msbook.systems import ReactionNetwork, dimerisation

# Every kind of reaction: none, one, two unlike and two like reactants.
MIXED = ReactionNetwork(
    reactants=[[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 0, 2]],
    changes=[[2, 0, 0], [-1, 1, 0], [-1, -1, 1], [1, 1, -2]],
    rates=[3.0, 0.5, 0.1, 0.2],
    y0=[5, 6, 7],
    fast=[False, True, False, True],
)


def test_propensities_count_the_ways_to_choose_reactants():
    x = np.array([[5, 6, 7], [0, 4, 1]])
    expected = [[3.0, 2.5, 3.0, 0.2 * 7 * 6], [3.0, 0.0, 0.0, 0.0]]
    assert np.allclose(MIXED.propensities(x), expected)
    assert MIXED.propensities(np.zeros((2, 5, 3))).shape == (2, 5, 4)


def test_drift_and_covariance_are_moments_of_the_next_change():
    x = np.array([30, 20, 25])
    rng = np.random.default_rng(0)
    a, changes = MIXED.propensities(x), np.array(MIXED.changes)
    chosen = changes[rng.choice(4, size=200_000, p=a / a.sum())]
    second = np.einsum("ni,nj->nij", chosen, chosen)
    for moment, exact in (
        (chosen, MIXED.drift(0.0, x)),
        (second, MIXED.covariance(x)),
    ):
        error = a.sum() * moment.std(axis=0) / np.sqrt(len(chosen))
        assert (np.abs(a.sum() * moment.mean(axis=0) - exact) <= 4.5 * error).all()
    assert MIXED.covariance(np.zeros((2, 5, 3))).shape == (2, 5, 3, 3)


@pytest.mark.parametrize("network", [MIXED, dimerisation()], ids=["mixed", "dimers"])
def test_slow_directions_are_unchanged_by_fast_reactions_only(network):
    directions = network.slow_directions()
    fast = np.array(network.fast)
    moved = directions @ np.array(network.changes).T
    assert np.allclose(moved[:, fast], 0.0, atol=1e-12)
    assert np.abs(moved[:, ~fast]).max() > 0.1
    rank = np.linalg.matrix_rank(np.array(network.changes)[fast])
    assert directions.shape == (network.dim - rank, network.dim)
    assert np.allclose(directions @ directions.T, np.eye(network.n_slow))
    x = np.arange(2.0 * network.dim).reshape(2, network.dim)
    assert np.allclose(network.slow_map(x), x @ directions.T)


def test_without_fast_reactions_every_direction_is_slow():
    network = ReactionNetwork([[1, 0]], [[-1, 1]], rates=[1.0], y0=[3, 4])
    assert np.array_equal(network.slow_directions(), np.eye(2))


def test_fast_noise_of_the_dimerisation_has_the_gap_of_its_time_scales():
    values = [
        np.linalg.eigvalsh(dimerisation(eps).covariance([100, 100]))
        for eps in (1e-2, 1e-3, 1e-4)
    ]
    gaps = np.array([fast / slow for slow, fast in values])
    # 1000 / eps along (-2, 1) against 200 / 5 along (1, 2).
    assert np.allclose(gaps * [1e-2, 1e-3, 1e-4], 25.0, rtol=0.2)


GOOD = {"reactants": [[1, 1]], "changes": [[-1, 0]], "rates": [1.0], "y0": [1, 2]}


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"rates": [-1.0]}, "rates must not be negative"),
        ({"rates": [np.nan]}, "finite"),
        ({"rates": [1.0, 1.0]}, r"reactants must have shape \(2, 2\)"),
        ({"changes": [[-1]]}, "changes must have shape"),
        ({"y0": [1]}, "reactants must have shape"),
        ({"y0": [1.5, 2]}, "y0 must be whole"),
        ({"y0": [-1, 2]}, "y0 must not be negative"),
        ({"changes": [[0.5, 0]]}, "changes must be whole"),
        ({"changes": [[-2, 0]]}, "only molecules that it needs"),
        ({"reactants": [[2, 1]]}, "between 0 and 2 reactants"),
        ({"fast": [True, False]}, "fast must have shape"),
    ],
)
def test_bad_networks_are_named(options, word):
    with pytest.raises(ValueError, match=word):
        ReactionNetwork(**(GOOD | options))


def test_bad_states_and_bad_scales_are_named():
    with pytest.raises(ValueError, match=r"\(\.\.\., 2\)"):
        ReactionNetwork(**GOOD).propensities([1, 2, 3])
    with pytest.raises(ValueError, match="eps"):
        dimerisation(eps=0.0)
