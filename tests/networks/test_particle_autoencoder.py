"""The recipe for sets of particles, and the losses of what it builds."""

import numpy as np
import pytest
import torch

from msbook.networks import ParticleAutoencoder


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def built(dim=2, **options):
    return ParticleAutoencoder(2, hidden=(8, 8), n_pooled=10, **options).build(
        dim, generator()
    )


def sets(n=3, n_particles=40, dim=2):
    size = n, n_particles, dim
    return torch.rand(*size, dtype=torch.float64, generator=generator(1))


def test_all_particles_seen_and_scored_is_the_likelihood():
    network, x = built(n_seen=40, n_scored=40), sets()
    expected = -network.log_prob(x, network.encode(x)).mean()
    torch.testing.assert_close(network.loss(x, generator()), expected)
    torch.testing.assert_close(network.error(x), expected)


def test_those_scored_are_not_among_those_seen():
    network = built(n_seen=15, n_scored=25)
    labels = torch.arange(40.0)[None, :, None]
    seen, scored = network._some_particles(labels, generator(4))
    assert (seen.shape[1], scored.shape[1]) == (15, 25)
    together = torch.cat((seen, scored), 1).flatten()
    assert together.unique().numel() == 40
    assert torch.equal(network.error(sets()), network.error(sets()))


def test_variational_loss_is_minus_the_evidence_bound_of_a_particle():
    network, x = built(kl_weight=1.0, n_seen=40, n_scored=40), sets()
    with torch.no_grad():
        mean, log_std = network.encoder(x).chunk(2, dim=-1)
        q = torch.distributions.Normal(mean, log_std.exp())
        prior = torch.distributions.Normal(torch.zeros(2), torch.ones(2))
        divergence = torch.distributions.kl_divergence(q, prior).sum(-1)
        source = generator(3)
        torch.randperm(40, generator=source)  # what chooses particles comes first
        noise = torch.randn(mean.shape, generator=source, dtype=mean.dtype)
        likelihood = network.log_prob(x, mean + log_std.exp() * noise).sum(1)
        bound = (likelihood - divergence).mean()
        loss = network.loss(x, generator(3))
    torch.testing.assert_close(loss, -bound / 40)
    assert network.encode(x).shape == (3, 2)
    torch.testing.assert_close(network.encode(x), mean)


@pytest.mark.parametrize("kl_weight", [0.0, 1.0])
def test_every_parameter_gets_a_gradient(kl_weight):
    network = built(kl_weight=kl_weight)
    network.loss(sets(), generator()).backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_one_pair_of_walls_is_for_all_components():
    np.testing.assert_array_equal(built(box=(-1, 2)).box, [[-1, 2], [-1, 2]])
    pairs = ((0, 1), (-3, 3))
    np.testing.assert_array_equal(built(box=pairs).box, pairs)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"box": (1, 1)}, "box must be a pair"),
        ({"box": ((0, 1), (0, 1), (0, 1))}, "one for each of the 2 components"),
        ({"n_seen": 0}, "n_seen must be a whole number, at least 1"),
        ({"kl_weight": -1.0}, "kl_weight must be a number from 0"),
        ({"support": "none"}, "support must be one of"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        built(**options)
