"""Pairs of states one lag apart."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import msbook as ms
from msbook.sampling import pairs


def counting(n_traj, n_time, dim=1):
    """Paths whose entries tell trajectory, time and component apart."""
    traj, time, component = np.ogrid[:n_traj, :n_time, :dim]
    return 1000.0 * traj + time + 0.1 * component


@given(
    lag=st.integers(1, 4),
    memory=st.integers(0, 3),
    burn_in=st.integers(0, 5),
    dim=st.integers(1, 3),
)
def test_pairs_lie_a_lag_apart_within_one_trajectory(lag, memory, burn_in, dim):
    n_traj, n_time = 3, 25
    x, y = pairs(counting(n_traj, n_time, dim), lag, memory=memory, burn_in=burn_in)
    n = n_traj * (n_time - burn_in - (memory + 1) * lag)
    assert x.shape == (n, (memory + 1) * dim)
    assert y.shape == (n, dim)
    states = x.reshape(n, memory + 1, dim)
    assert np.allclose(y - states[:, 0], lag)
    assert np.allclose(states[:, :-1] - states[:, 1:], lag)
    assert (states[:, -1] % 1000 >= burn_in).all()


def test_lists_may_hold_different_lengths():
    paths = counting(2, 10, 2)
    x, y = pairs([paths[0], paths[1, :4]], lag=3)
    assert np.allclose(x[:7], paths[0, :7])
    assert np.allclose(y[7:], paths[1, 3:4])


def test_a_solution_is_taken_as_its_states():
    solution = ms.Solution(t=np.arange(6.0), y=counting(2, 6))
    for ours, expected in zip(pairs(solution), pairs(solution.y), strict=True):
        assert np.array_equal(ours, expected)


def test_random_pairs_are_different_ones_and_reproducible():
    paths = counting(4, 30)
    x, y = pairs(paths, lag=2, n_pairs=50, rng=0)
    assert len(np.unique(x)) == 50
    assert np.allclose(y - x, 2)
    assert np.array_equal(x, pairs(paths, lag=2, n_pairs=50, rng=0)[0])
    assert not np.array_equal(x, pairs(paths, lag=2, n_pairs=50, rng=1)[0])


def test_circles_are_lifted_to_the_nearest_branch():
    angle = np.cumsum(np.random.default_rng(0).normal(size=(5, 200, 1)), axis=1)
    line = 100 * angle
    raw = np.concatenate([angle % (2 * np.pi), line], axis=2)
    x, y = pairs(raw, memory=2, periods=(2 * np.pi, None))
    free, ahead = pairs(np.concatenate([angle, line], axis=2), memory=2)
    small = np.abs(np.diff(free[:, ::2], axis=1)).max(axis=1) < 3
    small &= np.abs(ahead[:, 0] - free[:, 0]) < 3
    assert small.sum() > 900
    assert np.allclose((y - x[:, :2])[small], (ahead - free[:, :2])[small])
    assert np.allclose(np.diff(x[:, ::2])[small], np.diff(free[:, ::2])[small])


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: pairs(np.zeros((5, 10))), r"X\[None\]"),
        (lambda: pairs([np.zeros((5, 2)), np.zeros((5, 1))]), "one dim"),
        (lambda: pairs([]), "list"),
        (lambda: pairs(np.full((1, 5, 1), np.inf)), "finite"),
        (lambda: pairs(np.zeros((1, 5, 1)), lag=5), "6 states"),
        (lambda: pairs(np.zeros((1, 5, 1)), lag=0), "lag"),
        (lambda: pairs(np.zeros((1, 5, 1)), lag=1.5), "lag"),
        (lambda: pairs(np.zeros((1, 5, 1)), memory=-1), "memory"),
        (lambda: pairs(np.zeros((1, 5, 1)), burn_in=-1), "burn_in"),
        (lambda: pairs(np.zeros((1, 5, 1)), n_pairs=9), "n_pairs"),
        (lambda: pairs(np.zeros((1, 5, 1)), periods=(1.0, 1.0)), "periods"),
        (lambda: pairs(np.zeros((1, 5, 1)), periods=(0.0,)), "periods"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
