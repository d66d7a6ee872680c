"""Effective potentials of angles: what comes back is learnt as what comes back."""

import numpy as np
import pytest

import msbook as ms
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.sampling import large_steps

TURN = 2 * np.pi
STARTS = np.random.default_rng(0).uniform(-np.pi, np.pi, (1000, 1))
GRID = np.linspace(-9.0, 9.0, 200)[:, None]


def torsion(q):
    return 0.3 * np.cos(3 * q) + 0.2 * np.cos(q)


def force(q):
    return -0.9 * np.sin(3 * q) - 0.2 * np.sin(q) - np.sin(1000 * q)


@pytest.fixture(scope="module")
def learnt():
    estimator = ms.EffectivePotential(
        0.2, friction=0.1, periods=(TURN,), n_steps=1_000_000, random_state=0
    )
    return estimator.fit(force, STARTS)


def test_an_angle_is_learnt_all_the_way_round(learnt):
    error = learnt.predict(GRID) - torsion(GRID[:, 0])
    assert error.std() < 0.02
    assert np.allclose(learnt.range_, [[-np.pi, np.pi]])
    again = learnt.predict(GRID + 5 * TURN)
    assert np.allclose(again, learnt.predict(GRID), atol=1e-9)


def test_without_a_period_the_chains_leave_what_they_started_in():
    line = ms.EffectivePotential(0.2, friction=0.1, n_steps=1_000_000, random_state=0)
    line.fit(force, STARTS)
    assert np.ptp(line.range_) > 3 * TURN


def test_the_surrogate_and_the_file_know_the_period(learnt, tmp_path):
    ms.io.save_model(tmp_path / "torsion.safetensors", learnt)
    again = ms.io.load_model(tmp_path / "torsion.safetensors")
    assert np.array_equal(again.predict(GRID), learnt.predict(GRID))
    far = learnt.potential_.gradient(GRID + 1000 * TURN)
    assert np.allclose(far, learnt.potential_.gradient(GRID), atol=1e-9)
    paths = ms.solve(learnt.langevin(1.0), t_span=(0, 1), dt=0.01, rng=0)
    assert np.isfinite(paths.y).all()


def test_an_angle_beside_a_line():
    def gradient(q, p):
        angle, x = q
        return np.sin(angle) - np.sin(500 * angle), x - 0.3 * np.sin(x / 2e-3)

    q0 = np.random.default_rng(1).uniform(-2, 2, (500, 2))
    learnt = ms.EffectivePotential(
        0.25, periods=(TURN, None), n_steps=400_000, random_state=0
    ).fit(ms.systems.Potential(gradient, 2), q0)
    q = np.random.default_rng(2).uniform(-1.5, 1.5, (300, 2)) * [4.0, 1.0]
    error = learnt.predict(q) - (q[:, 1] ** 2 / 2 - np.cos(q[:, 0]))
    assert error.std() < 0.05


@pytest.mark.parametrize("compiled", [True, False])
def test_bins_of_an_angle_count_every_turn(compiled):
    V = ms.systems.Potential(
        lambda q, p: (np.sin(q[0]) - np.sin(100 * q[0]),), compiled=compiled
    )
    edges = np.linspace(-np.pi, np.pi, 65)
    run = large_steps(
        V, STARTS, 0.3, n_steps=50_000, friction=0.2, edges=edges, periods=(TURN,),
        thin=1, rng=0,
    )  # fmt: skip
    assert run.midpoint_counts.sum() == run.counts.sum() == run.n_used
    assert np.abs(run.samples_q).max() > np.pi
    wrapped = run.samples_q - TURN * np.round(run.samples_q / TURN)
    assert np.array_equal(np.histogram(wrapped, edges)[0], run.midpoint_counts)


def test_periodic_splines_are_smooth_where_they_come_back():
    splines = TensorSplines.covering(STARTS, 0.5, (TURN,))
    rng = np.random.default_rng(0)
    V = splines.potential(rng.normal(size=splines.shape))
    ends = [[-np.pi + 1e-9], [np.pi - 1e-9]]
    assert np.ptp(V.potential(ends)) < 1e-7
    assert np.ptp(V.gradient(ends)) < 1e-6


@pytest.mark.parametrize(
    ("periods", "message"),
    [
        ((3.0,), "periods must be those of the gradient"),
        ((TURN, None), "sequence of 1"),
        (TURN, r"Write \("),
    ],
)
def test_says_what_is_wrong_with_a_period(periods, message):
    with pytest.raises(ValueError, match=message):
        ms.EffectivePotential(0.2, periods=periods).fit(force, STARTS)


def test_edges_of_an_angle_reach_over_one_period():
    with pytest.raises(ValueError, match="over one period"):
        large_steps(force, STARTS, 0.2, n_steps=10_000, edges=np.linspace(-1, 1, 9),
                    periods=(TURN,), rng=0)  # fmt: skip
