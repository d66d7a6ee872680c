"""The grid of excitable cells: one pulse, delayed, however it is computed."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import msbook as ms
from msbook.systems import ExcitableGrid

GRID = ExcitableGrid(n=3, speed=0.02)


def test_points_and_arrivals():
    places = GRID.points.reshape(3, 3, 2)
    assert np.array_equal(places[1, 2], [0.5, 1.0])
    arrivals = GRID.arrival_times([[0.0, 0.0], [0.5, 1.0]]).reshape(2, 3, 3)
    assert arrivals[0, 0, 0] == 0.0
    assert np.isclose(arrivals[0, 2, 2], np.sqrt(2) / 0.02)
    assert np.isclose(arrivals[1, 1, 0], 1 / 0.02)


def test_waves_are_the_simulated_cells():
    # From the corner of a 3 x 3 grid, four distances; steps that hit all but two.
    firing, dt = [[0.0, 0.0]], 0.01
    simulated = GRID.simulate(
        firing, (0, 80), dt, method=ms.integrators.RK4, save_every=100
    )
    y = simulated.y[0].reshape(-1, 2, 9)
    waves = GRID.waves(firing, simulated.t)[0].reshape(-1, 2, 9)
    on_grid = np.isclose(GRID.arrival_times(firing)[0] % 1.0, 0.0)
    assert on_grid.sum() == 5
    # RK4 sees the end of the stimulus a sixth of a step early: 1e-2 / 6 x 1/8.
    assert np.abs(y - waves)[..., on_grid].max() < 2e-3
    midpoint = GRID.simulate(  # whose stages never fall on a jump
        firing, (0, 80), dt, method=ms.integrators.IMPLICIT_MIDPOINT, save_every=100
    )
    y = midpoint.y[0].reshape(-1, 2, 9)
    assert np.abs(y - waves)[..., on_grid].max() < 1e-4


def test_waves_are_exact_to_a_millionth():
    # Against steps forty times finer, between the nodes of the pulse.
    cell = GRID.cell
    t = np.array([0.0, 1.2345, 2.0, 2.0051, 3.3333, 17.77771, 60.0005])
    waves = GRID.waves([[0.0, 0.0]], t)[0, :, [0, 9]].T
    dt = 2.5e-4  # a divisor of the stimulus, so that no step crosses its end
    fine = ms.solve(
        cell, t_span=(0, 61), dt=dt, method=ms.integrators.IMPLICIT_MIDPOINT
    )
    for k in range(2):
        expected = np.interp(t, fine.t, fine.y[0, :, k])
        assert np.abs(waves[:, k] - expected).max() < 1e-6


def test_waves_are_continuous_in_the_firing_point():
    t = np.arange(0.0, 60.0, 0.5)
    near = GRID.waves([[0.4, 0.3], [0.4 + 1e-6, 0.3]], t)
    # A pulse rises by less than 0.95 a millisecond, and 1e-6 of the way is 5e-5 ms.
    assert 0 < np.abs(near[1] - near[0]).max() < 0.95 * 5e-5


def test_cells_rest_until_the_wave_comes():
    wave = ExcitableGrid().waves([[0.2, 0.9]], np.linspace(0, 100, 51))[0]
    arrivals = ExcitableGrid().arrival_times([[0.2, 0.9]])[0]
    u = wave[:, :400]
    before = np.linspace(0, 100, 51)[:, None] < arrivals
    assert (u[before] == 0).all()
    assert u.max() > 0.9


def test_threads_equal_serial_bit_for_bit():
    firing = np.random.default_rng(0).uniform(size=(5, 2))
    serial = GRID.simulate(firing, (0, 20), 0.5, save_every=2)
    with ThreadPoolExecutor(2) as executor:
        shared = GRID.simulate(firing, (0, 20), 0.5, save_every=2, executor=executor)
    assert np.array_equal(serial.y, shared.y)
    assert np.array_equal(serial.t, shared.t)
    assert serial.y.shape == (5, 21, 18)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ExcitableGrid(n=1), "at least 2"),
        (lambda: ExcitableGrid(speed=0.0), "speed must be a positive"),
        (lambda: ExcitableGrid(eps=-1.0), "eps must be a positive"),
        (lambda: GRID.waves([0.5, 0.5], [0.0]), r"use \[\[x, y\]\]"),
        (lambda: GRID.waves([[0.5, 1.5]], [0.0]), "unit square"),
        (lambda: GRID.waves([[0.5, 0.5]], [np.nan]), "finite"),
        (lambda: GRID.simulate([[0.5, 0.5]], (0, 1), 0.3), "nearest"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
