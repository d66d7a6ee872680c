"""The cases of *Which method for my problem?* run on small data of the right shapes."""

import re
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from project import ROOT

import msbook as ms

PAGE = ROOT / "book" / "first_steps" / "which_method.md"
CASES = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
QUICK = {"n_updates": 2, "rollouts": ((2, 2),)}


class Relaxing:
    """A fast coordinate around a slow one that hardly moves, with noise of its own."""

    dt = 0.01

    def __init__(self):
        self.rng = np.random.default_rng(0)

    def advance(self, y, t, n_steps):
        for _ in range(n_steps):
            noise = self.rng.normal(size=y.shape) * [0.01, 0.1]
            y = y + np.stack([0 * y[:, 0], -0.5 * y[:, 1]], axis=1) + noise
        return y


def relaxation(rng, n_traj, n_time, dim):
    """Paths of linear relaxation with noise."""
    x = np.zeros((n_traj, n_time, dim))
    for n in range(1, n_time):
        x[:, n] = 0.9 * x[:, n - 1] + 0.1 * rng.normal(size=(n_traj, dim))
    return x


def inputs(case: int) -> dict:
    rng = np.random.default_rng(0)
    if case == 1:
        return {"simulator": Relaxing(), "points": rng.normal(size=(400, 2))}
    if case == 2:
        slow = np.cumsum(rng.normal(size=20_000)) / 100
        return {"path": np.stack([slow, rng.normal(size=20_000)], axis=1)}
    if case == 3:
        return {"system": ms.systems.PeriodicSlowFast()}
    if case == 4:
        return {
            "gradient": lambda q: q + np.cos(q / 0.01),
            "q0": rng.uniform(-2, 2, size=(200, 1)),
            "start": np.zeros((3, 2)),
        }
    if case in (5, 6):
        return {"trajectories": relaxation(rng, 20, 500, 1), "x0": [0.0]}
    if case in (7, 8):
        x = relaxation(rng, 12, 80, 16)
        return {
            "trajectories": x,
            "led": ms.LED(ms.networks.PrincipalComponents(2), "mlp", **QUICK),
            "known_states": x[:, :20],
            "truth": x[:, 20:40],
            "new_states": x[:, :20],
        }
    if case == 9:
        crowds = rng.uniform(-0.9, 0.9, size=(3, 170, 30, 1))
        return {"crowds": crowds, "known_crowds": crowds[:, :20]}
    turning = ms.ODE(lambda t, y, p: (y[1], -y[0]), y0=(1.0, 0.0))
    return {"solver": ms.Solver(turning, dt=0.1), "y0": (1.0, 0.0)}


# What a case must leave behind: a name, and what is true of its value.
OUTCOMES = {
    1: ("slow_map", lambda found: found.n_slow_ == 1),
    2: ("slow_map", lambda found: found.quality_.verdict == "good"),
    3: ("n_slow", lambda found: found == 1),
    4: ("samples", lambda found: found.y.shape == (3, 1001, 2)),
    5: ("paths", lambda found: found.shape[-2:] == (401, 1)),
    6: ("report", lambda found: len(str(found)) > 100),
    7: ("forecast", lambda found: found.shape == (12, 20, 16)),
    8: ("interval", lambda found: bool((found.lower <= found.upper).all())),
    9: ("later", lambda found: found.shape == (3, 20, 30, 1)),
    10: ("run", lambda found: found.y.shape[-1] == 2),
}


def test_the_cases_are_ten():
    headings = re.findall(r"^\*\*(\d+)\. I have ", PAGE.read_text("utf-8"), re.M)
    assert headings == [str(case) for case in OUTCOMES]
    assert len(CASES) == len(OUTCOMES)


@pytest.mark.parametrize("case", OUTCOMES)
def test_a_case_runs(case):
    names = SimpleNamespace(**{name: getattr(ms, name) for name in ms.__all__})
    # The calls are those of the page; their trainings are short.
    names.LED = partial(ms.LED, **QUICK)
    names.AdaptiveLED = partial(ms.AdaptiveLED, **QUICK)
    names.StochasticFlowMap = partial(ms.StochasticFlowMap, n_updates=20)
    found = {"ms": names, **inputs(case)}
    exec(CASES[case - 1], found)  # our own page
    name, holds = OUTCOMES[case]
    assert holds(found[name])
