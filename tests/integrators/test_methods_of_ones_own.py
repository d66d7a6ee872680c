"""Methods and systems of a reader's own, as ``Method`` describes them."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pytest

import msbook as ms
from msbook.integrators.method import NoiselessMethod


@dataclass(frozen=True)
class Clock:
    """What shows the time."""

    dim: int = 1


class Tick(NoiselessMethod):
    """Moves clocks."""

    moves = Clock

    def run(self, system, t, dt, n_steps, save_every, out, y):
        """Add the time that goes by."""
        out[:] = y[:, None] + (dt * save_every * np.arange(out.shape[1]))[:, None]


def test_a_method_moves_a_system_that_the_package_does_not_know():
    found = ms.Solver(Clock(), Tick(), dt=0.5).trajectories(np.zeros((2, 1)), 0.0, 4)
    assert np.array_equal(found[..., 0], [[0.0, 0.5, 1.0, 1.5, 2.0]] * 2)


@pytest.mark.parametrize("kind", [None, "ODE", ms.ODE(lambda t, y, p: 0.0, y0=1.0)])
def test_what_a_method_moves_must_be_a_class(kind):
    class Lost(Tick):
        moves = kind

    with pytest.raises(ValueError, match=r"Lost\.moves must be the class"):
        ms.Solver(Clock(), Lost(), dt=0.5)


def test_a_method_for_another_kind_is_refused():
    system = ms.ODE(lambda t, y, p: -y[0], y0=1.0)
    with pytest.raises(ValueError, match=r"kind ODE, such as msbook\.integrators\.RK4"):
        ms.Solver(system, Tick(), dt=0.5)


class Forgetful(Tick):
    """Leaves the last state out."""

    def run(self, system, t, dt, n_steps, save_every, out, y):
        """Fill all but one."""
        super().run(system, t, dt, n_steps, save_every, out[:, :-1], y)


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_a_state_that_a_method_forgets_is_told(pool):
    with nullcontext() if pool is None else pool(1) as executor:
        solver = ms.Solver(Clock(), Forgetful(), dt=0.5, executor=executor)
        with pytest.raises(ms.IntegrationError, match=r"Forgetful\.run .*out\[0, 2\]"):
            solver.trajectories(np.zeros((2, 1)), 0.0, 4, save_every=2)


def test_states_whose_sum_overflows_are_no_forgotten_ones():
    starts = np.array([[1e150], [-1e150]])
    assert np.array_equal(ms.Solver(Clock(), Tick(), dt=0.5).advance(starts), starts)
