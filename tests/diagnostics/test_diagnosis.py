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


def drifting(n_traj=400, n_time=100, rate=0.05, noise=0.0):
    """The same process about a level that moves, maybe measured with noise."""
    x = autoregression(n_traj, n_time) + rate * np.arange(n_time)[:, None]
    return x + noise * np.random.default_rng(1).normal(size=x.shape)


@pytest.mark.parametrize("lag", [1, 2])
@pytest.mark.parametrize(
    ("data", "drift", "noise"),
    [
        (drifting(), True, False),
        (drifting(n_traj=1, n_time=4000), True, False),
        (drifting(rate=0.0, noise=0.5), False, True),
        (drifting(noise=0.5), True, True),
    ],
)
def test_a_drift_is_told_from_measurement_noise(data, drift, noise, lag):
    texts = ms.diagnose(data, DT, lag=lag).findings
    assert any("changes with the time" in text for text in texts) == drift
    assert any("carry measurement noise" in text for text in texts) == noise


def test_a_drift_that_is_given_as_context_is_none():
    data, time = drifting(), np.arange(100.0)[:, None]
    report = ms.diagnose(data, DT, lag=4, context=time)
    assert np.isnan(report.trend).all()
    assert not any("time:" in text or "noise" in text for text in report.findings)


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


def test_laws_that_are_right_only_for_all_states_together_are_found():
    """Skewed to the right on the left and to the left on the right."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 100, 1))
    for n in range(1, 100):
        kick = 0.3 * (rng.exponential(size=(400, 1)) - 1)
        x[:, n] = PHI * x[:, n - 1] - np.sign(x[:, n - 1]) * kick

    @dataclass
    class Skewed(Generator):
        blind: bool = False

        def sample(self, x, rng):
            kick = 0.3 * (rng.exponential(size=(len(x), 1)) - 1)
            sides = rng.choice([-1, 1], size=(len(x), 1))
            return PHI * x[:, :1] - (sides if self.blind else np.sign(x[:, :1])) * kick

    seeing = ms.diagnose(x, DT, generator=Skewed()).generator
    blind = ms.diagnose(x, DT, generator=Skewed(blind=True)).generator
    assert seeing.findings == []
    assert abs(blind.spread - 1) < 0.02
    assert blind.one_step > 0.1 > 2 * seeing.one_step
    assert "wrong in part of the states" in blind.findings[0]
    component, low, high = blind.where[0]
    assert component == 0
    assert low < high


@dataclass
class Told(Generator):
    """Relaxes to the level that it is told, which is its context."""

    def sample(self, x, rng, context):
        return super().sample(x - context, rng) + context

    def rollout(self, x0, n_steps, rng, context):
        paths = [x0]
        for step in range(n_steps):
            paths.append(self.sample(paths[-1], rng, context(step)))
        return np.stack(paths, axis=1)


@pytest.mark.parametrize("each", [False, True])
def test_context_goes_to_the_generator_and_explains_the_data(each):
    """A level that jumps, for all trajectories at once or for each on its own."""
    rng = np.random.default_rng(2)
    level = 3 * rng.normal(size=(400 if each else 1, 10, 1))
    level = np.repeat(level, 10, axis=1)
    x = np.zeros((400, 100, 1))
    exact = Told()
    for n in range(1, 100):
        x[:, n] = exact.sample(x[:, n - 1], rng, level[:, n - 1])
    context = level if each else level[0]
    report = ms.diagnose(x, DT, generator=exact, context=context)
    assert report.findings == []
    pieces = ms.diagnose(list(x), DT, context=list(level) if each else context)
    assert np.allclose(pieces.correlation, report.correlation)
    assert ms.diagnose(x, DT).correlation > 0.05
    with pytest.raises(TypeError, match="context"):
        ms.diagnose(x, DT, generator=exact)


def test_context_goes_with_the_memory_and_the_lag():
    """States tell the time, so that a generator can see when it is asked."""
    rng = np.random.default_rng(0)
    time = np.arange(30.0)[:, None]
    asked = []

    @dataclass
    class Clock(Generator):
        memory: int = 2

        def sample(self, x, rng, context):
            assert np.allclose(x, context - [0, 3, 6], atol=0.1)
            asked.append(context)
            return context + 3 + 0.01 * rng.normal(size=context.shape)

        def rollout(self, x0, n_steps, rng, context):
            x, paths = x0, [x0[:, :1]]
            for step in range(n_steps):
                paths.append(self.sample(x, rng, context(step)))
                x = np.hstack([paths[-1], x[:, :-1]])
            return np.stack(paths, axis=1)

    x = time + 0.01 * rng.normal(size=(50, 30, 1))
    report = ms.diagnose(x, 1.0, lag=3, generator=Clock(), context=time)
    assert len(asked) == 1 + 7
    assert abs(report.generator.spread - 1) < 0.1


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
        (lambda: ms.diagnose(autoregression(2, 5), 0.1, context=np.zeros(5)), "row"),
        (lambda: ms.diagnose(autoregression(2, 5), 0.1, context=3), "context must be"),
        (lambda: ms.diagnose(autoregression(2, 5), 0.1, context=["a"]), "context must"),
        (
            lambda: ms.diagnose(autoregression(2, 5), 0.1, context=np.zeros((4, 1))),
            "row for every saved state",
        ),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
