"""Ensembles of LED: their members, and intervals that cover what they promise."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import msbook as ms
from msbook.networks import DelayedMLP, PrincipalComponents

N_POINTS, DT, KNOWN, AHEAD = 12, 0.1, 5, 10
LED = ms.LED(
    PrincipalComponents(2),
    DelayedMLP((8,)),
    n_fields=1,
    dt=DT,
    rollouts=((3, 30),),
    n_windows=16,
)


def waves(n_traj, n_time=KNOWN + AHEAD, seed=0, noise=0.0):
    """Waves of random phase, with noise on what is measured."""
    rng = np.random.default_rng(seed)
    phases = rng.uniform(0, 2 * np.pi, n_traj)[:, None, None]
    x = np.linspace(0, 2 * np.pi, N_POINTS, endpoint=False)
    wave = np.sin(x - DT * np.arange(n_time)[:, None] + phases)
    return wave + noise * rng.normal(size=wave.shape)


def split(windows):
    return windows[:, :KNOWN], windows[:, KNOWN:]


def share_inside(found, truth, **axes):
    return ((found.lower <= truth) & (truth <= found.upper)).mean(**axes)


@pytest.fixture(scope="module")
def fitted():
    return ms.LEDEnsemble(LED, n_members=3, random_state=0).fit(waves(4, 60))


@pytest.fixture
def ensemble(fitted):
    """The same members, not calibrated."""
    return ms.LEDEnsemble.from_members(fitted.members_)


def test_forecast_is_the_mean_of_different_members(ensemble):
    known = split(waves(3, seed=1))[0]
    forecasts = ensemble.forecast_members(known, AHEAD)
    assert forecasts.shape == (3, 3, AHEAD, N_POINTS)
    each = [member.forecast(known, AHEAD) for member in ensemble.members_]
    np.testing.assert_array_equal(forecasts, each)
    np.testing.assert_allclose(ensemble.forecast(known, AHEAD), np.mean(each, axis=0))
    assert np.abs(forecasts[0] - forecasts[1]).max() > 1e-3


def test_interval_before_calibration_is_that_of_the_normal_law(ensemble):
    known = split(waves(3, seed=1))[0]
    found = ensemble.forecast_interval(known, AHEAD, level=0.8)
    forecasts = ensemble.forecast_members(known, AHEAD)
    half = norm.ppf(0.9) * forecasts.std(axis=0, ddof=1)
    np.testing.assert_allclose(found.lower, forecasts.mean(axis=0) - half, rtol=1e-9)
    np.testing.assert_allclose(found.upper, forecasts.mean(axis=0) + half, rtol=1e-9)
    np.testing.assert_allclose(found.spread * norm.ppf(0.9), half)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_calibrated_intervals_cover_at_every_lead_time(ensemble, level):
    # The noise of the measurement is in no member's spread.
    known, truth = split(waves(400, seed=2, noise=0.2))
    raw = share_inside(ensemble.forecast_interval(known, AHEAD, level), truth)
    ensemble.calibrate(*split(waves(200, seed=3, noise=0.2)))
    found = ensemble.forecast_interval(known, AHEAD, level)
    assert raw < level - 0.15
    np.testing.assert_allclose(
        share_inside(found, truth, axis=(0, 2)), level, atol=0.04
    )


def test_windows_of_the_calibration_are_covered_by_their_own_quantile(ensemble):
    known, truth = split(waves(39, seed=4))
    ensemble.calibrate(known, truth)
    # The corrected level, ⌈40 · 0.9⌉ / 39, and no value more than it takes.
    share = share_inside(ensemble.forecast_interval(known, AHEAD), truth, axis=(0, 2))
    assert np.all((share > 36 / 39 - 1e-2) & (share < 36 / 39 + 1e-2))
    wide = ensemble.forecast_interval(known, AHEAD, level=0.95)
    narrow = ensemble.forecast_interval(known, AHEAD, level=0.5)
    assert np.all(wide.upper - wide.lower >= narrow.upper - narrow.lower)


def test_members_that_agree_are_not_taken_at_their_word(fitted):
    same = ms.LEDEnsemble.from_members([fitted.members_[0]] * 2)
    known, truth = split(waves(60, seed=5, noise=0.1))
    found = same.calibrate(known, truth).forecast_interval(known, AHEAD)
    assert np.isfinite(found.lower).all()
    assert np.all(found.spread == 0)
    assert share_inside(found, truth) > 0.89


def test_shorter_forecasts_are_the_beginning_of_longer_ones(ensemble):
    known, truth = split(waves(30, seed=6))
    ensemble.calibrate(known, truth)
    whole = ensemble.forecast_interval(known, AHEAD)
    part = ensemble.forecast_interval(known, 4)
    np.testing.assert_allclose(part.upper, whole.upper[:, :4], rtol=1e-12)


def test_same_seed_same_numbers_and_refit_forgets(fitted, ensemble):
    again = clone(fitted).fit(waves(4, 60))
    known, truth = split(waves(30, seed=7))
    np.testing.assert_array_equal(
        again.forecast(known, AHEAD), ensemble.forecast(known, AHEAD)
    )
    raw = again.forecast_interval(known, AHEAD)
    again.calibrate(known, truth).fit(waves(4, 60))
    np.testing.assert_array_equal(
        again.forecast_interval(known, AHEAD).upper, raw.upper
    )


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda e: ms.LEDEnsemble(LED, n_members=1).fit(waves(4)), "at least 2"),
        (
            lambda e: ms.LEDEnsemble.from_members(e.members_[:1]),
            "two msbook.LED or more; got .LED",
        ),
        (lambda e: ms.LEDEnsemble.from_members([1, 2]), "members must be .* got .1, 2"),
        (
            lambda e: ms.LEDEnsemble.from_members(
                [*e.members_, clone(LED).set_params(dt=1.0).fit(waves(4, 60))]
            ),
            "one size and one dt",
        ),
        (lambda e: e.calibrate(waves(3), waves(2)), "one truth for each warm-up"),
        (lambda e: e.forecast_interval(waves(3), 2, level=90), "between 0 and 1"),
        (lambda e: e.forecast_interval(waves(3), AHEAD + 1), "for 10 steps"),
        (lambda e: e.forecast_interval(waves(3), 2, level=0.95), "needs 19 windows"),
    ],
)
def test_bad_input_is_named(ensemble, call, word):
    ensemble.calibrate(*split(waves(9)))
    with pytest.raises(ValueError, match=word):
        call(ensemble)


def test_an_ensemble_must_be_fitted_first():
    with pytest.raises(NotFittedError):
        ms.LEDEnsemble(LED).forecast(waves(2), 3)
