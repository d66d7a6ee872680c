"""The examples of *Bring your own simulator* run, and do what the page says."""

import re
from pathlib import Path

import numpy as np
import pytest

import msbook as ms

PAGE = Path(__file__).parents[2] / "book" / "reference" / "your_simulator.md"


@pytest.fixture(scope="module")
def names():
    text = PAGE.read_text("utf-8")
    found: dict = {}
    for block in re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL):
        exec(block, found)  # our own page
    return found


def test_bursts_of_a_class_lead_to_its_slow_variable(names):
    assert names["ends"].shape == (500, 100, 2)
    assert names["agreement"] > 0.99


def test_a_library_is_followed_by_adaptive_led(names):
    assert np.ptp(names["energy"]) < 1e-5


def test_a_program_moves_all_bursts_at_once(names):
    assert np.allclose(names["decayed"], 0.99**10)


def test_bursts_of_a_solver_are_those_of_its_system():
    decay = ms.ODE(lambda t, y, p: -y[0], y0=1.0)
    solver = ms.Solver(decay, dt=0.01, method=ms.integrators.RK4)
    ends = ms.sampling.bursts(solver, [[1.0], [2.0]], n_bursts=3, duration=0.5)
    assert np.allclose(ends[:, :, 0], np.exp(-0.5) * np.array([[1.0], [2.0]]))


def test_the_step_of_a_simulator_divides_a_burst(names):
    with pytest.raises(ValueError, match="source's step must divide duration"):
        ms.sampling.bursts(names["Program"](), [[1.0, 1.0]], 2, 0.015)


def test_what_a_simulator_returns_is_checked(names):
    class Flat(names["Program"]):
        def advance(self, y, t, n_steps):
            return y[:, 0]

    with pytest.raises(ValueError, match="states of the shape"):
        ms.sampling.bursts(Flat(), [[1.0, 1.0]], 2, 0.1)
