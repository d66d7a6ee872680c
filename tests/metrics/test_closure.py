"""The Markov closure: its bias, its lag, its floor."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import lfilter

import msbook as ms
from msbook.metrics import (
    choose_lag,
    closure_bias,
    closure_rate,
    increment_correlation,
    shuffled_std,
    statistical_floor,
)


def driven_increments(rate, dt, n_paths, n_time, n_sub=50, seed=0):
    """Increments of an integrated Ornstein–Uhlenbeck process."""
    rng = np.random.default_rng(seed)
    phi = np.exp(-rate * dt / n_sub)
    noise = rng.normal(size=(n_paths, n_time * n_sub)) * np.sqrt(1 - phi**2)
    noise[:, 0] = rng.normal(size=n_paths)
    xi = lfilter([1.0], [1.0, -phi], noise)
    return xi.reshape(n_paths, n_time, n_sub).mean(axis=2) * dt


@pytest.mark.parametrize("r", [0.5, 2.0, 8.0])
def test_bias_and_correlation_of_an_integrated_noise(r):
    increments = driven_increments(rate=r, dt=1.0, n_paths=1000, n_time=60)
    paths = np.cumsum(increments, axis=1)
    # Over n steps the true variance lacks the share of one correlation time.
    lacking = 1 - (1 - np.exp(-60 * r)) / (60 * r)
    measured = shuffled_std(paths)[-1] / paths[:, -1].std() * np.sqrt(lacking) - 1
    assert abs(measured - closure_bias(r, 1.0)) < 4 / np.sqrt(2 * 1000) + 0.005
    correlation = np.mean(increments[:, 1:] * increments[:, :-1]) / increments.var()
    assert abs(correlation - increment_correlation(r, 1.0)) < 0.02


@pytest.mark.parametrize("r", [0.25, 1.0, 2.0, 5.0])
def test_shuffled_increments_of_the_skew_product_follow_the_formula(r):
    """The claim of the closure formula, without any network: within 3 points."""
    system = ms.systems.skew_product()
    dt = r * 0.005
    n_time = max(100, round(0.5 / dt))
    x = system.trajectories(2000, n_time * dt, dt, start=system.x0, rng=0)
    paths = np.log(x[..., 0])
    lacking = (1 + closure_bias(system.closure_rate, n_time * dt)) ** 2
    ratio = shuffled_std(paths)[-1] / paths[:, -1].std() * np.sqrt(lacking)
    assert abs(ratio - 1 - closure_bias(system.closure_rate, dt)) < 0.06


@pytest.mark.parametrize("stationary", [False, True])
def test_in_stationary_data_the_bias_becomes_a_slow_clock(stationary):
    """A linear map of a slow Ornstein–Uhlenbeck process, at four memories of noise."""
    eps, rng = 0.05, np.random.default_rng(0)
    dt = 4 * eps**2
    system = ms.systems.slow_ornstein_uhlenbeck(eps=eps)
    # Starts spread wide have a flat density; after five units they are forgotten.
    start = rng.uniform(-8, 8, (10_000, 1)) if not stationary else np.zeros((4000, 1))
    t_end = 10.0 if stationary else 0.2
    x = system.trajectories(len(start), t_end, dt, start=start, rng=1)[..., 0]
    x = x[:, x.shape[1] // 2 :] if stationary else x
    now, then = x[:, :-1].ravel(), x[:, 1:].ravel()
    phi = np.mean(now * then) / np.mean(now**2)
    std = np.std(then - phi * now) / np.sqrt(1 - phi**2)
    factor = 1 + closure_bias(system.closure_rate, dt)
    rate = -np.log(phi) / dt
    assert np.isclose(rate, factor**2 if stationary else 1, atol=0.03)
    assert np.isclose(std, 1 if stationary else factor, atol=0.02)


def test_shuffling_on_the_average_gives_the_formula_of_shuffled_std():
    paths = np.cumsum(
        np.random.default_rng(0).normal(size=(200, 1, 1)) + np.zeros(8), 2
    )
    paths = np.moveaxis(paths, 1, 2)
    increments = np.diff(paths, axis=1)
    rng = np.random.default_rng(1)
    variances = []
    for _ in range(400):
        shuffled = rng.permuted(increments, axis=0)
        variances.append((paths[:, :1] + np.cumsum(shuffled, axis=1)).var(axis=0))
    expected = shuffled_std(paths)[1:] ** 2
    assert np.allclose(np.mean(variances, axis=0), expected, rtol=0.02)


@given(r=st.floats(1e-3, 1e4))
def test_rate_inverts_the_correlation(r):
    found = closure_rate(float(increment_correlation(r, 2.0)), 2.0)
    assert np.isclose(found, r, rtol=1e-6)


@given(bias=st.floats(1e-3, 0.9), rate=st.floats(1e-3, 1e3))
def test_chosen_lag_has_the_bias_asked_for(bias, rate):
    assert np.isclose(closure_bias(rate, choose_lag(rate, bias)), -bias, rtol=1e-6)


@pytest.mark.parametrize("miss", [1e-2, 1e-5, 1e-10])
def test_short_lags_are_found_as_well(miss):
    # Of r correlation times the bias is (r / 2)^{1/2} - 1, the correlation 1 - 2 r / 3.
    assert choose_lag(1.0, 1.0 - miss) == pytest.approx(2.0 * miss**2, rel=2e-2)
    assert closure_rate(1.0 - miss, 1.0) == pytest.approx(1.5 * miss, rel=2e-2)
    assert 1.0 + closure_bias(2.0 * miss**2, 1.0) == pytest.approx(miss, rel=1e-2)


@pytest.mark.parametrize("bias", [1e-8, 1e-20, 1e-300])
def test_lags_of_a_small_bias_are_not_lost_to_rounding(bias):
    assert choose_lag(1.0, bias) == pytest.approx(0.5 / bias, rel=1e-6)
    assert closure_bias(0.5 / bias, 1.0) == pytest.approx(-bias, rel=1e-6)


def test_white_noise_has_no_bias():
    assert closure_bias(np.inf, 0.1) == 0
    assert increment_correlation(np.inf, 0.1) == 0
    assert choose_lag(np.inf) == 0
    assert closure_rate(-0.1, 1.0) == np.inf


def test_floor_is_the_spread_of_time_averages():
    theta, t_end, dt = 1.0, 200.0, 0.1
    phi = np.exp(-theta * dt)
    noise = np.random.default_rng(0).normal(size=(1000, round(t_end / dt)))
    noise *= np.sqrt(1 - phi**2)
    paths = lfilter([1.0], [1.0, -phi], noise)
    spread = np.sqrt(np.mean(paths.mean(axis=1) ** 2))
    assert abs(spread / statistical_floor(theta, t_end) - 1) < 4 / np.sqrt(2000) + 0.01


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: closure_bias(0.0, 1.0), "rate"),
        (lambda: closure_bias(1.0, np.nan), "dt"),
        (lambda: increment_correlation(1.0, -1.0), "dt"),
        (lambda: closure_rate(1.0, 1.0), "correlation"),
        (lambda: choose_lag(1.0, bias=1.0), "bias"),
        (lambda: statistical_floor(-1.0, 1.0), "relaxation_rate"),
        (lambda: statistical_floor(1.0, 0.0), "t_observed"),
        (lambda: shuffled_std(np.zeros(5)), "trajectories"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()


def test_no_bias_has_no_sign():
    assert str(float(closure_bias(np.inf, 1.0))) == "0.0"
