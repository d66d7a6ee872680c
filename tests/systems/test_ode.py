"""Ordinary differential equations: component functions, oscillators, cells."""

import pickle
from dataclasses import replace

import numpy as np
import pytest

import msbook as ms
from msbook.equations.rows import write_out
from msbook.systems import excitable_cell, van_der_pol


def test_drift_takes_any_leading_axes():
    system = van_der_pol(2.0)
    y = np.random.default_rng(0).normal(size=(3, 4, 2))
    x, other = y[..., 0], y[..., 1]
    expected = np.stack([2.0 * (x - x**3 / 3 - other), x / 2.0], axis=-1)
    assert np.allclose(system.drift(0.0, y), expected)


def test_written_drifts_can_be_pickled():
    system = ms.ODE(write_out(["-p[0] * y[0]", "0.0"]), (1.0, 2.0), (3.0,))
    again = pickle.loads(pickle.dumps(system))
    assert np.array_equal(again.drift(0.0, [1.0, 2.0]), [-3.0, 0.0])
    assert pickle.loads(pickle.dumps(van_der_pol())) == van_der_pol()


def test_van_der_pol_comes_to_its_limit_cycle():
    # Period of the limit cycle at mu = 1, and its amplitude (Strogatz, section 7.5).
    system = replace(van_der_pol(), compiled=False)
    start = np.array([[0.1, 0.0], [-4.0, 3.0]])
    solution = ms.solve(system, start, t_span=(0, 100), dt=0.02)
    for path in solution.y[:, 2500:, 0]:
        up = np.flatnonzero((path[:-1] < 0) & (path[1:] >= 0))
        fraction = path[up] / (path[up] - path[up + 1])
        assert np.allclose(np.diff(up + fraction) * 0.02, 6.6633, atol=1e-3)
        assert abs(path.max() - 2.0086) < 1e-3


def test_cells_repeat_one_pulse_delayed():
    cell = replace(excitable_cell(), compiled=False)
    start = np.array([[0.0, 0.0, 10.0], [0.0, 0.0, 40.0]])
    y = ms.solve(cell, start, t_span=(0, 80), dt=0.125, method=ms.integrators.HEUN).y
    assert (y[1, :320, :2] == 0).all()  # at rest before
    assert np.array_equal(y[0, :-240, :2], y[1, 240:, :2])
    assert (y[..., 2] == start[:, None, 2]).all()
    assert y[0, :, 0].max() > 0.9


def test_the_stimulus_lasts_from_its_arrival_for_its_duration():
    cell = excitable_cell(stimulus=0.125, duration=2.0)
    rest = np.array([0.0, 0.0, 5.0])
    current = [cell.drift(t, rest)[0] for t in (4.999, 5.0, 6.999, 7.0, 9.0)]
    assert current == [0.0, 0.125, 0.125, 0.0, 0.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ms.ODE(lambda t, y, p: (y[0],), y0=(1.0, 2.0)), "2 components"),
        (lambda: ms.ODE(lambda t, y, p: (y[0], 1.0), y0=(1.0,)), "a tuple of 2"),
        (lambda: van_der_pol(0.0), "mu must be a positive"),
        (lambda: excitable_cell(duration=-1.0), "duration must be a positive"),
        (lambda: van_der_pol().drift(0.0, np.zeros(3)), "components last"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()
