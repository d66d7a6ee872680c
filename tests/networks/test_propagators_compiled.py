"""Compiled free forecasts against the networks' own steps."""

import numpy as np
import pytest
import torch

from msbook.networks import GRU, LSTM, DelayedMLP, propagate
from msbook.networks.propagators import recurrent_kernels as propagators_compiled
from msbook.networks.propagators.networks import GRUNetwork
from msbook.networks.propagators.recurrent_kernels import propagate_in_torch

RECIPES = [
    GRU(13),
    LSTM(13),
    DelayedMLP((9, 14), n_delays=3),
    DelayedMLP((9, 14), n_delays=1),
    GRU(5, increments=False),
]


def trained(recipe, n_latent=3):
    """A network none of whose parameters is zero."""
    generator = torch.Generator().manual_seed(0)
    network = recipe.build(n_latent, generator)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
        network.increment_scale.fill_(0.1)
    return network


def starts(network, n=21):
    rng = np.random.default_rng(1)
    sizes = network.n_latent, network.n_memory
    return tuple(rng.normal(size=(n, size)) for size in sizes)


@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_compiled_forecasts_are_those_of_the_networks(recipe, monkeypatch):
    network = trained(recipe)
    z, memory = starts(network)
    expected = propagate_in_torch(network, z, memory, 40)
    monkeypatch.delattr(propagators_compiled, "propagate_in_torch")
    found = propagate(network, z, memory, 40)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)
    assert np.array_equal(found[0][:, 0], z)


@pytest.mark.parametrize("recipe", RECIPES[:3], ids=str)
def test_forecasts_do_not_depend_on_their_company_or_on_pauses(recipe):
    network = trained(recipe)
    z, memory = starts(network)
    latents, *end = propagate(network, z, memory, 20)
    for i in (0, 7, 8, 20):
        alone = propagate(network, z[i : i + 1], memory[i : i + 1], 20)
        assert np.array_equal(alone[0][0], latents[i])
    first, *middle = propagate(network, z, memory, 7)
    second, *last = propagate(network, *middle, 13)
    assert np.array_equal(np.concatenate([first, second], axis=1), latents)
    for a, b in zip(end, last, strict=True):
        assert np.array_equal(a, b)


def test_forecasts_leave_their_starts_alone():
    network = trained(GRU(6))
    z, memory = starts(network)
    copies = z.copy(), memory.copy()
    propagate(network, z, memory, 5)
    assert np.array_equal(z, copies[0])
    assert np.array_equal(memory, copies[1])


def test_networks_of_a_reader_are_stepped_by_themselves():
    class Still(GRUNetwork):
        def update(self, z, memory):
            return torch.zeros_like(z), memory + 1.0

    network = Still(2, 4, True, torch.Generator().manual_seed(0))
    z, memory = starts(network)
    latents, end, kept = propagate(network, z, memory, 6)
    assert np.array_equal(latents, np.repeat(z[:, None], 6, axis=1))
    assert np.array_equal(end, z)
    np.testing.assert_allclose(kept, memory + 6.0, rtol=1e-14)


@pytest.mark.parametrize("recipe", RECIPES[:3], ids=str)
def test_blow_up_stays_visible(recipe):
    network = trained(recipe)
    z, memory = starts(network, 2)
    z[1, 0] = np.nan
    latents = propagate(network, z, memory, 3)[0]
    assert np.isfinite(latents[0]).all()
    assert np.isnan(latents[1, 1:]).all()


def test_shapes_are_checked():
    network = trained(LSTM(6))
    z, memory = starts(network)
    with pytest.raises(ValueError, match=r"memory must .* 12\).*got \(21, 11\)"):
        propagate(network, z, memory[:, 1:], 5)
    with pytest.raises(ValueError, match=r"got \(20, 3\) and \(21, 12\)"):
        propagate(network, z[1:], memory, 5)
