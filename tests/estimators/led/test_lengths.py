"""Trajectories of different lengths, with gaps, too short ones; what is held out."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import msbook as ms
from msbook.estimators import FieldScaling
from msbook.estimators.led.inputs import paths as paths_module
from msbook.estimators.led.inputs.reading import read_paths
from msbook.estimators.led.inputs.splitting import (
    longest_window,
    training_and_validation,
)
from msbook.estimators.led.training import Windows
from msbook.networks import DelayedMLP, DenseAutoencoder, Identity
from msbook.training.by_loss import minimise

FILE = Path(__file__).with_name("fit_of_a_large_file.py")


def circles(*lengths, seed=0):
    """Turns on circles, each of its own radius, a list of ``(n_time, 2)``."""
    rng = np.random.default_rng(seed)
    turns = []
    for n in lengths:
        angle = rng.uniform(0, 6) + 0.2 * np.arange(n)
        turns.append(
            rng.uniform(1, 2) * np.stack((np.cos(angle), np.sin(angle)), axis=-1)
        )
    return turns


def new_led(**options):
    settings = {"rollouts": ((2, 20), (5, 20)), "random_state": 0}
    return ms.LED(Identity(2), DelayedMLP((16,), 1), **settings | options)


def split(given, n_steps=5, validation=None):
    watched = None if validation is None else read_paths("validation", validation)
    both = training_and_validation(
        read_paths("X", given), watched, n_warm_up=1, n_steps=n_steps
    )
    return [each.lengths for each in both]


def test_nothing_is_copied():
    data = np.stack(circles(30, 30)).astype("f4")
    read = read_paths("X", data)
    assert all(np.shares_memory(piece, data) for piece in read.pieces)
    with_gap = data.copy()
    with_gap[1, 7, 0] = np.nan
    assert read_paths("X", with_gap).lengths == [30, 7, 22]
    assert all(np.shares_memory(p, with_gap) for p in read_paths("X", with_gap).pieces)


def test_no_window_crosses_a_gap():
    data = np.stack(circles(40, 40))
    data[0, 13] = data[1, 20, 1] = np.nan
    cut = [data[0, :13], data[0, 14:], data[1, :20], data[1, 21:]]
    known = data[:, :1]
    led, other = new_led().fit(data), new_led().fit(cut)
    np.testing.assert_array_equal(led.forecast(known, 9), other.forecast(known, 9))
    windows = Windows(read_paths("X", data).pieces, 6).all()
    steps = np.linalg.norm(np.diff(windows, axis=1), axis=-1)
    assert windows.shape == (8 + 21 + 15 + 14, 6, 2)
    assert steps.max() < 0.41


def test_what_is_held_out():
    assert split(circles(*[40] * 11)) == [[40] * 9, [40] * 2]
    assert split(circles(40, 60, 20)) == [[32, 48, 20], [8, 12]]
    assert split(circles(40, 60), validation=circles(9, 30)) == [[40, 60], [9, 30]]


def test_what_is_too_short_is_left_out_with_a_warning():
    words = "1 of 4 trajectories of X are left out, .* fewer than 6 .* shortest has 5"
    with pytest.warns(UserWarning, match=words):
        assert split(circles(40, 5, 40, 40)) == [[32] * 3, [8] * 3]
    with pytest.warns(UserWarning, match="1 of 2 trajectories of validation"):
        assert split(circles(40), validation=circles(5, 9)) == [[40], [9]]


@pytest.mark.parametrize(
    ("lengths", "words"),
    [
        (
            (20, 20),
            "got 16 .* and 4 for validation, by default the last.* 3 steps",
        ),
        ((5,) * 6, "got 5 .* and 5 .* every fifth trajectory. Forecast 4 steps"),
        ((1, 1), "Not even the warm-up of 1 fits"),
    ],
)
def test_too_short_data_are_told_what_fits(lengths, words):
    with pytest.raises(ValueError, match=words):
        split(circles(*lengths))


def test_the_longest_window():
    def longest(*lengths, validation=None):
        watched = validation and read_paths("validation", validation)
        return longest_window(read_paths("X", circles(*lengths)), watched)

    assert longest(*[50] * 5) == 50
    assert longest(50, 50) == 10
    assert longest(50, validation=circles(20)) == 20
    assert longest(3, 50, 60, 70, 40, 30) == 30  # with which five are left
    with pytest.warns(UserWarning, match="left out"):
        split(circles(3, 50, 60, 70, 40, 30), n_steps=29)


def test_scaling_of_portions_is_that_of_all(monkeypatch):
    states = np.array([1e3, 0.0]) + np.concatenate(circles(300, 200))
    usual = FieldScaling.of(states)
    np.testing.assert_array_equal(usual.mean, states.mean(axis=0))
    np.testing.assert_array_equal(usual.scale, states.std(axis=0))
    monkeypatch.setattr(paths_module, "PORTION", 16 * 7)
    read = read_paths("X", [states[:300], states[300:]])
    portions = list(read)
    assert {len(part) for part in portions[:-1]} == {7}
    np.testing.assert_array_equal(np.concatenate(portions), states)
    found = FieldScaling.of_portions(read)
    np.testing.assert_allclose(found.mean, usual.mean, rtol=1e-12)
    np.testing.assert_allclose(found.scale, usual.scale, rtol=1e-12)
    rows = np.array([499, 0, 299, 300, 7])
    np.testing.assert_array_equal(read.rows(rows), states[rows])


def test_portions_change_a_fit_by_rounding_only(monkeypatch):
    data = np.stack(circles(60, 60, 60))

    def forecast():
        led = new_led(n_updates=30).set_params(autoencoder=DenseAutoencoder(2, (8,)))
        return led.fit(data).forecast(data[:, :5], 9)

    whole = forecast()
    monkeypatch.setattr(paths_module, "PORTION", 16 * 50)
    monkeypatch.setattr("msbook.estimators.led.inputs.scaled.SMALL", 16)
    np.testing.assert_allclose(forecast(), whole, atol=1e-4)


def test_a_source_of_samples_is_an_array():
    import torch

    x = np.linspace(-1, 1, 50)[:, None]

    class Source:
        shape = x.shape

        def rows(self, indices):
            return x[indices]

    found = []
    for samples in (x, Source()):
        network = torch.nn.Linear(1, 1)
        torch.nn.init.ones_(network.weight)
        torch.nn.init.zeros_(network.bias)
        minimise(
            network,
            lambda batch, network=network: (network(batch) - 3).square().mean(),
            (samples,),
            validation=(x,),
            n_updates=9,
            batch_size=8,
            learning_rate=0.1,
            rng=0,
        )
        found.append(network.bias.item())
    assert found[0] == found[1]


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc for its memory")
def test_a_file_larger_than_the_memory_is_enough(tmp_path):
    command = [sys.executable, str(FILE), str(tmp_path / "states.npy"), "1"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(found.stdout) < 250  # MiB; in double precision the states have 600


def test_a_score_is_one_less_the_relative_error():
    data = np.stack(circles(60, 60))
    led = new_led(rollouts=((5, 300),)).fit(data)
    unseen = np.stack(circles(13, 13, seed=1))
    wrong = size = 0.0
    for first in (0, 6):  # windows of one known state and five
        true = unseen[:, first + 1 : first + 6]
        forecast = led.forecast(unseen[:, first : first + 1], 5)
        wrong += (((forecast - true) / led.scaling_.scale) ** 2).sum()
        size += (((true - led.scaling_.mean) / led.scaling_.scale) ** 2).sum()
    assert led.score(unseen) == pytest.approx(1 - wrong / size, rel=1e-12)
    assert led.score(list(unseen)) == led.score(unseen) > 0.5
    with pytest.raises(ValueError, match="of 6 states or more, 1 of warm-up and 5"):
        led.score(unseen[:, :5])


def test_a_forecast_from_far_outside_says_so(recwarn):
    data = np.stack(circles(*[60] * 6))
    led = new_led().fit(data)
    led.forecast(np.stack(circles(*[9] * 50, seed=5)), 3)
    assert not recwarn.list
    far = np.concatenate([data[:1, :3], 100 * data[1:2, :3]])
    words = "1 of 2 trajectories, the first of them 1, .* up to [0-9.]* times as far"
    with pytest.warns(UserWarning, match=words):
        led.forecast(far, 3)
