"""Mixtures on a box: against PyTorch's distributions, integrals and samples."""

import numpy as np
import pytest
import torch
from torch import distributions

from msbook.networks import FullCovarianceMixture

SUPPORTS = ["logit", "softplus"]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(*shape, seed=1):
    return torch.randn(*shape, dtype=torch.float64, generator=generator(seed))


def uniform(*shape, seed=1):
    return torch.rand(*shape, dtype=torch.float64, generator=generator(seed))


def new_mixture(dim, support="logit", n_parts=4):
    network = FullCovarianceMixture(
        dim, 2, n_parts, (8, 8), "silu", support, generator()
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.4 * normal(*parameter.shape, seed=7)
    return network


@pytest.mark.parametrize("support", SUPPORTS)
@pytest.mark.parametrize("dim", [1, 2, 3])
def test_density_is_that_of_pytorch(dim, support):
    network, z = new_mixture(dim, support), normal(6, 2)
    log_weights, means, factors = network.parts(z)
    mixture = distributions.MixtureSameFamily(
        distributions.Categorical(logits=log_weights),
        distributions.MultivariateNormal(means, scale_tril=factors),
    )
    transform = {
        "logit": distributions.SigmoidTransform(),
        "softplus": distributions.SoftplusTransform(),
    }[support]
    law = distributions.TransformedDistribution(mixture, [transform])
    points = 0.01 + 0.98 * uniform(6, 40, dim)
    expected = law.log_prob(points.transpose(0, 1)).transpose(0, 1)
    torch.testing.assert_close(network.log_prob(points, z), expected)


@pytest.mark.parametrize(("support", "end"), [("logit", 1.0), ("softplus", 30.0)])
def test_density_integrates_to_one_on_the_line(support, end):
    n = 400_000
    x = (torch.arange(n, dtype=torch.float64) + 0.5) * end / n
    with torch.no_grad():
        law = new_mixture(1, support).log_prob(x.expand(3, -1)[..., None], normal(3, 2))
    mass = law.exp().sum(1) * end / n
    torch.testing.assert_close(mass, torch.ones_like(mass), rtol=0, atol=1e-4)


def test_density_integrates_to_one_in_the_square():
    n = 1500
    axis = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    with torch.no_grad():
        points = torch.cartesian_prod(axis, axis)[None]
        mass = new_mixture(2).log_prob(points, normal(1, 2)).exp().sum() / n**2
    assert mass.item() == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("support", SUPPORTS)
def test_samples_have_the_density(support):
    network, z = new_mixture(1, support), normal(2, 2)
    with torch.no_grad():
        samples = network.sample(z, 20_000, generator(3))[..., 0]
        grid = torch.linspace(1e-5, float(samples.max()), 40_001, dtype=torch.float64)
        density = network.log_prob(grid.expand(2, -1)[..., None], z).exp()
    cumulated = torch.cumsum(density, 1) * (grid[1] - grid[0])
    for drawn, law in zip(samples, cumulated, strict=True):
        below = torch.searchsorted(drawn.sort().values, grid) / len(drawn)
        # Kolmogorov's distance of 20 000 samples is below .012 in 99 cases of 100.
        assert (below - law).abs().max() < 0.012


@pytest.mark.parametrize("dim", [2, 3])
def test_samples_have_the_covariance(dim):
    network, z = new_mixture(dim), normal(1, 2)
    with torch.no_grad():
        log_weights, means, factors = network.parts(z)
        v = torch.logit(network.sample(z, 200_000, generator(3)))[0]
    weights = log_weights[0].exp()[:, None, None]
    mean = (weights[..., 0] * means[0]).sum(0)
    apart = means[0] - mean
    covariances = factors[0] @ factors[0].mT + apart[:, :, None] * apart[:, None, :]
    expected = (weights * covariances).sum(0)
    size = expected.diagonal().sqrt()
    error = (torch.cov(v.T) - expected) / size[:, None] / size
    # Four standard errors of a Gaussian's correlations would be 0.013.
    assert error.abs().max() < 0.03
    assert ((v.mean(0) - mean) / size).abs().max() < 4 / 200_000**0.5


def test_samples_stay_in_the_box_and_repeat_with_the_seed():
    network, z = new_mixture(3), 5 * normal(4, 2)
    with torch.no_grad():
        points = network.sample(z, 1000, generator(2))
        again = network.sample(z, 1000, generator(2))
    assert torch.equal(points, again)
    assert points.min() >= 0
    assert points.max() <= 1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("support", SUPPORTS)
def test_walls_are_finite_with_their_gradients(support, dtype):
    network = new_mixture(2, support).to(dtype)
    walls = torch.tensor([[[0.0, 0.5], [1.0, 0.5], [0.0, 1.0]]], dtype=dtype)
    value = network.log_prob(walls, torch.zeros(1, 2, dtype=dtype)).sum()
    value.backward()
    assert torch.isfinite(value)
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert torch.isfinite(parameter.grad).all(), name


def test_covariances_are_full_and_positive():
    _, _, factors = new_mixture(3).parts(normal(50, 2))
    assert not factors.triu(1).any()
    assert factors.diagonal(dim1=-2, dim2=-1).min() > 0
    assert factors[..., 1, 0].abs().min() > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_parts": 0}, "n_parts must be a whole number, at least 1; got 0"),
        ({"support": "tanh"}, 'support must be one of "logit", "softplus"; got'),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(ValueError, match=message):
        new_mixture(1, **options)


def test_in_bulk_and_one_by_one_is_the_same():
    network, z, points = new_mixture(3), normal(5, 2), uniform(5, 7, 3)
    whole = network.log_prob(points, z)
    single = [network.log_prob(points[:, [i]], z)[:, 0] for i in range(7)]
    np.testing.assert_allclose(
        whole.detach(), torch.stack(single, 1).detach(), rtol=1e-12
    )
