"""Dense stacks and encoder–decoders."""

import copy

import pytest
import torch
from torch import nn

from msbook.networks import Dense, EncoderDecoder, Polar

ACTIVATIONS = ["elu", "tanh", "silu"]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def points(n, dim):
    return torch.randn(n, dim, dtype=torch.float64, generator=generator(1))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_is_the_composition_of_its_layers(activation):
    network = Dense((3, 5, 4, 2), activation, generator())
    function = {"elu": nn.ELU(), "tanh": nn.Tanh(), "silu": nn.SiLU()}[activation]
    x = points(7, 3)
    first, second, third = network.linears
    expected = third(function(second(function(first(x)))))
    torch.testing.assert_close(network(x), expected, rtol=0, atol=0)


@pytest.mark.parametrize("coordinates", ["cartesian", "polar"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_parameter_gets_a_gradient(activation, coordinates):
    network = EncoderDecoder(
        2,
        1,
        2,
        hidden=(4, 3),
        activation=activation,
        coordinates=Polar(2) if coordinates == "polar" else None,
        generator=generator(),
    )
    network(points(20, 2)).square().mean().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().max() > 0, name


def test_initial_parameters_follow_the_default_law():
    (linear,) = Dense((100, 400), "elu", generator()).linears
    values = torch.cat((linear.weight.flatten(), linear.bias)).detach()
    assert values.abs().max() <= 0.1
    # The variance of a uniform law on [-0.1, 0.1], within four standard errors.
    assert values.var().item() == pytest.approx(0.01 / 3, rel=4 * (0.8 / 40_400) ** 0.5)


def test_seed_fixes_the_parameters_and_spares_the_global_state():
    before = torch.get_rng_state()
    first, second = (Dense((2, 4, 1), "tanh", generator(5)) for _ in range(2))
    other = Dense((2, 4, 1), "tanh", generator(6))
    assert torch.equal(before, torch.get_rng_state())
    assert torch.equal(first.linears[0].weight, second.linears[0].weight)
    assert not torch.equal(first.linears[0].weight, other.linears[0].weight)


def test_decoder_mirrors_the_encoder_unless_told():
    mirrored = EncoderDecoder(5, 2, 3, hidden=(7, 4), generator=generator())
    assert mirrored.stack().widths == (5, 7, 4, 2, 4, 7, 3)
    small = EncoderDecoder(
        5, 2, 3, hidden=(7, 4), decoder_hidden=(3,), generator=generator()
    )
    assert small.stack().widths == (5, 7, 4, 2, 3, 3)


def test_bottleneck_and_output_are_linear():
    network = EncoderDecoder(
        2, 1, 2, hidden=(), activation="tanh", generator=generator()
    )
    x = points(9, 2)
    for function in (network.encode, network):
        doubled = function(2 * x) - function(torch.zeros_like(x))
        torch.testing.assert_close(
            doubled, 2 * (function(x) - function(torch.zeros_like(x)))
        )


def test_network_is_decoder_after_encoder():
    network = EncoderDecoder(4, 2, 4, hidden=(5,), generator=generator())
    x = points(6, 4)
    assert torch.equal(network(x), network.decode(network.encode(x)))


def test_polar_is_inverted_by_cosine_and_sine():
    x = points(200, 2)
    radius, angle = Polar(2)(x).T
    torch.testing.assert_close(radius * torch.cos(angle), x[:, 0])
    torch.testing.assert_close(radius * torch.sin(angle), x[:, 1])
    assert not list(Polar(2).parameters())


def test_polar_coordinates_of_space_give_the_point_back():
    x = points(200, 4)
    r, azimuth, third, fourth = Polar(4)(x).T
    within = r * torch.cos(fourth)
    u = (within * torch.cos(third)) * torch.stack((azimuth.cos(), azimuth.sin()))
    torch.testing.assert_close(u.T, x[:, :2])
    torch.testing.assert_close(within * torch.sin(third), x[:, 2])
    torch.testing.assert_close(r * torch.sin(fourth), x[:, 3])


def turned(n_features):
    """Polar coordinates about another centre and other axes."""
    centre = points(1, n_features)[0]
    axes = torch.linalg.qr(points(n_features, n_features)).Q
    return Polar(n_features, centre, axes)


@pytest.mark.parametrize("n_features", [2, 3, 5])
def test_polar_coordinates_are_about_centre_and_axes(n_features):
    polar = turned(n_features)
    x = points(50, n_features)
    there = polar.centre + x @ polar.axes
    torch.testing.assert_close(polar(there), Polar(n_features)(x))


@pytest.mark.parametrize("n_features", [2, 3, 5])
def test_polar_derivative_is_automatic_differentiations(n_features):
    polar = turned(n_features)
    x = points(50, n_features)
    expected = torch.vmap(torch.func.jacrev(polar))(x)
    torch.testing.assert_close(polar.jacobian(x), expected, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("coordinates", ["cartesian", "polar"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (6, 4)])
def test_jacobian_is_automatic_differentiations(activation, coordinates, hidden):
    network = EncoderDecoder(
        2,
        3,
        2,
        hidden=hidden,
        activation=activation,
        coordinates=Polar(2) if coordinates == "polar" else None,
        generator=generator(),
    )
    x = points(40, 2)
    expected = torch.vmap(torch.func.jacrev(network.encode))(x)
    jacobian = network.encoder_jacobian(x)
    torch.testing.assert_close(jacobian, expected, rtol=1e-13, atol=1e-15)
    assert not jacobian.requires_grad


def test_copies_are_independent():
    network = EncoderDecoder(2, 1, 2, hidden=(4,), generator=generator())
    twin = copy.deepcopy(network)
    with torch.no_grad():
        twin.encoder.linears[0].weight.add_(1)
    assert not torch.equal(network.encode(points(3, 2)), twin.encode(points(3, 2)))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda g: Dense((3,), "elu", g), "widths"),
        (lambda g: Dense((3, 0, 1), "elu", g), "widths"),
        (lambda g: Dense((3, 1), "relu", g), "activation"),
        (lambda g: Polar(1), "n_features; got 1"),
    ],
)
def test_says_what_is_wrong(make, message):
    with pytest.raises(ValueError, match=message):
        make(generator())
