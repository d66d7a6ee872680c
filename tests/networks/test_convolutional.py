"""Convolutional autoencoders of fields on a grid."""

from dataclasses import replace

import numpy as np
import pytest
import torch

import msbook as ms
from msbook.networks import ConvolutionalAutoencoder, DelayedMLP, on_fine_grid
from msbook.networks.autoencoders.convolutional import PORTION
from msbook.networks.autoencoders.convolutional_layers import Convolutions, new_filters

SMALL = ConvolutionalAutoencoder(
    (5, 6), n_fields=2, n_latent=3, channels=(4,), maps=2, dense=(8,)
)


def build(recipe=SMALL, seed=0):
    return recipe.build(60, torch.Generator().manual_seed(seed))


@pytest.fixture(scope="module")
def waves():
    """Plane waves on a grid of 5 × 6 points, in eight directions of a quarter turn."""
    angle = np.arange(8)[:, None, None, None] * np.pi / 16
    t = 0.2 * np.arange(40)[:, None, None]
    i, j = np.mgrid[:5, :6]
    phase = np.cos(angle) * i + np.sin(angle) * j - t
    return np.stack((np.sin(phase), np.cos(phase)), axis=2).reshape(8, 40, 60)


@pytest.fixture(scope="module")
def led(waves):
    return ms.LED(
        replace(SMALL, every=2),
        DelayedMLP((16,), n_delays=1),
        n_fields=2,
        n_updates=600,
        learning_rate=1e-2,
        rollouts=((2, 50),),
        random_state=0,
    ).fit(waves)


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("every", [1, 2, 3])
def test_shapes(kernel, every):
    network = build(replace(SMALL, kernel=kernel, every=every))
    x = torch.zeros(2, 7, 60, dtype=torch.float64)
    assert network.encode(x).shape == (2, 7, 3)
    assert network(x).shape == x.shape
    assert network.encode(x[0, 0]).shape == (3,)


def test_every_parameter_is_trained():
    network = build()
    x = torch.randn(4, 60, generator=torch.Generator().manual_seed(1)).double()
    network.loss(x, torch.Generator()).backward()
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert parameter.grad.abs().max() > 0


def test_the_generator_fixes_the_parameters_and_nothing_else_is_drawn():
    before = torch.get_rng_state()
    first, again, other = build(seed=0), build(seed=0), build(seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    for a, b, c in zip(*(n.parameters() for n in (first, again, other)), strict=True):
        assert torch.equal(a, b)
        assert not torch.equal(a, c)


def test_initial_filters_have_the_law_of_pytorch():
    torch.manual_seed(0)
    ours = new_filters(16, 400, 3, torch.Generator().manual_seed(0))
    theirs = torch.nn.Conv2d(16, 400, 3, dtype=torch.float64)
    for a, b in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert float(a.detach().std() / b.detach().std()) == pytest.approx(1, abs=0.05)
        assert float(a.detach().abs().max() / b.detach().abs().max()) < 1.02


def test_portions_change_nothing():
    network = build()
    x = torch.randn(PORTION + 3, 60, generator=torch.Generator().manual_seed(2))
    x = x.double()
    at_once = network(x).detach()
    with torch.no_grad():
        torch.testing.assert_close(network(x), at_once)


@pytest.mark.parametrize("kernel", [1, 3])
def test_convolutions_move_with_the_fields_away_from_the_edge(kernel):
    layers = Convolutions((2, 4, 3), kernel, "silu", torch.Generator().manual_seed(0))
    x = torch.randn(1, 2, 9, 9, generator=torch.Generator().manual_seed(3)).double()
    moved = layers(x.roll((1, 2), dims=(2, 3)))
    expected = layers(x).roll((1, 2), dims=(2, 3))
    inner = (..., slice(4, -2), slice(4, -2))
    torch.testing.assert_close(moved[inner], expected[inner])


def test_filters_of_one_point_do_not_see_neighbours():
    layers = Convolutions((2, 4, 3), 1, "silu", torch.Generator().manual_seed(0))
    x = torch.zeros(1, 2, 5, 5, dtype=torch.float64)
    changed = x.clone()
    changed[..., 2, 3] = 1.0
    difference = (layers(changed) - layers(x)).abs().sum(dim=(0, 1))
    assert difference[2, 3] > 0
    assert torch.count_nonzero(difference) == 1


def test_it_learns_waves(led, waves):
    unseen = waves[:, 32:]
    error = led.inverse_transform(led.transform(unseen)) - unseen
    assert np.sqrt(np.mean(error**2)) < 0.35 * unseen.std()


def test_what_stands_at_the_other_points_is_not_looked_at(led, waves):
    coarse = waves.reshape(8, 40, 2, 5, 6)[..., ::2, ::2].reshape(8, 40, -1)
    fine = on_fine_grid(coarse, (5, 6), n_fields=2, every=2)
    assert not np.array_equal(fine, waves)
    assert np.array_equal(led.transform(fine), led.transform(waves))
    np.testing.assert_array_equal(
        led.forecast(fine[:, :5], 10), led.forecast(waves[:, :5], 10)
    )
    changed = waves.copy().reshape(8, 40, 2, 5, 6)
    changed[..., ::2, ::2] += 1
    assert not np.array_equal(led.transform(changed.reshape(waves.shape)), fine)


def test_it_is_kept_and_comes_back(led, waves, tmp_path):
    ms.io.save_model(tmp_path / "led", led)
    loaded = ms.io.load_model(tmp_path / "led")
    assert loaded.autoencoder == led.autoencoder
    forecasts = (one.forecast(waves[:, :5], 10) for one in (led, loaded))
    np.testing.assert_array_equal(*forecasts)


def test_on_a_grid_of_one_point_a_field_stays():
    np.testing.assert_array_equal(on_fine_grid([[3.0]], (1, 1), 1, 1), [[3.0]])


@pytest.mark.parametrize(
    ("changed", "n_features", "message"),
    [
        ({}, 59, "have 60 values; got states of n_features = 59"),
        ({"kernel": 2}, 60, "kernel must be odd and positive; got 2"),
        ({"every": 0}, 60, "every must be a whole number, at least 1"),
        ({"every": 6}, 60, "every must be between 1 and 5"),
        ({"activation": "relu"}, 60, "activation must be one of"),
    ],
)
def test_bad_input_is_refused(changed, n_features, message):
    with pytest.raises(ValueError, match=message):
        replace(SMALL, **changed).build(n_features, torch.Generator())


def test_coarse_fields_of_another_size_are_refused():
    with pytest.raises(ValueError, match="must have 9 values, n_fields = 1"):
        on_fine_grid(np.zeros(4), (5, 6), n_fields=1, every=2)
