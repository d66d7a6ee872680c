"""Rollouts for training against those that PyTorch records step by step."""

import pytest
import torch

from msbook.networks import GRU, LSTM, DelayedMLP, PropagatorNetwork, rollout
from msbook.networks.propagators.networks import GRUNetwork

RECIPES = [
    GRU(7),
    LSTM(7),
    DelayedMLP((9, 8), n_delays=3),
    DelayedMLP((9, 8), n_delays=1),
    GRU(5, increments=False),
    LSTM(5, increments=False),
]


def trained(recipe, n_latent=3):
    """A network none of whose parameters is zero."""
    generator = torch.Generator().manual_seed(0)
    network = recipe.build(n_latent, generator)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 3)
        network.increment_scale.fill_(0.3)
    return network


def known_states(n_known, n=4):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(n, n_known, 3, generator=generator, dtype=torch.float64)


def loss_and_gradients(network, roll, n_known, n_steps):
    """A loss that weighs every prediction and memory by another number."""
    network.zero_grad()
    found = roll(known_states(n_known), n_steps)
    loss = sum(
        (values * torch.arange(values.numel()).reshape(values.shape).cos()).sum()
        for values in found
    )
    loss.backward()
    return [*found, *(parameter.grad.clone() for parameter in network.parameters())]


@pytest.mark.parametrize(("n_known", "n_steps"), [(1, 6), (5, 1), (4, 12)])
@pytest.mark.parametrize("recipe", RECIPES, ids=str)
def test_gradients_are_those_of_pytorch(recipe, n_known, n_steps, monkeypatch):
    network = trained(recipe)
    expected = loss_and_gradients(network, network.rollout, n_known, n_steps)
    monkeypatch.delattr(PropagatorNetwork, "rollout")
    found = loss_and_gradients(
        network, lambda *window: rollout(network, *window), n_known, n_steps
    )
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def test_a_loss_may_leave_the_memory_out_and_be_in_single_precision():
    network = trained(GRU(6)).float()
    gradients = []
    for roll in (network.rollout, lambda *window: rollout(network, *window)):
        network.zero_grad()
        roll(known_states(3).float(), 5)[0][:, 2:].square().mean().backward()
        gradients.append([parameter.grad for parameter in network.parameters()])
    for ours, theirs in zip(*gradients, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


def test_other_networks_and_derivatives_by_the_states_are_left_to_pytorch():
    class Doubling(GRUNetwork):
        def update(self, z, memory):
            return z, memory

    network = Doubling(3, 4, True, torch.Generator().manual_seed(0))
    z = known_states(1).requires_grad_()
    for roller in (network, trained(LSTM(4))):
        predictions, _ = rollout(roller, z, 3)
        assert torch.equal(predictions, roller.rollout(z, 3)[0])
        (slope,) = torch.autograd.grad(predictions.sum(), z)
        assert slope.abs().min() > 0
    with torch.no_grad():
        assert not rollout(network, z, 3)[0].requires_grad


def test_weights_that_change_between_the_passes_are_noticed():
    network = trained(GRU(4))
    predictions, _ = rollout(network, known_states(2), 3)
    with torch.no_grad():
        network.gates.weight += 1.0
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        predictions.sum().backward()


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 5), (4, 0, 3)], ids=str)
def test_shapes_are_checked(shape):
    with pytest.raises(ValueError, match="z must have shape"):
        rollout(trained(GRU(4)), torch.zeros(shape, dtype=torch.float64), 3)
