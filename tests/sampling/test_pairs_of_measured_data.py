"""Pairs of data as they are measured: frames, gaps, times, unequal lengths."""

import numpy as np
import pytest

from msbook.sampling import pairs

PATH = np.arange(20.0).reshape(10, 2)


class Frame:
    """What frames of pandas and polars have in common."""

    def __init__(self, values):
        self.values = values

    def to_numpy(self):
        return self.values


def test_frames_and_series_are_paths():
    for given in (Frame(PATH), [Frame(PATH)], [PATH]):
        x, y = pairs(given)
        assert np.array_equal(x, PATH[:-1])
        assert np.array_equal(y, PATH[1:])
    x, y = pairs([Frame(PATH[:, 0]), Frame(PATH[:4, 0])])
    assert np.array_equal(y[-3:, 0], PATH[1:4, 0])


@pytest.mark.parametrize("lag", [1, 2])
def test_no_pair_crosses_a_gap(lag):
    path = PATH.copy()
    path[4, 1] = np.nan
    x, y = pairs([path], lag)
    whole = [pairs([part], lag) for part in (PATH[:4], PATH[5:])]
    assert np.array_equal(x, np.concatenate([part[0] for part in whole]))
    assert np.array_equal(y, np.concatenate([part[1] for part in whole]))


def test_times_show_gaps_that_are_not_marked():
    times = 0.1 * np.delete(np.arange(11), 5)
    x, _ = pairs([PATH], times=times)
    assert len(x) == 8
    assert not (x == PATH[4]).all(axis=1).any()
    both = pairs([PATH, PATH[:6]], times=[times, 0.1 * np.arange(6)])
    assert len(both[0]) == 8 + 5
    x, _ = pairs([PATH], times=times, burn_in=3)
    assert np.array_equal(x[0], PATH[3])
    assert len(x) == 5


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (np.sort(np.random.default_rng(0).uniform(size=10)), "equal distances"),
        (np.zeros(10), "must increase"),
        (np.arange(9), "a time for each state"),
        (np.full(10, np.nan), "finite"),
    ],
)
def test_times_that_are_none_are_refused(times, message):
    with pytest.raises(ValueError, match=message):
        pairs([PATH], times=times)


def test_a_short_path_does_not_refuse_the_rest():
    with pytest.warns(UserWarning, match=r"trajectories \[1\] have fewer states than"):
        x, _ = pairs([PATH, PATH[:2]], lag=3)
    assert np.array_equal(x, PATH[:-3])
    with pytest.raises(ValueError, match="longest of trajectories has 2"):
        pairs([PATH[:2], PATH[:2]], lag=3)
    with pytest.raises(ValueError, match="10, with gaps"):
        pairs([np.where(np.arange(10)[:, None] % 2, np.nan, PATH)])
