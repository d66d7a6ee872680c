"""The FitzHugh–Nagumo equation: its parts, its fronts, its limit cycle."""

from dataclasses import dataclass

import numpy as np
import pytest

import msbook as ms
from msbook.systems import FitzHughNagumo, ReactionDiffusion

SYSTEM = FitzHughNagumo()


@dataclass(frozen=True)
class Diffusion(ReactionDiffusion):
    """Two fields that only diffuse."""

    n_points: int = 50
    length: float = 2.0
    diffusivities: tuple[float, float] = (0.5, 2.0)

    @staticmethod
    def rates(u, v, p):
        return 0.0 * u, 0.0 * v


def run(system, y, duration, dt=0.005, save_every=200):
    out = np.empty((len(y), round(duration / dt) // save_every + 1, system.dim))
    ms.LatticeBoltzmannD1Q3().run(
        system, 0.0, dt, round(duration / dt), save_every, out, y
    )
    return out


def test_fields_are_views_at_the_centres_of_the_cells():
    y = np.zeros((3, SYSTEM.dim))
    u, v = SYSTEM.fields(y)
    v[:] = 1.0
    assert u.shape == v.shape == (3, 101)
    assert y.sum() == 303
    assert np.allclose(SYSTEM.x[[0, -1]], [SYSTEM.dx / 2, 20 - SYSTEM.dx / 2])
    assert np.allclose(np.diff(SYSTEM.x), 20 / 101)


def test_reaction_is_the_printed_one():
    u, v = np.random.default_rng(0).normal(size=(2, 50))
    u_rate, v_rate = SYSTEM.reaction(u, v)
    assert np.allclose(u_rate, u - u**3 - v)
    assert np.allclose(v_rate, 0.006 * (u - 2.0 * v + 0.03))


def test_drift_of_a_cosine_is_its_decay():
    # Cosines with no slope at the walls are the eigenfunctions of diffusion.
    errors = []
    for n_points in (50, 100, 200):
        system = Diffusion(n_points=n_points)
        wave = np.pi * 3 / system.length
        cosine = np.cos(wave * system.x)
        drift = system.drift(0.0, np.concatenate([cosine, cosine]))
        exact = -(wave**2) * np.concatenate([0.5 * cosine, 2.0 * cosine])
        errors.append(np.abs(drift - exact).max())
    order = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.allclose(order, 2.0, atol=0.1)


def test_diffusion_keeps_the_mass():
    y = np.random.default_rng(0).normal(size=(4, Diffusion().dim))
    for rate in Diffusion().fields(Diffusion().drift(0.0, y)):
        assert np.allclose(rate.sum(axis=-1), 0.0, atol=1e-9)


def test_drift_of_a_batch_is_that_of_its_states():
    y = SYSTEM.random_starts(6, 0).reshape(2, 3, -1)
    assert np.array_equal(SYSTEM.drift(0.0, y)[1, 2], SYSTEM.drift(0.0, y[1, 2]))


def test_uniform_rest_states_stay():
    roots = np.roots([1.0, 0.0, -0.5, 0.015])  # u - u^3 = v = (u + 0.03) / 2
    assert np.isreal(roots).all()
    for u in roots.real:
        rest = np.repeat([u, (u + 0.03) / 2], SYSTEM.n_points)
        assert np.allclose(SYSTEM.drift(0.0, rest), 0.0, atol=1e-13)


def test_starts_resemble_those_of_the_papers():
    positions = [5.2, 11.0, 12.6, 6.8, 10.4, 14.4]
    ranges = np.array(
        [
            (-0.016, 0.104),
            (-0.008, 0.181),
            (-0.175, -0.014),
            (-0.126, 0.061),
            (-0.001, 0.187),
            (-0.155, -0.014),
        ]
    )
    u, v = SYSTEM.fields(SYSTEM.starts())
    last_low = SYSTEM.x[(u < 0).sum(axis=1) - 1]
    assert np.abs(last_low - positions).max() < SYSTEM.dx
    assert np.allclose(u[:, 0], -1, atol=0.01)
    assert np.allclose(u[:, -1], 1, atol=0.01)
    ours = np.stack([v.min(axis=1), v.max(axis=1)], axis=1)
    assert np.abs(ours - ranges).max() < 0.01
    assert np.array_equal(SYSTEM.y0, SYSTEM.starts()[0])


def test_front_without_inhibitor_is_at_rest():
    front = SYSTEM.front(10.0, mean_v=0.0, height_v=0.0)
    u_rate, _ = SYSTEM.fields(SYSTEM.drift(0.0, front))
    assert np.abs(u_rate).max() < 0.005  # of the differences over cells


def test_all_starts_come_to_one_limit_cycle():
    y = run(SYSTEM, SYSTEM.starts(), 1200.0)
    period = 185.5
    cycle = run(SYSTEM, y[:1, -1], period, save_every=20)[0]
    assert np.abs(cycle[-1] - cycle[0]).max() < 0.02  # it closes
    assert np.ptp(SYSTEM.fields(cycle)[0].mean(axis=-1)) > 1.0  # and swings
    for end in y[:, -1]:
        assert np.abs(cycle - end).mean(axis=-1).min() < 0.005


def test_random_starts_swing_or_collapse():
    starts = SYSTEM.random_starts(40, 0)
    assert np.array_equal(starts, SYSTEM.random_starts(40, 0))
    u, _ = SYSTEM.fields(run(SYSTEM, starts, 600.0)[:, -1])
    collapsed = np.ptp(u, axis=1) < 1e-2
    assert (np.ptp(u[~collapsed], axis=1) > 1.0).all()
    assert 0 < collapsed.mean() < 0.5


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"n_points": 2}, "n_points must be"),
        ({"n_points": 10.5}, "whole number"),
        ({"length": 0.0}, "length must be a positive"),
        ({"length": np.nan}, "length must be a positive"),
        ({"diffusivities": (1.0, -1.0)}, "two positive numbers"),
        ({"diffusivities": (1.0,)}, "two positive numbers"),
    ],
)
def test_bad_parameters_are_named(options, word):
    with pytest.raises(ValueError, match=word):
        FitzHughNagumo(**options)


@pytest.mark.parametrize("y", [0.0, np.zeros(101), np.zeros((202, 2))])
def test_states_of_a_wrong_shape_are_named(y):
    with pytest.raises(ValueError, match=r"\(\.\.\., 202\)"):
        SYSTEM.drift(0.0, y)
