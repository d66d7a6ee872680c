"""LED without an autoencoder."""

import numpy as np
import pytest
import torch

import msbook as ms
from msbook.networks import DelayedMLP, Identity


@pytest.fixture(scope="module")
def circles():
    """Turns on circles about (5, -3), of different radii and phases."""
    rng = np.random.default_rng(0)
    radius, phase = rng.uniform(1, 2, (12, 1)), rng.uniform(0, 6, (12, 1))
    angle = phase + 0.2 * np.arange(60)
    turns = np.stack((np.cos(angle), np.sin(angle)), axis=-1)
    return np.array([5.0, -3.0]) + radius[..., None] * turns


@pytest.fixture(scope="module")
def led(circles):
    return ms.LED(
        Identity(2),
        DelayedMLP((16,), n_delays=1),
        rollouts=((2, 100), (10, 200)),
        random_state=0,
    ).fit(circles)


def test_it_encodes_to_itself():
    x = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    network = Identity(3).build(3, torch.Generator())
    assert torch.equal(network.decode(network.encode(x)), x)
    assert network.fit([x])
    assert not list(network.parameters())


def test_another_number_of_components_is_refused():
    with pytest.raises(ValueError, match=r"n_features = 3; got 2"):
        Identity(2).build(3, torch.Generator())


def test_latents_are_the_scaled_states(led, circles):
    latents = led.transform(circles)
    used = latents[np.arange(12) % 5 != 4].reshape(-1, 2)  # every fifth chooses
    np.testing.assert_allclose(used.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(used.std(axis=0), 1)
    np.testing.assert_allclose(led.inverse_transform(latents), circles)
    assert led.history_ is None


def test_it_forecasts(led, circles):
    forecast = led.forecast(circles[:, :1], 20)
    assert np.sqrt(np.mean((forecast - circles[:, 1:21]) ** 2)) < 0.1


def test_it_is_kept_and_comes_back(led, circles, tmp_path):
    ms.io.save_model(tmp_path / "led", led)
    loaded = ms.io.load_model(tmp_path / "led")
    assert loaded.autoencoder == Identity(2)
    np.testing.assert_array_equal(
        loaded.forecast(circles[:, :1], 20), led.forecast(circles[:, :1], 20)
    )
