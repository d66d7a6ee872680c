"""The diagnosis of systems whose verdict is known before it is asked for."""

import numpy as np
import pytest
from scipy.signal import lfilter

import msbook as ms
from msbook.diagnostics.circle import circular_std, circular_wasserstein

TURN = 2 * np.pi


def prinz(t, y, p=()):
    """4 (x⁸ + .8 e^{-80x²} + .2 e^{-80(x-.5)²} + .5 e^{-40(x+.5)²})."""
    x = y[0]
    middle = 0.8 * np.exp(-80 * x * x) * x
    right = 0.2 * np.exp(-80 * (x - 0.5) ** 2) * (x - 0.5)
    left = 0.5 * np.exp(-40 * (x + 0.5) ** 2) * (x + 0.5)
    return (-4 * (8 * x**7 - 160 * middle - 160 * right - 80 * left),)


def triple_well(t, y, p=()):
    """Three wells in the plane, Metzner, Schütte & Vanden-Eijnden (2006)."""
    x, z = y[0], y[1]
    low = 3 * np.exp(-x * x - (z - 1 / 3) ** 2)
    high = 3 * np.exp(-x * x - (z - 5 / 3) ** 2)
    right = 5 * np.exp(-((x - 1) ** 2) - z * z)
    left = 5 * np.exp(-((x + 1) ** 2) - z * z)
    return (
        2 * x * (low - high) - 2 * (x - 1) * right - 2 * (x + 1) * left - 0.8 * x**3,
        2 * (z - 1 / 3) * low
        - 2 * (z - 5 / 3) * high
        - 2 * z * (right + left)
        - 0.8 * (z - 1 / 3) ** 3,
    )


def four_wells(t, y, p=()):
    """Four wells of different depth, (x⁴ - x³/16 - 2x² + 3x/16) and its like in z."""
    x, z = y[0], y[1]
    return (
        -4 * x**3 + 3 / 16 * x * x + 4 * x - 3 / 16,
        -4 * z**3 + 3 / 8 * z * z + 4 * z - 3 / 8,
    )


def oscillator(t, y, p=()):
    return y[1], -4 * y[0] - 0.3 * y[1]


def pendulum(t, y, p=()):
    return y[1], -np.sin(y[0]) - 0.5 * y[1]


def one(t, y, p=()):
    return (1.0,)


def both(t, y, p=()):
    return 1.0, 1.0


def weak(t, y, p=()):
    return 0.3, 0.3


CASES = {  # drift, diffusion, step, steps a sample, samples
    "prinz": (prinz, one, 1e-5, 500, 4000),
    "triple well": (triple_well, both, 1e-3, 50, 2000),
    "four wells": (four_wells, both, 1e-3, 40, 2000),
}


def trajectories(name, seed):
    drift, diffusion, step, every, n_time = CASES[name]
    dim = 1 if name == "prinz" else 2
    start = np.random.default_rng(seed).uniform(-1, 1, size=(12, dim))
    system = ms.SDE(drift, diffusion, y0=(0.0,) * dim)
    t_end = step * every * (n_time - 1)
    found = ms.solve(
        system, start, t_span=(0, t_end), dt=step, rng=seed, save_every=every
    )
    return found.y, step * every


def oscillations(seed, n=30):
    """Thirty damped oscillations with noise, of different length, from one start."""
    system = ms.SDE(oscillator, weak, y0=(2.0, 0.0))
    found = ms.solve(
        system,
        np.tile([2.0, 0.0], (n, 1)),
        t_span=(0, 2.95),
        dt=1e-3,
        rng=seed,
        save_every=50,
    )
    lengths = np.random.default_rng(seed).integers(20, 61, size=n)
    return [path[:length] for path, length in zip(found.y, lengths, strict=True)]


def walk(seed, n_traj=50, n_time=500, step=0.3):
    """A random walk on the circle, by the angle."""
    kicks = step * np.random.default_rng(seed).normal(size=(n_traj, n_time, 1))
    return np.cumsum(kicks, axis=1) % TURN


def pair(angle):
    return np.concatenate([np.cos(angle), np.sin(angle)], axis=-1)


def says(findings, *words):
    return [any(word in text for text in findings) for word in words]


CAUSES = "measurement noise", "memory of the fast", "changes with the time", "Cannot"


@pytest.mark.parametrize("name", list(CASES))
def test_markov_data_in_wells_are_not_told_of_noise_or_memory(name):
    data, dt = trajectories(name, 1)
    report = ms.diagnose(data, dt)
    assert not any(says(report.findings, *CAUSES))
    assert (abs(report.correlation) < 4 * report.correlation_error).all()


@pytest.mark.parametrize("name", list(CASES))
def test_measurement_noise_in_wells_is_found(name):
    data, dt = trajectories(name, 1)
    steps = np.diff(data, axis=1).std(axis=(0, 1))
    noisy = data + steps * np.random.default_rng(2).normal(size=data.shape)
    findings = ms.diagnose(noisy, dt).findings
    assert says(findings, *CAUSES) == [True, False, False, False]


def test_a_misfit_is_seen_that_a_polynomial_makes():
    """In Prinz's potential a cubic mean leaves a correlation of about -0.06."""
    data, dt = trajectories("prinz", 1)
    x, y = data[:, :-1, 0].ravel(), (data[:, 1:] - data[:, :-1])[..., 0]
    rest = (y.ravel() - np.polyval(np.polyfit(x, y.ravel(), 3), x)).reshape(12, -1)
    plain = (rest[:, 1:] * rest[:, :-1]).mean() / rest.var()
    report = ms.diagnose(data, dt)
    assert plain < -0.03
    assert abs(report.correlation[0] - plain) > 4 * report.correlation_error[0]


def test_damped_oscillations_of_unequal_length():
    paths = oscillations(1)
    report = ms.diagnose(paths, 0.05)
    assert not any(says(report.findings, *CAUSES))
    with_constant = [np.hstack([p, np.full((len(p), 1), 7.0)]) for p in paths]
    more = ms.diagnose(with_constant, 0.05)
    assert more.findings == report.findings
    assert np.isnan([more.correlation[2], more.explained[2], more.floor[2]]).all()
    assert np.allclose(more.floor[:2], report.floor)


def test_pairs_of_cosine_and_sine():
    angle = walk(1)
    assert ms.diagnose(pair(angle), 1.0).findings == []
    turning = 0.7 * np.arange(1000.0)[:, None] + np.arange(10.0)[:, None, None]
    assert ms.diagnose(pair(turning), 1.0).findings == []
    rng = np.random.default_rng(3)
    kicks = lfilter([0.3], [1, -0.5], rng.normal(size=(20, 1000, 1)), axis=1)
    remembering = pair(np.cumsum(kicks, axis=1))
    assert says(ms.diagnose(remembering, 1.0).findings, *CAUSES)[1]


class Steps:
    """A generator from a function of the states and a source; it counts turns."""

    def __init__(self, step):
        self.step = step

    def sample(self, x, rng):
        return self.step(x, rng)

    def rollout(self, x0, n_steps, rng):
        paths = [x0]
        for _ in range(n_steps):
            paths.append(self.sample(paths[-1], rng))
        return np.stack(paths, axis=1)


def walking(step):
    return Steps(lambda x, rng: x + step * rng.normal(size=x.shape))


def swinging(sigma):
    def step(x, rng):
        for _ in range(25):
            kick = sigma * np.sqrt(4e-3) * rng.normal(size=len(x))
            rate = np.stack(pendulum(0.0, x.T), axis=1)
            x = x + 4e-3 * rate
            x[:, 1] += kick
        return x

    return Steps(step)


def test_the_exact_generator_of_a_walk_on_the_circle():
    data = walk(1)
    report = ms.diagnose(data, 1.0, periods=(TURN,), generator=walking(0.3))
    assert report.findings == []
    assert report.generator.long_run[0] < 0.1
    assert report.generator.coverage[0] == 1
    wide = ms.diagnose(data, 1.0, periods=(TURN,), generator=walking(0.4))
    assert "Inflated" in wide.findings[0]
    stays = Steps(lambda x, rng: np.clip(walking(0.3).step(x, rng) % TURN, 1, 5))
    stuck = ms.diagnose(data, 1.0, periods=(TURN,), generator=stays)
    assert stuck.generator.coverage[0] < 0.8
    assert says(stuck.findings, "Collapsed") == [True]


def test_the_exact_generator_of_a_pendulum():
    rng = np.random.default_rng(1)
    data = swinging(0.5).rollout(rng.normal(size=(50, 2)), 300, rng)
    data[..., 0] %= TURN
    periods = (TURN, None)
    report = ms.diagnose(data, 0.1, periods=periods, generator=swinging(0.5))
    assert report.findings == []
    assert (report.generator.long_run < 0.2).all()
    assert abs(report.generator.spread[1] - 1) < 0.05


@pytest.mark.parametrize("period", [TURN, 360.0, 3.7])
@pytest.mark.parametrize("said", [None, (1000.0,)])
def test_forgotten_periods_are_named(period, said):
    report = ms.diagnose(walk(1) * period / TURN, 1.0, periods=said)
    assert np.isclose(report.forgotten[0], period, rtol=0.01)
    assert len(report.findings) == 1
    assert f"state[0] by {report.forgotten[0]:.4g}" in report.findings[0]


def test_nothing_is_called_a_circle_that_is_none():
    rng = np.random.default_rng(0)
    flips = 1 - 2.0 * (np.cumsum(rng.random((10, 500, 1)) < 0.05, axis=1) % 2)
    for data in (
        flips,
        flips + 0.2 * rng.normal(size=flips.shape),
        rng.random((10, 100, 1)),
        np.cumsum(rng.normal(size=(10, 300, 1)), axis=1),
        np.cumsum(rng.standard_cauchy(size=(10, 300, 1)), axis=1),
        rng.integers(0, 5, size=(10, 100, 1)),
    ):
        assert ms.diagnose(data, 1.0).forgotten == (None,)


def test_no_lag_is_recommended_beyond_the_data():
    """A memory of a hundred states in trajectories of two hundred."""
    noise = np.random.default_rng(0).normal(size=(100, 201, 1))
    paths = np.cumsum(lfilter([1.0], [1, -0.95], noise, axis=1), axis=1)
    report = ms.diagnose(paths, 0.01)
    assert report.recommended_lag is None
    assert "recommended lag                none" in str(report)
    assert "too short: observe longer ones" in report.findings[0]
    assert "Use lag=" not in report.findings[0]


@pytest.mark.parametrize("seed", range(5))
def test_findings_do_not_depend_on_units(seed):
    paths = oscillations(seed)
    rng = np.random.default_rng(seed)
    noisy = [path + 0.02 * rng.normal(size=path.shape) for path in paths]
    for data in (paths, noisy):
        here = ms.diagnose(data, 0.05)
        for factor in ([1e6, 1e-6], [1e-6, 1e6], [1e150, 1e-150]):
            scaled = [
                np.array(factor) * (path + np.array([1.0, -3.0])) for path in data
            ]
            there = ms.diagnose(scaled, 0.05)
            assert there.findings == here.findings
            assert np.allclose(there.correlation, here.correlation, rtol=1e-5)


def test_circular_distances_against_what_is_known():
    a = np.linspace(0, 1, 1000, endpoint=False)
    narrow = 0.1 * a - 0.05
    assert np.isclose(circular_wasserstein(narrow, narrow + 0.3, 1.0), 0.3, atol=1e-3)
    assert np.isclose(circular_wasserstein(narrow, narrow - 0.3, 1.0), 0.3, atol=1e-3)
    assert np.isclose(circular_std(a, 1.0), 12**-0.5, rtol=1e-3)
    assert np.isclose(circular_std(narrow, 1.0), 0.1 * 12**-0.5, rtol=1e-2)
