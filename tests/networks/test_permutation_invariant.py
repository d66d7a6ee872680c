"""The encoder of sets: what it may not see, and what it must."""

import pytest
import torch

from msbook.networks import PermutationInvariantEncoder
from msbook.networks.autoencoders import permutation_invariant


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def new_encoder(dim=3, n_outputs=2):
    return PermutationInvariantEncoder(
        dim, n_outputs, (16, 16), 30, "silu", generator()
    )


def sets(n=4, n_members=50, dim=3):
    return torch.rand(n, n_members, dim, dtype=torch.float64, generator=generator(1))


@pytest.mark.parametrize("with_gradients", [True, False])
def test_order_and_copies_do_not_matter(with_gradients):
    encoder, x = new_encoder(), sets()
    order = torch.randperm(50, generator=generator(2))
    close = {"rtol": 0, "atol": 1e-12 if with_gradients else 1e-6}
    with torch.set_grad_enabled(with_gradients):
        code = encoder(x)
        torch.testing.assert_close(encoder(x[:, order]), code, **close)
        torch.testing.assert_close(encoder(torch.cat((x, x, x), 1)), code, **close)
        assert not torch.allclose(encoder(x**2), code, atol=1e-3)
        assert not torch.allclose(encoder(x[:, :40]), code, atol=1e-4)


def test_formula():
    encoder, x = new_encoder(), sets()
    expected = encoder.whole(encoder.members(x).mean(dim=1))
    torch.testing.assert_close(encoder(x), expected)


@pytest.mark.parametrize("piece", [1, 7, 50, 120])
def test_pieces_do_not_matter(piece, monkeypatch):
    encoder, x = new_encoder(), sets()
    expected = encoder(x).detach()
    monkeypatch.setattr(permutation_invariant, "PIECE", piece)
    with torch.no_grad():
        torch.testing.assert_close(encoder(x), expected, rtol=0, atol=1e-6)
        torch.testing.assert_close(encoder(x[0]), expected[0], rtol=0, atol=1e-6)


def test_every_parameter_gets_a_gradient():
    encoder = new_encoder()
    encoder(sets()).square().sum().backward()
    for name, parameter in encoder.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_something_must_be_pooled():
    with pytest.raises(ValueError, match="n_pooled must be a whole number, at least 1"):
        PermutationInvariantEncoder(3, 2, (8,), 0, "silu", generator())
