"""The study of LED on fields: its systems, its rivals and its errors."""

import numpy as np
import pytest

pytest.importorskip("pydmd")

from benchmarks.elsewhere import fields
from benchmarks.elsewhere.fields_peers import N_KNOWN, PEERS
from benchmarks.elsewhere.fields_systems import N_TEST, N_TIMES, N_TRAIN, SYSTEMS

X = np.linspace(0, 2 * np.pi, 24, endpoint=False)


def waves(n_traj, n_time, seed):
    """Two damped waves that run: a linear system of four components."""
    heights, phases = np.random.default_rng(seed).uniform(1, 2, (2, n_traj, 1, 1, 2))
    t, k = np.arange(n_time)[:, None, None], np.array([1, 2])
    angles = k * (X[:, None] - 0.1 * t) + phases
    return (heights * np.exp(-0.002 * k * t) * np.sin(angles)).sum(axis=-1)


@pytest.mark.parametrize("name", ["forced heat", "Lorenz 96", "shallow water"])
def test_systems_give_paths_of_the_protocol(name):
    train, test = SYSTEMS[name].data(100)
    assert train.shape == (N_TRAIN, N_TIMES, test.shape[-1])
    assert test.shape[:2] == (N_TEST, N_TIMES)
    assert test.shape[-1] % SYSTEMS[name].n_fields == 0
    assert np.isfinite(train).all()
    np.testing.assert_array_equal(train, SYSTEMS[name].data(100)[0])
    assert not np.array_equal(train, SYSTEMS[name].data(101)[0])


@pytest.mark.parametrize("name", ["linear map of 5 lags", "DMD", "HODMD"])
def test_linear_models_forecast_a_linear_system(name):
    train, test = waves(10, 90, seed=0), waves(3, 90, seed=1)
    found = PEERS[name]().fit(train).forecast(test[:, :N_KNOWN], 60)
    assert found.shape == (3, 60, 24)
    assert np.abs(found - test[:, N_KNOWN:]).max() < 1e-3


def test_the_last_known_state_persists():
    known = waves(2, 30, seed=0)
    found = PEERS["persistence"]().fit(known).forecast(known, 4)
    np.testing.assert_array_equal(found, np.repeat(known[:, -1:], 4, axis=1))


def test_the_climate_has_an_error_of_one_and_what_is_lost_a_million():
    name = "shallow water"
    rng = np.random.default_rng(0)
    train, test = (rng.normal(size=(n, N_TIMES, 8)) for n in (5, 3))
    train[..., :4] *= 100
    mean = train.mean(axis=(0, 1))
    forecast = np.broadcast_to(mean, (3, 150, 8)).copy()
    errors = fields.relative_errors(forecast, train, test, name)
    np.testing.assert_allclose(errors, 1.0)
    exact = fields.relative_errors(test[:, N_KNOWN:], train, test, name)
    np.testing.assert_array_equal(exact, 0.0)
    forecast[0, 99, 0] = np.nan
    forecast[0, 149, 0] = 1e300
    lost = fields.relative_errors(forecast, train, test, name)
    assert lost.tolist() == pytest.approx([1, 1, 1, 1, 1e6, 1e6])
