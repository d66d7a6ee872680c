"""The speed-up of LED: its formula, and that it can be taken."""

import numpy as np
import pytest

import msbook as ms
from msbook.estimators import SpeedUp
from msbook.integrators.solving import Solver
from msbook.networks import DelayedMLP, PrincipalComponents

TURNING = ms.systems.SDE(
    lambda t, y, p: (-y[1], y[0]),
    lambda t, y, p: (0.0, 0.0),
    y0=(1.0, 0.0),
    compiled=False,
)


@pytest.fixture(scope="module")
def led():
    turns = ms.solve(TURNING, t_span=(0, 20), dt=0.05, save_every=2).y
    return ms.LED(
        PrincipalComponents(2),
        DelayedMLP((4,)),
        dt=0.1,
        rollouts=((2, 3),),
        random_state=0,
    ).fit(turns)


def test_multiscale_speed_up_lies_between_one_and_that_of_the_latents():
    times = SpeedUp(n_traj=3, solver=1.0, propagation=0.01, decoding=0.5)
    assert times.latent == pytest.approx(100.0)
    assert times.multiscale(0.0) == 1.0
    ratios = np.geomspace(0.01, 1e9, 30)
    found = [times.multiscale(rho) for rho in ratios]
    assert np.all(np.diff(found) > 0)
    assert found[-1] == pytest.approx(100.0)
    # By the clock: rho steps by the propagator after each one by the solver.
    for rho in (1, 5, 20):
        taken = times.solver + rho * times.propagation
        assert times.multiscale(rho) == pytest.approx((rho + 1) * times.solver / taken)
    with pytest.raises(ValueError, match="rho must be a number from 0"):
        times.multiscale(-1.0)


@pytest.mark.parametrize("n_traj", [1, 3])
def test_times_are_positive_and_shared_among_trajectories(led, n_traj):
    known = np.tile([[1.0, 0.0], [1.0, 0.1]], (n_traj, 1, 1))
    solver = Solver(TURNING, dt=0.05)
    times = led.speed_up(solver, known, n_steps=3, n_repeats=2)
    assert times.n_traj == n_traj
    assert min(times.solver, times.propagation, times.decoding) > 0
    assert times.latent == times.solver / times.propagation


@pytest.mark.parametrize(
    ("dt", "options", "message"),
    [
        (0.03, {}, "the solver's step must divide dt = 0.1; got 0.03"),
        (0.4, {}, "the solver's step must divide dt = 0.1; got 0.4"),
        (0.05, {"n_steps": 0}, "n_steps must be a whole number, at least 1; got 0"),
    ],
)
def test_bad_timings_are_refused(led, dt, options, message):
    with pytest.raises(ValueError, match=message):
        led.speed_up(Solver(TURNING, dt=dt), np.ones((1, 2, 2)), **options)
