"""Conditional flows: inverses, determinants, densities."""

import numpy as np
import pytest
import torch

from msbook.networks import (
    Affine,
    Autoregressive,
    ConditionalFlow,
    MixtureDensity,
    Spline,
)

TRANSFORMS = {
    "affine": [Affine()],
    "spline": [Spline()],
    "both": [Affine(), Spline(n_bins=5, bound=3.0)],
}


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def normal(n, dim, seed=1):
    return torch.randn(n, dim, dtype=torch.float64, generator=generator(seed))


def new_flow(kind, dim, n_condition=2):
    sizes = dim, n_condition, (8, 8), generator()
    return ConditionalFlow([Autoregressive(t, *sizes) for t in TRANSFORMS[kind]], dim)


def stirred(network, size=0.4):
    """The network with other than its first parameters, which are all but trivial."""
    source = generator(7)
    with torch.no_grad():
        for parameter in network.parameters():
            noise = torch.randn(parameter.shape, dtype=torch.float64, generator=source)
            parameter += size * noise
    return network


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_starts_as_the_identity(kind, dim):
    z, condition = 4 * normal(50, dim), normal(50, 2, 2)
    u, log_determinant = new_flow(kind, dim)(z, condition)
    torch.testing.assert_close(u, z, rtol=1e-12, atol=1e-12)
    assert log_determinant.abs().max() < 1e-12


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_push_undoes_the_flow_and_the_flow_undoes_push(kind, dim):
    flow = stirred(new_flow(kind, dim), 0.2)
    # Far enough to be in the tails of the splines too.
    points, condition = 4 * normal(500, dim), normal(500, 2, 2)
    u, _ = flow(points, condition)
    torch.testing.assert_close(flow.push(u, condition), points, rtol=1e-10, atol=1e-10)
    back, _ = flow(flow.push(points, condition), condition)
    torch.testing.assert_close(back, points, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("dim", [1, 3])
@pytest.mark.parametrize("kind", TRANSFORMS)
def test_log_determinant_is_that_of_the_derivative(kind, dim):
    flow = stirred(new_flow(kind, dim))
    z, condition = 4 * normal(20, dim), normal(20, 2, 2)
    _, log_determinant = flow(z, condition)
    for point, given, expected in zip(z, condition, log_determinant, strict=True):
        jacobian = torch.autograd.functional.jacobian(
            lambda x, c=given: flow(x[None], c[None])[0][0], point
        )
        found = torch.linalg.slogdet(jacobian)
        assert found.sign == 1
        torch.testing.assert_close(found.logabsdet, expected)


def test_a_component_depends_on_those_before_it_and_the_condition_only():
    flow = stirred(new_flow("both", 3))
    z, condition = normal(1, 3), normal(1, 2, 2)
    by_z, by_condition = torch.autograd.functional.jacobian(
        lambda z, c: flow(z, c)[0][0], (z, condition)
    )
    jacobian = by_z[:, 0]
    assert not jacobian.triu(1).any()
    assert jacobian.tril().ne(0).sum() == 6
    assert by_condition.ne(0).all()


def new_mixture(dim, n_parts=4):
    return MixtureDensity(dim, 2, n_parts, (8, 8), generator())


@pytest.mark.parametrize(
    "network",
    [stirred(new_flow(kind, 1)) for kind in TRANSFORMS] + [stirred(new_mixture(1))],
    ids=[*TRANSFORMS, "mixture"],
)
def test_density_is_that_of_the_samples_and_integrates_to_one(network):
    condition = normal(1, 2, 5)
    noise = normal(20_000, network.noise_dim, 3)
    with torch.no_grad():
        samples = network.push(noise, condition.expand(len(noise), -1))[:, 0]
        width = samples.abs().max() + 20
        grid = torch.linspace(-width, width, 40_001, dtype=torch.float64)[:, None]
        density = network.log_prob(grid, condition.expand(len(grid), -1)).exp()
    cumulated = torch.cumsum(density, 0) * (grid[1] - grid[0])
    assert cumulated[-1].item() == pytest.approx(1, abs=1e-4)
    below = torch.searchsorted(samples.sort().values, grid[:, 0]) / len(samples)
    # Kolmogorov's distance of 20 000 samples is below .012 in 99 cases of 100.
    assert (below - cumulated).abs().max() < 0.012


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_density_in_the_plane_integrates_to_one(kind):
    flow = stirred(new_flow(kind, 2), 0.2)
    axis = torch.linspace(-12, 12, 301, dtype=torch.float64)
    points = torch.cartesian_prod(axis, axis)
    with torch.no_grad():
        density = flow.log_prob(points, normal(1, 2).expand(len(points), -1)).exp()
    assert density.sum().item() * 0.08**2 == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize(
    "network",
    [stirred(new_flow(kind, 2)) for kind in TRANSFORMS] + [stirred(new_mixture(2))],
    ids=[*TRANSFORMS, "mixture"],
)
def test_every_parameter_gets_a_gradient(network):
    network.zero_grad()
    network.log_prob(2 * normal(400, 2), normal(400, 2, 2)).mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_affine_layers_alone_make_a_gaussian_in_one_dimension():
    sizes = 1, 2, (8, 8), generator()
    flow = stirred(ConditionalFlow([Autoregressive(Affine(), *sizes)] * 5, 1))
    noise = normal(100, 1)
    with torch.no_grad():
        pushed = flow.push(noise, normal(1, 2).expand(100, -1))
    # However many there are, samples are a linear function of the noise.
    line = torch.linalg.lstsq(torch.cat((noise, torch.ones_like(noise)), 1), pushed)
    assert line.residuals.sum() < 1e-20


def test_spline_agrees_with_that_of_a_flow_library():
    transforms = pytest.importorskip("zuko.transforms")
    spline = Spline(n_bins=6, bound=4.0)
    z, parameters = 2 * normal(300, 1, 4)[:, 0], normal(300, 19, 5)
    theirs = transforms.MonotonicRQSTransform(*parameters[:, :17].split((6, 6, 5), 1))
    # The knots are made in another way there; from given knots it must be the same.
    theirs.horizontal, theirs.vertical, theirs.derivatives = spline._knots(parameters)
    inside = z.abs() < 4
    assert inside.sum() > 250
    for ours, expected in zip(
        spline.forward(z, parameters), theirs.call_and_ladj(z), strict=True
    ):
        torch.testing.assert_close(
            ours[inside], expected[inside], rtol=1e-10, atol=1e-10
        )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Spline(n_bins=0), "bins"),
        (lambda: Spline(n_bins=1000), "bins"),
        (lambda: Spline(bound=-1.0), "bound"),
        (lambda: ConditionalFlow([], 1), "one layer or more"),
        (lambda: new_mixture(1, 0), "n_parts must be a whole number, at least 1"),
    ],
)
def test_what_makes_no_law_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_mixture_of_one_part_is_a_gaussian():
    network = stirred(new_mixture(1, 1))
    condition = normal(1, 2).expand(50, -1)
    z = np.linspace(-3, 3, 50)
    with torch.no_grad():
        log_density = network.log_prob(torch.tensor(z)[:, None], condition).numpy()
    curvature, _, _ = np.polyfit(z, log_density, 2)
    np.testing.assert_allclose(
        np.polyval(np.polyfit(z, log_density, 2), z), log_density, atol=1e-10
    )
    assert curvature < 0
