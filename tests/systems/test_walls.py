"""Reflecting walls: the folding, the laws it keeps, and starts beyond a wall."""

import dataclasses
import pickle

import numpy as np
import pytest

import msbook as ms
from msbook.equations.walls import reflect

INFINITE = float("inf")


def drift(t, y, p):
    return 2.0 - y[0], y[1] * y[0], 0.5


def diffusion(t, y, p):
    return (1.0, 0.2, 0.0), (0.0, 1.0, 0.1), (0.3, 0.0, 1.0)


# A wall on both sides, on one side, and none.
BOXED = ms.SDE(
    drift,
    diffusion,
    y0=(0.1, 0.2, 0.3),
    noise="general",
    rates=(1.0, 0.0, 0.0),
    walls=((-0.3, 0.4), (0.0, INFINITE), (-INFINITE, INFINITE)),
)

WALK = ms.SDE(lambda t, y, p: (p[0],), lambda t, y, p: (1.0,), (0.0,), (0.0,))


def fold_by_hand(x, lower, upper):
    while not lower <= x <= upper:
        x = 2 * lower - x if x < lower else 2 * upper - x
    return x


@pytest.mark.parametrize(
    "wall", [(-0.5, 0.5), (-0.3, 0.4), (2.0, 9.0), (0.1, INFINITE), (-INFINITE, 0.1)]
)
def test_folding_is_reflection_after_reflection(wall):
    x = np.random.default_rng(0).normal(0, 10, 1000)
    expected = [fold_by_hand(value, *wall) for value in x]
    assert np.allclose(reflect(x, wall), expected, atol=1e-13)


@pytest.mark.parametrize("wall", [(-0.5, 0.5), (-0.3, 0.4), (1e-3, 1.1e-3)])
def test_folding_ends_inside_and_leaves_alone_what_is_there(wall):
    lower, upper = wall
    rng = np.random.default_rng(1)
    far = rng.normal(size=4000) * 10.0 ** rng.uniform(-3, 18, 4000)
    edges = np.nextafter(np.repeat(wall, 2), [-1, 1, -1, 1])
    folded = reflect(np.concatenate([far, edges]), wall)
    assert ((folded >= lower) & (folded <= upper)).all()
    inside = np.append(rng.uniform(lower, upper, 1000), wall)
    assert np.array_equal(reflect(inside, wall), inside)


@pytest.mark.parametrize("method", [ms.EulerMaruyama(), ms.ExponentialEuler()], ids=str)
def test_compiled_equals_plain_on_the_same_increments(method):
    dt = 0.05
    shape = (37, 60, BOXED.noise_dim)
    options = {"t_span": (0, 60 * dt), "dt": dt, "method": method, "save_every": 4}
    options["increments"] = np.random.default_rng(3).normal(0, dt**0.5, shape)
    y0 = np.tile(BOXED.y0, (37, 1))
    compiled = ms.solve(BOXED, y0, **options).y
    plain = ms.solve(dataclasses.replace(BOXED, compiled=False), y0, **options).y
    assert np.allclose(compiled, plain, rtol=1e-10, atol=1e-12)
    assert compiled[..., 0].min() >= -0.3
    assert compiled[..., 0].max() <= 0.4
    assert compiled[..., 1].min() >= 0.0
    assert np.abs(compiled[..., 2]).max() > 1.0  # walks away


@pytest.mark.parametrize("dt", [0.01, 1.0, 100.0])
def test_diffusion_keeps_the_uniform_law_at_any_step(dt):
    n, wall = 50_000, (-0.3, 0.4)
    walk = dataclasses.replace(WALK, walls=(wall,))
    y0 = np.random.default_rng(4).uniform(*wall, (n, 1))
    y = ms.solve(walk, y0, t_span=(0, 10 * dt), dt=dt, rng=5).y[:, -1, 0]
    levels = (np.sort(y) + 0.3) / 0.7
    distance = np.abs(levels - (np.arange(n) + 0.5) / n).max()
    assert distance < 2 / np.sqrt(n)  # Kolmogorov and Smirnov: once in 1500
    assert np.abs(y - y0[:, 0]).mean() > 0.05


def test_one_wall_gives_the_law_of_the_modulus():
    n, duration = 100_000, 2.0
    walk = dataclasses.replace(WALK, walls=((0.0, INFINITE),))
    start = np.zeros((n, 1))
    y = ms.solve(walk, start, t_span=(0, duration), dt=0.02, rng=6).y[:, -1, 0]
    assert y.min() >= 0
    assert abs(y.mean() - np.sqrt(2 * duration / np.pi)) < 4 * y.std() / np.sqrt(n)
    assert abs((y**2).mean() - duration) < 4 * (y**2).std() / np.sqrt(n)


@pytest.mark.parametrize("compiled", [True, False])
def test_blow_up_is_not_hidden_by_a_wall(compiled):
    flung = dataclasses.replace(
        WALK, parameters=(INFINITE,), walls=((-0.3, 0.4),), compiled=compiled
    )
    with pytest.raises(ms.IntegrationError, match="not finite"):
        ms.solve(flung, t_span=(0, 1), dt=0.1)


def test_walls_are_part_of_the_system():
    same = dataclasses.replace(BOXED, walls=[list(wall) for wall in BOXED.walls])
    assert same == BOXED == pickle.loads(pickle.dumps(BOXED))
    assert hash(same) == hash(BOXED)
    assert dataclasses.replace(BOXED, walls=None) != BOXED


@pytest.mark.parametrize(
    "walls", [((0.0, 1.0),), ((1.0, 0.0),) * 3, (0.0, 1.0), ((0.0, np.nan),) * 3]
)
def test_bad_walls_are_named(walls):
    with pytest.raises(ValueError, match="3 pairs"):
        dataclasses.replace(BOXED, walls=walls)


@pytest.mark.parametrize("compiled", [True, False])
def test_starts_beyond_a_wall_are_refused(compiled):
    system = dataclasses.replace(BOXED, compiled=compiled)
    with pytest.raises(ValueError, match=r"within the walls .* \[0.1, -1.0, 0.3\]"):
        ms.solve(system, [[0.1, 0.2, 9.0], [0.1, -1.0, 0.3]], t_span=(0, 1), dt=0.1)
    ends = [[-0.3, 0.0, 0.0], [0.4, 0.0, 0.0]]
    assert ms.solve(system, ends, t_span=(0, 1), dt=0.1, rng=0).y.shape == (2, 11, 3)


@pytest.mark.parametrize(
    "walls", [((0, None),), (0.0, 1.0), ((1.0, 0.0),), ((0.0, np.nan),), "a", None]
)
def test_what_is_no_pair_is_told_how_to_write_none(walls):
    if walls is None:
        assert dataclasses.replace(WALK, walls=None).walls is None
        return
    expected = r"walls must be one pair .* use -np\.inf or np\.inf for no wall.*; got "
    with pytest.raises(ValueError, match=expected):
        dataclasses.replace(WALK, walls=walls)


def test_a_default_start_beyond_a_wall_is_refused_when_the_system_is_made():
    with pytest.raises(ValueError, match=r"y0 must lie within the walls.*\(0\.75,\)"):
        dataclasses.replace(WALK, y0=(1.25,), walls=((0.0, 1.0),))
    on_it = dataclasses.replace(WALK, y0=(1.0,), walls=((0.0, 1.0),))
    assert on_it.y0 == (1.0,)


@pytest.mark.parametrize("power", [0.5, 0.8])
def test_a_wall_where_the_noise_vanishes_adds_to_the_mean(power):
    """Cox, Ingersoll and Ross's process near 0, where it needs no wall.

    A step can end beyond 0 from below about s² dt, where the process is a share
    dt**(2kθ/s²) of its time, and is then folded back by about s² dt.
    """
    k, theta, start, end, n = 1.0, 0.04, 0.05, 2.0, 30_000
    s = np.sqrt(2.0 * k * theta / power)
    exact = start * np.exp(-k * end) + theta * (1.0 - np.exp(-k * end))

    def drift(t, y, p):
        return (k * (theta - y[0]),)

    def mean(system, dt):
        paths = ms.solve(
            system, np.full((n, 1), start), t_span=(0, end), dt=dt,
            save_every=round(end / dt), rng=1,
        ).y[:, -1, 0]  # fmt: skip
        return paths.mean(), paths.std() / np.sqrt(n)

    rates = {"rates": (k,)}
    walled = ms.SDE(
        drift, lambda t, y, p: (s * np.sqrt(y[0]),), start,
        walls=((0.0, INFINITE),), **rates,
    )  # fmt: skip
    free = ms.SDE(
        drift, lambda t, y, p: (s * np.sqrt(np.maximum(y[0], 0.0)),), start, **rates
    )
    steps, added = (0.04, 0.01, 0.0025), []
    for dt in steps:
        (with_wall, _), (without, error) = mean(walled, dt), mean(free, dt)
        assert abs(without - exact) < 4.0 * error
        added.append(with_wall - without)  # with the same noise
    assert added[0] > 0.03 * exact
    order = np.polyfit(np.log(steps), np.log(added), 1)[0]
    assert abs(order - power) < 0.1
