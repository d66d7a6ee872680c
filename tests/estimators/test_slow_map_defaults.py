"""SlowMap with its defaults: any units, systems that nobody tuned it for."""

import numpy as np
import pytest

from msbook.estimators import SlowMap
from msbook.estimators.slow_map.restarts import n_epochs
from msbook.metrics import principal_angles
from msbook.sampling import project


def four_coordinates(seed, n=2000, n_bursts=250):
    """Points, projections with the noise of bursts, and exact gradients."""
    rng = np.random.default_rng(seed)

    def see(y, z1, z2, z3):
        first = y + 0.5 * z1**2 + 0.2 * z1 * z2
        return np.stack(
            np.broadcast_arrays(first, z1 + 0.3 * np.sin(z2), z2 - 0.2 * y, z3), -1
        )

    y = rng.uniform(-1.5, 1.5, n)
    z = rng.normal(0, 0.5**0.5, (3, n, n_bursts + 1))
    data = project(see(y[:, None], *z[..., 1:]), see(y, *z[..., 0]))
    states = np.stack((y, *z[..., 0]), axis=-1)
    step = 1e-6 * np.eye(4)
    columns = [(see(*(states + h).T) - see(*(states - h).T)) / 2e-6 for h in step]
    return data.x, data.projection, np.linalg.inv(np.stack(columns, -1))[:, :1]


def ring(n=1500, seed=0):
    """Points about a circle of radius one, twisted, and their projections."""
    rng = np.random.default_rng(seed)
    angle = rng.uniform(-np.pi, np.pi, n)
    z = rng.normal(size=n)
    radius, seen = 1 + 0.1 * z, angle + 0.2 * z
    points = np.column_stack((radius * np.cos(seen), radius * np.sin(seen)))
    return points, np.column_stack((np.cos(angle), np.sin(angle)))


def angle_to(gradients, slow_map, X):
    found, exact = (np.swapaxes(j, 1, 2) for j in (slow_map.jacobian(X), gradients))
    return np.median(principal_angles(found, exact)[:, 0])


@pytest.mark.parametrize("seed", range(3))
def test_defaults_find_the_fibres(seed):
    X, P, gradients = four_coordinates(seed)
    slow_map = SlowMap(random_state=seed).fit(X, P)
    assert angle_to(gradients, slow_map, X) < 2.5
    assert slow_map.quality_.verdict == "good"


@pytest.mark.parametrize("power", [-60, 20])
def test_units_that_are_powers_of_two_change_no_bit(power):
    X, P, _ = four_coordinates(0, n=400)
    unit = 2.0**power
    small = SlowMap(epochs=30, n_restarts=1, random_state=0).fit(X, P)
    large = SlowMap(epochs=30, n_restarts=1, random_state=0).fit(unit * X, unit * P)
    np.testing.assert_array_equal(large.transform(unit * X), small.transform(X))
    np.testing.assert_array_equal(large.jacobian(unit * X) * unit, small.jacobian(X))
    np.testing.assert_array_equal(large.predict(unit * X), unit * small.predict(X))
    assert large.quality_ == small.quality_


@pytest.mark.parametrize(
    ("unit", "offset"),
    [
        (1e6, 0.0),
        (1e-6, 0.0),
        (1.0, 100.0),
        (1e3, -1e6),
        (np.array([1e-6, 300.0, 1e5, 1.0]), np.array([0.0, 300.0, 0.0, -7.0])),
    ],
)
def test_any_unit_and_offset_give_the_same_map(unit, offset):
    X, P, _ = four_coordinates(0, n=400)
    options = {"epochs": 30, "n_restarts": 1, "random_state": 0}
    here = SlowMap(**options).fit(X, P)
    there = SlowMap(**options).fit(unit * X + offset, unit * P + offset)
    Y = unit * X + offset
    np.testing.assert_allclose(there.transform(Y), here.transform(X), atol=1e-5)
    np.testing.assert_allclose(
        (there.predict(Y) - offset) / unit, here.predict(X), atol=1e-5
    )
    np.testing.assert_allclose(there.jacobian(Y) * unit, here.jacobian(X), atol=1e-4)
    np.testing.assert_allclose(
        there.inverse_transform(there.transform(Y)), there.predict(Y)
    )


def test_the_circle_is_in_the_units_of_the_reader():
    X, P = ring()
    here = SlowMap(n_restarts=1, random_state=0).fit(X, P)
    there = SlowMap(n_restarts=1, random_state=0).fit(1e3 * X + 5e3, 1e3 * P + 5e3)
    assert here.coordinates_ == there.coordinates_ == "polar"
    centre = there.network_.coordinates.centre.numpy()
    np.testing.assert_allclose(centre, 5e3, atol=50)
    np.testing.assert_allclose(
        here.network_.coordinates.centre.numpy(), (centre - 5e3) / 1e3, atol=1e-9
    )
    assert there.score(1e3 * X + 5e3, 1e3 * P + 5e3) > 0.99
    # The same angle: isochrons are angle - 0.2 z.
    assert there.quality_.verdict == here.quality_.verdict == "good"


def test_polar_coordinates_about_the_origin_are_those_of_the_reader():
    X, P = ring(300)
    slow_map = SlowMap(coordinates="polar", epochs=2, random_state=0)
    slow_map.fit(100 * X, 100 * P)
    layer = slow_map.network_.coordinates
    assert not layer.centre.any()
    axes = layer.axes.numpy()
    np.testing.assert_allclose(axes, axes[0, 0] * np.eye(2))
    assert 0.5 < np.median(np.linalg.norm(100 * X @ axes.T, axis=1)) < 2


def test_columns_of_noise_are_not_blown_up_and_constant_ones_do_no_harm():
    X, P, gradients = four_coordinates(0)
    X, P = (np.column_stack((a, np.full(len(a), 7.0))) for a in (X, P))
    gradients = np.pad(gradients, ((0, 0), (0, 0), (0, 1)))
    slow_map = SlowMap(random_state=0).fit(X, P)
    # What is constant has no gradient that data could tell.
    assert not slow_map.jacobian(X)[:, :, 4].any()
    assert angle_to(gradients, slow_map, X) < 2.5
    np.testing.assert_allclose(slow_map.predict(X)[:, 4], 7.0, atol=0.01)


@pytest.mark.parametrize(
    ("n_samples", "epochs"), [(2, 1000), (1700, 93), (16_000, 20), (10**6, 20)]
)
def test_few_samples_are_passed_through_more_often(n_samples, epochs):
    assert n_epochs(None, n_samples, 16) == epochs
    assert n_epochs(7, n_samples, 16) == 7
