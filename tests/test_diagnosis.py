"""The diagnosis of data and of generators that are known to be good or bad."""

from dataclasses import dataclass

import numpy as np
import pytest

import msbook as ms

PHI, DT = 0.9, 0.1


def autoregression(n_traj=400, n_time=100, seed=0, x0=None):
    """Markov data: an Ornstein–Uhlenbeck process seen at intervals of 0.1."""
    rng = np.random.default_rng(seed)
    x = np.empty((n_traj, n_time, 1))
    x[:, 0, 0] = rng.normal(size=n_traj) if x0 is None else x0[:, 0]
    for n in range(1, n_time):
        noise = np.sqrt(1 - PHI**2) * rng.normal(size=n_traj)
        x[:, n, 0] = PHI * x[:, n - 1, 0] + noise
    return x


@dataclass
class Generator:
    """The exact generator of :func:`autoregression`, or one spoilt."""

    factor: float = 1.0
    lost: float = -np.inf  # nothing below this is ever visited
    blows_up: bool = False

    def sample(self, x, rng):
        noise = np.sqrt(1 - PHI**2) * rng.normal(size=(len(x), 1))
        return np.maximum(PHI * x[:, :1] + self.factor * noise, self.lost)

    def rollout(self, x0, n_steps, rng):
        if self.blows_up:
            raise ms.IntegrationError("the state is not finite at step 3")
        paths = [x0]
        for _ in range(n_steps):
            paths.append(self.sample(paths[-1], rng))
        return np.stack(paths, axis=1)


def test_nothing_is_found_in_markov_data_and_a_true_generator():
    report = ms.diagnose(autoregression(), DT, generator=Generator())
    assert report.findings == []
    assert report.closure_bias == 0
    assert abs(report.explained - PHI**2) < 0.02
    theta = -np.log(PHI) / DT
    assert np.isclose(report.floor, np.sqrt(2 / (theta * report.t_observed)), rtol=0.1)
    assert report.generator.coverage == 1
    assert "Nothing found" in str(report)


def test_short_lag_is_found_with_its_rate():
    system = ms.systems.slow_ornstein_uhlenbeck(eps=0.2)
    x = system.trajectories(1000, 4.0, 0.04, rng=0)
    report = ms.diagnose(x, 0.04)
    assert np.isclose(report.closure_rate, system.closure_rate, rtol=0.2)
    assert "lag is short" in report.findings[0]
    longer = ms.diagnose(x, 0.04, lag=report.recommended_lag)
    assert not any("lag is short" in text for text in longer.findings)


def test_long_lag_few_data_and_measurement_noise_are_found():
    x = autoregression(n_traj=10)
    assert "The lag is long" in ms.diagnose(x, DT, lag=10).findings[0]
    assert "The data are few" in ms.diagnose(x, DT).findings[-1]
    noise = 0.3 * np.random.default_rng(1).normal(size=(400, 100, 1))
    texts = ms.diagnose(autoregression() + noise, DT).findings
    assert any("measurement" in text for text in texts)


def test_floor_of_an_oscillation_is_that_of_its_averages():
    """Turning averages out: the floor lies far below that of the decay alone."""
    rng = np.random.default_rng(0)
    factor = 0.98 * np.exp(0.2j)
    z = np.zeros((300, 2000), complex)
    noise = rng.normal(size=z.shape) + 1j * rng.normal(size=z.shape)
    z[:, 0] = noise[:, 0] / np.sqrt(1 - 0.98**2)
    for n in range(1, z.shape[1]):
        z[:, n] = factor * z[:, n - 1] + noise[:, n]
    x = np.stack([z.real, z.imag], axis=2)
    measured = x.mean(axis=1).std(axis=0) / x.std(axis=(0, 1)) / np.sqrt(300)
    assert np.allclose(ms.diagnose(x, 0.1).floor, measured, rtol=0.2)


def test_circles_do_not_count_as_jumps():
    angle = np.cumsum(0.3 * np.random.default_rng(0).normal(size=(200, 100, 1)), axis=1)
    periods = (2 * np.pi,)
    report = ms.diagnose(angle % (2 * np.pi), 0.1, periods=periods)
    assert report.findings == []
    assert np.isnan(report.floor).all()


@pytest.mark.parametrize(
    ("generator", "word"),
    [
        (Generator(factor=1.3), "Inflated"),
        (Generator(factor=0.5), "Too quiet"),
        (Generator(lost=-0.8), "Collapsed"),
        (Generator(blows_up=True), "finite"),
    ],
)
def test_spoilt_generators_are_found(generator, word):
    report = ms.diagnose(autoregression(), DT, generator=generator)
    assert any(word in text for text in report.findings)


def test_trajectories_too_short_for_a_correlation_still_have_the_rest():
    report = ms.diagnose(autoregression(n_time=2), DT)
    assert np.isnan(report.correlation).all()
    assert report.n_pairs == 400


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: ms.diagnose(np.zeros((5, 10)), 0.1), "shape"),
        (lambda: ms.diagnose(autoregression(2, 5), 0.0), "dt"),
        (lambda: ms.diagnose(autoregression(2, 5), 0.1, lag=9), "10 states"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
