"""Propagators of fields on a grid, and linear ones."""

import numpy as np
import pytest
import torch

from msbook.networks import LinearMap, LinearStencil, LocalMap, PrincipalComponents
from msbook.networks.autoencoders import principal_components
from msbook.networks.layers.filters import LongWaves
from msbook.networks.propagators import stencil

GRIDS = [(12,), (8, 10), (6, 5, 7)]


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def stirred(network, seed=1):
    """The network with parameters away from the start, whose output is zero."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(0, 0.3, generator=generator(seed))
    return network


@pytest.mark.parametrize("grid", GRIDS)
@pytest.mark.parametrize("n_waves", [0, 3])
def test_a_shifted_field_has_a_shifted_future(grid, n_waves):
    recipe = LocalMap(grid, width=4, kernel=3, n_waves=n_waves)
    network = stirred(recipe.build(2 * np.prod(grid), generator()))
    field = torch.randn(3, 2, *grid, generator=generator(2), dtype=torch.float64)
    axes, shift = tuple(range(2, 2 + len(grid))), tuple(range(1, 1 + len(grid)))
    empty = torch.zeros(3, 0)

    def following(x):
        return network.step(x.flatten(1), empty)[0].reshape(field.shape)

    shifted = following(field.roll(shift, axes))
    torch.testing.assert_close(shifted, following(field).roll(shift, axes))
    assert (following(field) - field).abs().max() > 0.01


def test_every_parameter_of_a_local_map_is_trained():
    network = stirred(LocalMap((16,), width=4, n_waves=2).build(16, generator()))
    z = torch.randn(2, 1, 16, generator=generator(), dtype=torch.float64)
    network.rollout(z, 3)[0].square().sum().backward()
    assert all(p.grad is not None and p.grad.any() for p in network.parameters())


def test_a_local_map_begins_as_persistence():
    z = torch.randn(2, 1, 12, generator=generator(), dtype=torch.float64)
    ahead = LocalMap((12,), periodic=False).build(12, generator()).rollout(z, 3)[0]
    torch.testing.assert_close(ahead, z.expand(2, 3, 12))


def test_what_is_far_away_tells_nothing_without_long_waves():
    network = stirred(LocalMap((20,), width=4, kernel=3).build(20, generator()))
    z = torch.randn(1, 20, generator=generator(), dtype=torch.float64)
    other = z.clone()
    other[0, 10] += 1.0
    empty = torch.zeros(1, 0)
    change = (network.step(other, empty)[0] - network.step(z, empty)[0])[0]
    far = [i for i in range(20) if abs(i - 10) > 3]  # three filters of three points
    assert not change[far].any()
    assert change[8:13].all()


@pytest.mark.parametrize("grid", [(9,), (8, 6), (5, 6, 4)])
def test_long_waves_pass_and_short_ones_do_not(grid):
    filters = LongWaves(1, 1, grid, 2, generator())
    with torch.no_grad():
        filters.weights.copy_(torch.tensor([1.0, 0.0]).expand_as(filters.weights))
    places = [2 * np.pi * np.arange(n) / n for n in grid]
    mesh = np.meshgrid(*places, indexing="ij")
    long = torch.tensor(1.5 + sum(np.cos(x + 0.3) for x in mesh))[None, None]
    short = torch.tensor(sum(np.cos(2 * x) for x in mesh))[None, None]
    torch.testing.assert_close(filters(long + short), long)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: LocalMap((4, 4, 4, 4)), "one to three directions"),
        (lambda: LocalMap((12,), kernel=4), "kernel must be odd"),
        (lambda: LocalMap((3,), kernel=5), "no wider than the grid"),
        (lambda: LocalMap((12,), periodic=False, n_waves=2), "n_waves must be 0"),
        (
            lambda: LocalMap((12,)).build(13, generator()),
            "n_fields times the 12 points",
        ),
        (lambda: LinearStencil((12,), kernel=2), "kernel must be odd"),
        (lambda: LinearMap(ridge=-1.0), "ridge"),
        (lambda: LinearMap(n_delays=0), "n_delays"),
    ],
)
def test_bad_sizes_are_named(make, told):
    with pytest.raises(ValueError, match=told):
        make()


def test_a_linear_map_finds_a_linear_law():
    rng = np.random.default_rng(0)
    turn = 0.98 * np.array([[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]])
    path = [rng.normal(size=2)]
    for _ in range(200):
        path.append(turn @ path[-1] + [0.1, 0.0] + 0.1 * rng.normal(size=2))
    network = LinearMap(n_delays=1).build(2, generator())
    assert network.fit([np.array(path[:90]), np.array(path[90:])])
    known = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    with torch.no_grad():
        found = network.step(known, torch.zeros(1, 0))[0][0].numpy()
    assert found == pytest.approx(turn @ [1.0, 2.0] + [0.1, 0.0], abs=0.1)


@pytest.mark.parametrize("periodic", [True, False])
def test_a_stencil_finds_a_difference_scheme(periodic):
    rng, mode = np.random.default_rng(0), "wrap" if periodic else "edge"
    field = rng.normal(size=(3, 10, 8))
    path = [field]
    for _ in range(3):
        near = np.pad(path[-1], ((0, 0), (1, 1), (1, 1)), mode)
        up, right = near[:, :-2, 1:-1], near[:, 1:-1, 2:]
        path.append(path[-1] + 0.2 * up - 0.1 * right + 0.05)
    recipe = LinearStencil((10, 8), periodic, kernel=3, n_delays=1, ridge=1e-14)
    network = recipe.build(80, generator())
    paths = np.stack(path, axis=1).reshape(3, 4, 80)
    assert network.fit(list(paths))
    with torch.no_grad():
        found = network.rollout(torch.tensor(paths[:, :1]), 3)[0].numpy()
    np.testing.assert_allclose(found, paths[:, 1:], atol=1e-8)


def test_a_stencil_of_many_paths_takes_all_times(monkeypatch):
    monkeypatch.setattr(stencil, "MOST_ROWS", 8 * 11)
    path = np.random.default_rng(0).normal(size=(9, 8))
    network = LinearStencil((8,), kernel=3, n_delays=1).build(8, generator())
    seen, near = [], network._near
    monkeypatch.setattr(network, "_near", lambda x: seen.append(x) or near(x))
    assert network.fit([path] * 30)
    times = [np.flatnonzero((path == x).all(axis=1))[0] for x in np.concatenate(seen)]
    assert len(times) == 12  # every 21st of 240, from path to path
    assert set(times) == set(range(8))


def test_components_of_many_features_are_those_of_few(monkeypatch):
    rng = np.random.default_rng(0)
    states = rng.normal(size=(500, 60)) * 0.7 ** np.arange(60) + 3.0
    batches = [torch.tensor(states[:200]), torch.tensor(states[200:])]
    exact = PrincipalComponents(5).build(60, generator())
    exact.fit(batches)
    monkeypatch.setattr(principal_components, "MOST_FEATURES", 10)
    found = PrincipalComponents(5).build(60, generator())
    found.fit(batches)
    whole = torch.tensor(states)
    with torch.no_grad():
        errors = [float(each.error(whole)) for each in (found, exact)]
    assert errors[0] == pytest.approx(errors[1])
