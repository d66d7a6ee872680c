"""Lattice Boltzmann: the printed step, its order, walls, and restarts."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.special import j0

import msbook as ms
from msbook import LatticeBoltzmannD1Q3
from msbook.systems import FitzHughNagumo, ReactionDiffusion

FRONTS = FitzHughNagumo()
SLAVED, EQUAL = LatticeBoltzmannD1Q3(), LatticeBoltzmannD1Q3(lifting="equal")


@dataclass(frozen=True)
class Diffusion(ReactionDiffusion):
    """Two fields that only diffuse."""

    n_points: int = 50
    length: float = 2.0
    diffusivities: tuple[float, float] = (0.5, 2.0)

    @staticmethod
    def rates(u, v, p):
        return 0.0 * u, 0.0 * v


def run(system, y, n_steps, dt=0.005, save_every=1, method=SLAVED):
    out = np.empty((len(y), n_steps // save_every + 1, system.dim))
    method.run(system, 0.0, dt, n_steps, save_every, out, y)
    return out


@pytest.mark.parametrize("compiled", [True, False])
def test_step_is_the_printed_one(compiled):
    system = FitzHughNagumo(n_points=4, length=1.0, compiled=compiled)
    dt = 0.01
    y = np.random.default_rng(0).normal(size=8)
    density = {"u": y[:4], "v": y[4:]}
    populations = {(s, i): density[s] / 3 for s in "uv" for i in (-1, 0, 1)}
    ends = []
    for _ in range(3):
        density = {s: sum(populations[s, i] for i in (-1, 0, 1)) for s in "uv"}
        u, v = density["u"], density["v"]
        rates = {"u": u - u**3 - v, "v": 0.006 * (u - 2 * v + 0.03)}
        after = {}
        for s, diffusivity in (("u", 1.0), ("v", 4.0)):
            omega = 2 / (1 + 3 * diffusivity * dt / 0.25**2)
            for i in (-1, 0, 1):
                f = populations[s, i]
                collision = -omega * (f - density[s] / 3)
                after[s, i] = f + collision + dt * rates[s] / 3
            populations[s, 0] = after[s, 0]
            populations[s, 1] = np.append(after[s, -1][0], after[s, 1][:-1])
            populations[s, -1] = np.append(after[s, -1][1:], after[s, 1][-1])
        ends.append(
            [
                sum(populations[s, i][x] for i in (-1, 0, 1))
                for s in "uv"
                for x in range(4)
            ]
        )
    ours = run(system, y[None], 3, dt, method=EQUAL)[0]
    assert np.allclose(ours[0], y, rtol=1e-15)
    assert np.allclose(ours[1:], ends, rtol=1e-13)


def test_uniform_densities_take_euler_steps():
    y = np.repeat([[0.3, -0.1]], 101, axis=1)
    u, v = y[0, 0], y[0, -1]
    for _ in range(100):
        u_rate, v_rate = FRONTS.reaction(u, v)
        u, v = u + 0.005 * u_rate, v + 0.005 * v_rate
    end = run(FRONTS, y, 100, save_every=100)[0, -1]
    assert np.allclose(end, np.repeat([u, v], 101), rtol=1e-12)


def test_cosines_decay_and_the_mass_stays():
    errors, duration = [], 0.048
    for n_points in (25, 50, 100):
        system = Diffusion(n_points=n_points)
        wave, dt = np.pi * 2 / system.length, 2e-4 * (50 / n_points) ** 2
        cosine = np.tile(np.cos(wave * system.x), 2)
        n_steps = round(duration / dt)
        end = run(system, 1.0 + cosine[None], n_steps, dt, n_steps)[0, -1]
        decay = np.exp(-np.repeat(system.diffusivities, n_points) * wave**2 * duration)
        errors.append(np.abs(end - 1.0 - decay * cosine).max())
        for field in system.fields(end):
            assert field.mean() == pytest.approx(1.0, abs=1e-12)
    order = np.log2(np.array(errors[:-1]) / errors[1:])
    assert np.allclose(order, 2.0, atol=0.1)


def test_walls_are_alike():
    system = Diffusion()
    start = np.random.default_rng(0).normal(size=(1, 2, system.n_points))
    there = run(system, start.reshape(1, -1), 100, 2e-4, 100)[0, -1]
    back = run(system, start[..., ::-1].reshape(1, -1), 100, 2e-4, 100)[0, -1]
    mirrored = np.stack(system.fields(back))[:, ::-1]
    assert np.allclose(mirrored, system.fields(there), rtol=1e-12, atol=1e-14)


def reference(duration):
    """Fine solution by the method of lines, as functions of place."""
    fine = replace(FRONTS, n_points=1616)
    interleaved = np.arange(fine.dim).reshape(2, -1).T.ravel()  # a narrow Jacobian
    apart = np.argsort(interleaved)
    end = solve_ivp(
        lambda t, y: fine.drift(t, y[apart])[interleaved],
        (0.0, duration), fine.y0[interleaved],
        method="LSODA", lband=2, uband=2, rtol=1e-8, atol=1e-8,
    ).y[apart, -1]  # fmt: skip
    return [CubicSpline(fine.x, field) for field in fine.fields(end)]


@pytest.mark.parametrize("method", [SLAVED, EQUAL], ids=lambda method: method.lifting)
def test_order_of_convergence(method):
    duration, exact = 100.0, reference(100.0)
    steps, errors = [], []
    for refinement in (1, 2, 4):
        system = replace(FRONTS, n_points=101 * refinement)
        steps.append(0.005 / refinement**2)
        n_steps = round(duration / steps[-1])
        end = run(system, system.y0[None], n_steps, steps[-1], n_steps, method)[0, -1]
        differences = [
            field - spline(system.x)
            for field, spline in zip(system.fields(end), exact, strict=True)
        ]
        errors.append(np.abs(differences).mean())
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(order - method.order) < 0.1
    assert errors[0] < 2e-3


@pytest.mark.parametrize("method", [SLAVED, EQUAL], ids=lambda method: method.lifting)
def test_compiled_equals_plain(method):
    y = FRONTS.random_starts(3, 0)
    plain = replace(FRONTS, compiled=False)
    ours, theirs = (
        run(system, y, 600, save_every=3, method=method) for system in (FRONTS, plain)
    )
    assert np.allclose(ours, theirs, rtol=1e-11, atol=1e-12)


def test_lifting_and_restriction_undo_each_other():
    y = FRONTS.random_starts(6, 0).reshape(2, 3, -1)
    for method in (SLAVED, EQUAL):
        populations = method.lift(FRONTS, y, 0.005)
        assert populations.shape == (2, 3, 2, 3, 101)
        assert np.allclose(method.restrict(populations), y, rtol=1e-13, atol=1e-15)


def test_slaved_populations_carry_a_steady_flux():
    # Where the density is linear, the first order of the expansion is all there is.
    system = Diffusion()
    y = np.concatenate([1.0 + system.x, 3.0 - 0.5 * system.x])
    inside = slice(2, -2)
    before = SLAVED.lift(system, y, 2e-4)
    after = SLAVED.step(system, 0.0, before, 2e-4)
    assert np.allclose(after[..., inside], before[..., inside], rtol=1e-13)


def restart_error(method, system=FRONTS):
    """Greatest change of the later densities by one restart from densities alone."""
    n = 200  # steps in a unit of time
    whole = run(system, system.starts(), 20 * n, save_every=n, method=method)
    again = run(system, whole[:, 10], 10 * n, save_every=n, method=method)
    return np.abs(again[:, 1:] - whole[:, 11:]).max()


def test_restart_of_slaved_populations_adds_almost_no_error():
    slaved, equal = restart_error(SLAVED), restart_error(EQUAL)
    print(f"slaved {slaved:.1e}, equal {equal:.1e}, ratio {equal / slaved:.0f}")
    assert equal > 1e-4
    assert slaved < equal / 30


def test_paths_do_not_depend_on_each_other():
    y = FRONTS.random_starts(5, 0)
    together = run(FRONTS, y, 300, save_every=100)
    with ThreadPoolExecutor(2) as threads:
        alone = list(
            threads.map(lambda start: run(FRONTS, start[None], 300, save_every=100), y)
        )
    assert np.array_equal(together, np.concatenate(alone))


@pytest.mark.parametrize("compiled", [True, False])
def test_blow_up_is_told_with_step_and_time(compiled):
    system = replace(FRONTS, compiled=compiled)
    with pytest.raises(
        ms.IntegrationError, match=r"at step 20 \(t = 0\.1, dt = 0\.005"
    ):
        run(system, 1e3 * system.y0[None], 100, save_every=20)


def test_unknown_lifting_is_named():
    unknown: Any = "halved"
    with pytest.raises(ValueError, match=r'"slaved" or "equal"; got .halved.'):
        LatticeBoltzmannD1Q3(lifting=unknown)


def test_rates_that_do_not_compile_are_told():
    @dataclass(frozen=True)
    class Odd(Diffusion):
        @staticmethod
        def rates(u, v, p):
            return j0(u), v

    with pytest.warns(RuntimeWarning, match=r"cannot be compiled.*j0\(u\)"):
        u = run(Odd(), np.ones((1, 100)), 1)
    assert np.array_equal(u, run(Odd(compiled=False), np.ones((1, 100)), 1))
