"""Clouds: particles that move each by itself, laid out as one state."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

import msbook as ms

PARTICLES = ms.systems.AdvectionDiffusion()
CLOUDS = PARTICLES.random_starts(3, 50, rng=0)
GRID = {"t_span": (2.0, 3.0), "dt": 0.05, "save_every": 4}


@pytest.mark.parametrize("compiled", [True, False])
def test_particles_are_paths_of_the_same_noise(compiled):
    system = replace(PARTICLES, compiled=compiled)
    clouds = ms.solve(system, CLOUDS, rng=1, **GRID)
    paths = ms.solve(system, CLOUDS.reshape(-1, 3), rng=1, **GRID)
    assert clouds.y.shape == (3, 6, 50, 3)
    assert np.array_equal(clouds.y[:, 0], CLOUDS)
    expected = paths.y.reshape(3, 50, 6, 3).swapaxes(1, 2)
    assert np.array_equal(clouds.y, expected)
    assert np.array_equal(clouds.t, paths.t)


def test_a_cloud_at_one_time_is_in_one_piece():
    y = ms.solve(PARTICLES, CLOUDS, rng=1, **GRID).y
    assert all(cloud.flags.c_contiguous for cloud in y[:, 3])
    assert ms.solve(PARTICLES, CLOUDS[:1], rng=1, **GRID).y.flags.c_contiguous


def test_executors_equal_serial_bit_for_bit():
    with ThreadPoolExecutor(2) as executor:
        shared = ms.solve(PARTICLES, CLOUDS, rng=2, executor=executor, **GRID).y
    assert np.array_equal(shared, ms.solve(PARTICLES, CLOUDS, rng=2, **GRID).y)


def test_advance_takes_up_where_it_left_and_at_its_time():
    still = replace(PARTICLES, diffusivity=1e-12)
    whole = ms.Solver(still, dt=1e-2, rng=3).trajectories(
        CLOUDS, 1.0, 200, save_every=100
    )
    solver = ms.Solver(still, dt=1e-2, rng=3)
    half = solver.advance(CLOUDS, 1.0, 100)
    assert half.shape == CLOUDS.shape
    assert np.allclose(solver.advance(half, 2.0, 100), whole[:, -1], atol=1e-4)
    assert not np.allclose(solver.advance(half, 0.0, 100), whole[:, -1], atol=1e-2)


def test_clouds_of_a_slow_fast_system_are_observed():
    system = ms.systems.QuadraticSlowFast()
    clouds = np.tile(system.y0, (2, 7, 1))
    options = {"t_span": (0, 0.01), "dt": 1e-3, "rng": 4}
    paths = ms.solve(system, clouds.reshape(-1, 2), **options).y
    expected = paths.reshape(2, 7, 11, 2).swapaxes(1, 2)
    assert np.array_equal(ms.solve(system, clouds, **options).y, expected)


@pytest.mark.parametrize(
    "system",
    [
        ms.systems.Langevin(ms.systems.quadratic_well([[1.0]])),
        ms.systems.dimerisation(),
        ms.systems.KuramotoSivashinsky(),
        ms.systems.FitzHughNagumo(),
    ],
    ids=lambda system: type(system).__name__,
)
def test_other_systems_have_no_clouds(system):
    clouds = np.tile(system.y0, (2, 5, 1))
    with pytest.raises(ValueError, match=rf"\(n_traj, {system.dim}\); got"):
        ms.Solver(system, dt=1e-3).advance(clouds)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"y0": np.zeros((2, 5, 2))}, r"\(n_traj, n_particles, 3\) for clouds"),
        ({"y0": np.zeros((1, 2, 5, 3))}, r"\(n_traj, n_particles, 3\) for clouds"),
        ({"y0": np.full((1, 5, 3), np.nan)}, "finite"),
        ({"y0": np.full((1, 5, 3), 0.6)}, "within the walls"),
        ({"y0": CLOUDS, "increments": np.zeros((150, 20, 3))}, "clouds take no"),
    ],
)
def test_bad_input_is_named(options, word):
    with pytest.raises(ValueError, match=word):
        ms.solve(PARTICLES, **(GRID | options))
