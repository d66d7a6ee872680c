"""The diagnosis of all kinds of finite data: short, constant, huge, equal, whole."""

import numpy as np
import pytest
from scipy.signal import lfilter

import msbook as ms


class Steps:
    """A generator from a function of the states."""

    def __init__(self, step):
        self.step = step

    def sample(self, x, rng):
        return self.step(x)

    def rollout(self, x0, n_steps, rng):
        paths = [x0]
        for _ in range(n_steps):
            paths.append(self.step(paths[-1]))
        return np.stack(paths, axis=1)


RNG = np.random.default_rng(0)
PATHS = lfilter([0.44], [1, -0.9], RNG.normal(size=(20, 200, 1)), axis=1)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "data",
    [
        np.ones((5, 50, 1)),
        PATHS[:1],
        *(PATHS[:1, :n] for n in (2, 3, 4, 5, 12)),
        [path[:n] for path, n in zip(PATHS, range(1, 21), strict=True)],
        np.tile(PATHS[:1], (10, 1, 1)),
        *(PATHS * unit for unit in (1e-310, 1e-200, 1e200, 1e307)),
        PATHS + 1e12,
        PATHS + 1e17,
        np.round(3 * PATHS).astype(int),
        RNG.integers(0, 2, size=(10, 300, 1)),
        np.tile(np.arange(50.0)[:, None], (3, 1, 1)) + np.arange(3.0)[:, None, None],
        np.concatenate([PATHS, PATHS], axis=2),
        np.cumsum(RNG.normal(size=(10, 100, 20)), axis=1),
        RNG.normal(size=(10, 100, 70)),
    ],
)
def test_whatever_is_finite_is_examined(data):
    report = ms.diagnose(data, 0.1, generator=Steps(lambda x: 0.9 * x))
    assert str(report)
    assert (report.recommended_lag or 0) <= max(len(path) for path in data)


def test_copies_are_named_and_left_out():
    report = ms.diagnose(np.concatenate([PATHS, PATHS[:3]]), 0.1)
    assert report.n_copies == 3
    assert "3 trajectories equal another" in report.findings[0]
    assert np.allclose(report.correlation, ms.diagnose(PATHS, 0.1).correlation)


def test_a_generator_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"generator\.sample must return"):
        ms.diagnose(PATHS, 0.1, generator=Steps(lambda x: x[:5]))


def test_a_generator_that_leaves_the_finite_numbers_is_found():
    report = ms.diagnose(PATHS, 0.1, generator=Steps(lambda x: x * np.nan))
    assert not report.generator.finite
    assert "finite numbers" in report.findings[-1]


@pytest.mark.parametrize("generator", [3, "spline", ms.StochasticFlowMap])
def test_what_is_no_generator_is_refused(generator):
    with pytest.raises(ValueError, match="generator must be a fitted generator"):
        ms.diagnose(PATHS, 0.1, generator=generator)


def test_the_times_of_a_solution_and_dt_must_agree():
    paths = ms.Solution(t=0.1 * np.arange(200.0), y=PATHS)
    assert ms.diagnose(paths, 0.1).n_pairs == 20 * 199
    with pytest.raises(ValueError, match=r"dt must be .* is 0\.1; got 0\.01"):
        ms.diagnose(paths, 0.01)
    last = np.append(0.1 * np.arange(199.0), 19.85)
    with pytest.raises(ValueError, match=r"is 0\.05; got 0\.1"):
        ms.diagnose(ms.Solution(t=last, y=PATHS), 0.1)


@pytest.mark.parametrize("n_time", [2, 3, 5, 12, 40])
@pytest.mark.parametrize("seed", range(3))
def test_few_states_are_said_to_tell_nothing(n_time, seed):
    """The present explains 82 % of a process; twelve states of it cannot tell."""
    noise = np.random.default_rng(seed).normal(size=1000)
    path = lfilter([np.sqrt(1 - 0.82)], [1, -(0.82**0.5)], noise)[500:, None]
    report = ms.diagnose(path[None, :n_time], 0.1)
    assert report.recommended_lag is None
    assert any("Cannot tell whether" in text for text in report.findings)
    assert not any("lag is long" in text for text in report.findings)
    assert "Nothing found" not in str(report)
    enough = ms.diagnose(path[None], 0.1)
    assert not any("Cannot tell" in text for text in enough.findings)
    assert enough.recommended_lag == 1


def test_as_many_pairs_as_are_asked_for_do():
    texts = ms.diagnose(PATHS[:1, :12], 0.1).findings
    asked = next(text for text in texts if "Cannot tell" in text)
    assert "in 11 pairs" in asked
    assert "About 500 would do" in asked


def test_no_increment_after_another():
    texts = ms.diagnose(PATHS[:, :4], 0.1, lag=2).findings
    assert any("takes 5 states" in text for text in texts)


def test_states_that_stand_still_are_named():
    findings = ms.diagnose(np.ones((1, 50, 2)), 0.1).findings
    assert len(findings) == 1
    assert "do not change" in findings[0]


def test_a_floor_that_is_hardly_known_is_a_least_one():
    few, many = (ms.diagnose(PATHS[:n], 0.1).findings[-1] for n in (1, 20))
    assert "at the least" in few
    assert "The data are few" in many
    assert "at the least" not in many


def test_gaps_cut_trajectories_into_pieces():
    gaps = PATHS.copy()
    gaps[0, 50] = gaps[3, 120] = np.nan
    pieces = [gaps[0, :50], gaps[0, 51:], *gaps[1:3], gaps[3, :120], gaps[3, 121:]]
    found = ms.diagnose(gaps, 0.1)
    assert found.findings == ms.diagnose([*pieces, *gaps[4:]], 0.1).findings
    assert found.n_pairs == 20 * 199 - 4
    with pytest.raises(ValueError, match="finite; got 2 values"):
        ms.diagnose(gaps, 0.1, context=np.zeros((200, 1)))
    for wrong in (np.nan, np.inf):
        with pytest.raises(ValueError, match="trajectories must be finite"):
            ms.diagnose(PATHS * wrong, 0.1)
