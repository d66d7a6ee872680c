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
    assert report.recommended_lag <= max(len(path) for path in data)


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
