"""Adaptive LED: its phases, what it learns from, and what it may replace."""

from dataclasses import dataclass
from itertools import groupby
from typing import cast

import numpy as np
import pytest
import torch
from sklearn.base import clone
from torch import nn

import msbook as ms
from msbook.estimators import Phase
from msbook.estimators.led.adaptive.surrogate import Surrogate
from msbook.networks import DelayedMLP, Identity, PrincipalComponents
from msbook.networks.propagators.networks import PropagatorNetwork

PERIOD = 20  # steps
DT = 2 * np.pi / PERIOD
FIRST, RELAX, WARM, COMPARE = 3 * PERIOD - 1, 2, 3, 6  # the first: whole turns
MACRO, MICRO = (8, 12), (9, 15)


def spring(t, y, p):
    return y[1], -y[0]


def swing(t, y, p):
    """A spring that is pushed, and two sums of what it does."""
    push = 0.3 * np.sin(0.7 * t)
    v = -y[0] + push
    return y[1], v, y[1] + v, y[1] - v


SOLVER = ms.Solver(ms.ODE(spring, y0=(1.0, 0.0)), dt=DT / 8)
ADAPTIVE = ms.AdaptiveLED(
    Identity(2),
    DelayedMLP((8,), n_delays=WARM),
    max_error=0.3,
    dt=DT,
    n_members=2,
    n_first=FIRST,
    n_relax=RELAX,
    n_compare=COMPARE,
    n_macro=MACRO,
    n_micro=MICRO,
    rollouts=((COMPARE, 20),),
    random_state=0,
)


class Turn(PropagatorNetwork):
    """Turns a plane by one step: what the spring does, exactly."""

    def __init__(self):
        super().__init__(2, 1, increments=False)
        cos, sin = np.cos(DT), np.sin(DT)
        self.turn = torch.tensor([[cos, -sin], [sin, cos]], dtype=torch.float64)
        self.idle = nn.Parameter(torch.zeros(2, dtype=torch.float64))

    def update(self, z, memory):
        return z @ self.turn.to(z.dtype) + 0.0 * self.idle, memory


@dataclass(frozen=True)
class Exact:
    n_warm_up: int = WARM

    def build(self, n_latent, generator):
        return Turn()


def adaptive(**settings):
    return cast("ms.AdaptiveLED", clone(ADAPTIVE)).set_params(**settings)


def follow(estimator, n_steps=600, **when):
    return estimator.run(SOLVER, (1.0, 0.0), n_steps, **when)


def lengths(run):
    """Names and lengths of the phases, one after the other."""
    return [(Phase(k), len(list(group))) for k, group in groupby(run.phase[1:])]


@pytest.fixture(scope="module")
def run():
    return follow(adaptive())


def test_phases_come_in_their_order_and_lengths(run):
    (_, n_first), *rest = lengths(run)
    assert n_first == FIRST
    fixed = {Phase.RELAXATION: RELAX, Phase.WARM_UP: WARM, Phase.COMPARISON: COMPARE}
    order = list(fixed)
    whole = rest[: len(rest) // 4 * 4 - 4]  # the end may cut a cycle
    for i in range(0, len(whole), 4):
        *known, (last, n) = whole[i : i + 4]
        assert known == [(phase, fixed[phase]) for phase in order]
        if last == Phase.MICRO:
            assert MICRO[0] <= n <= MICRO[1]
        else:
            assert last == Phase.MACRO
            assert 1 <= n <= MACRO[1]
    assert {phase for phase, _ in rest} == set(Phase) - {Phase.FIRST}


def test_states_follow_one_another_at_the_right_times(run):
    np.testing.assert_allclose(run.t, DT * np.arange(601))
    solved = np.flatnonzero(run.phase[1:] != Phase.MACRO)
    following = SOLVER.trajectories(run.y[solved], 0.0, 8, save_every=8)[:, 1]
    np.testing.assert_allclose(run.y[solved + 1], following, atol=1e-12)


def test_nothing_is_replaced_where_no_error_is_allowed():
    solver = ms.Solver(ms.ODE(swing, y0=(1.0, 0.0, 1.0, 1.0)), dt=DT / 8)
    estimator = adaptive(
        autoencoder=PrincipalComponents(3), max_error=0.0, n_first=80, n_relax=0
    )
    run = estimator.run(solver, solver.system.y0, 150, t=2.0)
    truth = solver.trajectories(np.array([solver.system.y0]), 2.0, 1200, save_every=8)
    np.testing.assert_allclose(run.y, truth[0], atol=1e-9)
    assert run.macro_share == 0
    assert run.stretches.shape == (0, 2)


def test_perfect_surrogate_is_always_trusted():
    run = follow(adaptive(propagator=Exact(), max_error=1e-3))
    _, *rest = lengths(run)
    assert Phase.MICRO not in {phase for phase, _ in rest[:-1]}
    macro = [n for phase, n in rest[:-1] if phase == Phase.MACRO]
    assert MACRO[0] <= min(macro) <= max(macro) <= MACRO[1]
    assert run.macro_errors(SOLVER).max() < 1e-5


def test_expected_error_stays_below_the_users_and_never_falls(run):
    for first, last in run.stretches:
        expected = run.uncertainty[first + 1 : last + 1]
        assert np.all(np.diff(expected) >= 0)
        assert expected[-1] < 0.3
    compared = run.phase == Phase.COMPARISON
    np.testing.assert_array_equal(np.isfinite(run.error), compared)
    np.testing.assert_array_equal(
        np.isfinite(run.uncertainty), compared | (run.phase == Phase.MACRO)
    )
    for first, _ in run.stretches:
        assert run.error[first + 1 - COMPARE : first + 1].max() < 0.3


def test_only_states_of_the_solver_are_learned_from(monkeypatch):
    seen = []
    learn = Surrogate.learn

    def watched(self, stretches):
        seen.append((self.members[0], list(stretches)))
        learn(self, stretches)

    monkeypatch.setattr(Surrogate, "learn", watched)
    run = follow(adaptive())
    assert run.macro_share > 0.1
    member, stretches = seen[-1]
    for latents in stretches:
        states = member.inverse_transform(latents)
        following = SOLVER.trajectories(states[:-1], 0.0, 8, save_every=8)[:, 1]
        np.testing.assert_allclose(states[1:], following, atol=1e-9)
    made = np.isin(run.phase, [Phase.MACRO, Phase.RELAXATION])
    assert sum(map(len, stretches)) == np.sum(~made[: run.trainings[-1] + 1])


def test_error_of_a_stretch_is_that_against_the_solver_from_its_start(run):
    first, last = run.stretches[0]
    truth = SOLVER.trajectories(
        run.y[first][None], 0.0, 8 * (last - first), save_every=8
    )
    distance = (run.y[first : last + 1] - truth[0]) / run.y[: FIRST + 1].std(axis=0)
    expected = np.linalg.norm(distance, axis=1).max() / np.sqrt(2)
    assert run.macro_errors(SOLVER)[0] == pytest.approx(expected, rel=1e-6)


def test_cycle_begins_where_the_solver_is_known_to_change():
    step = 200
    for shift in range(3):
        run = follow(
            adaptive(propagator=Exact(), n_relax=0), 300, changes=[DT * (step + shift)]
        )
        assert run.phase[step + shift + 1] == Phase.WARM_UP
        assert run.phase[step + shift] != Phase.WARM_UP


def test_same_seed_same_run(run):
    again = follow(adaptive())
    np.testing.assert_array_equal(again.y, run.y)
    np.testing.assert_array_equal(again.trainings, run.trainings)
    other = follow(adaptive(random_state=1))
    assert np.abs(other.y - run.y).max() > 1e-6


def test_members_are_an_ensemble():
    estimator = adaptive()
    run = follow(estimator, 200)
    ensemble = ms.LEDEnsemble.from_members(estimator.members_)
    forecasts = ensemble.forecast_members(run.y[None, :WARM], 4)
    assert forecasts.shape == (2, 1, 4, 2)
    assert np.abs(forecasts[0] - forecasts[1]).max() > 0


def test_run_says_what_it_did(run):
    text = str(run)
    assert f"macro {run.macro_share:.1%}" in text
    assert f"{len(run.stretches)} macro stretches" in text


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"max_error": -0.1}, "max_error"),
        ({"n_members": 1}, "n_members"),
        ({"n_first": 0}, "n_first"),
        ({"n_compare": 0}, "n_compare"),
        ({"n_relax": -1}, "n_relax"),
        ({"n_macro": (5, 3)}, "n_macro"),
        ({"n_micro": (0, 3)}, "n_micro"),
        ({"n_first": 5}, "longest window"),
        ({"dt": 0.3}, "must divide dt"),
        ({"autoencoder": Identity(3)}, "n_features = 2; got 3"),
    ],
)
def test_bad_settings_are_named(settings, word):
    with pytest.raises(ValueError, match=word):
        follow(adaptive(**settings), 100)


def test_bad_starts_and_lengths_are_named():
    with pytest.raises(ValueError, match="one state"):
        ADAPTIVE.run(SOLVER, [[1.0, 0.0]], 100)
    with pytest.raises(ValueError, match="more than n_first"):
        follow(adaptive(), FIRST)
