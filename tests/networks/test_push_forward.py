"""Networks that turn noise into samples."""

import pytest
import torch

from msbook.networks import LatentGaussian, PushForward


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(n, dim, seed=1):
    return torch.randn(n, dim, dtype=torch.float64, generator=generator(seed))


def test_push_forward_starts_as_the_normal_law():
    network = PushForward(2, 3, 4, (8,), generator())
    noise = normal(50, 4)
    assert torch.equal(network.push(noise, normal(50, 3, 2)), noise[:, :2])


def test_push_forward_needs_as_much_noise_as_components():
    with pytest.raises(ValueError, match="noise_dim must be at least dim = 2"):
        PushForward(2, 1, 1, (8,), generator())


def test_latent_gaussian_draws_from_its_decoder():
    network = LatentGaussian(2, 3, 1, (8,), generator())
    noise, condition = normal(50, 3), normal(50, 3, 2)
    mean, log_scale = network.decode(noise[:, :1], condition)
    expected = mean + log_scale.exp() * noise[:, 1:]
    torch.testing.assert_close(network.push(noise, condition), expected)
    assert network.encode(noise[:, 1:], condition)[0].shape == (50, 1)
