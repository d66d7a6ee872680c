"""CosineETDRK4: its order, its limit, its compiled form, and the default of fields."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.fft import dct
from scipy.integrate import solve_ivp
from scipy.interpolate import CubicSpline
from scipy.special import j0

import msbook as ms
from msbook._compile.kernels.cosine import compile_cosine_transforms, node_rows
from msbook._compile.kernels.interrupts import Slices
from msbook.systems import FitzHughNagumo, ReactionDiffusion


@dataclass(frozen=True)
class Brusselator(ReactionDiffusion):
    """A fast reaction that oscillates, about one minimum a time of 7."""

    n_points: int = 16
    length: float = 1.0
    diffusivities: tuple[float, float] = (0.02, 0.02)
    feed: float = 1.0
    turnover: float = 3.0
    speed: float = 1.0

    @property
    def parameters(self):
        return self.feed, self.turnover, self.speed

    @staticmethod
    def rates(u, v, p):
        feed, turnover, speed = p
        u_rate = feed + u * u * v - (turnover + 1) * u
        return speed * u_rate, speed * (turnover * u - u * u * v)

    @property
    def y0(self):
        """A start without symmetry, and no flux at the walls."""
        wave = np.cos(np.pi * self.x / self.length)
        return np.concatenate([1.0 + 0.5 * wave, 3.0 + 0.5 * wave**2])

    def random_starts(self, n, rng):
        random = np.random.default_rng(rng)
        return self.y0 + random.uniform(0, 0.3, (n, 2)).repeat(self.n_points, axis=1)


CLOCK = Brusselator()


def _interrupt(slices, left):
    raise KeyboardInterrupt


def end(system, start, time, dt, method=None):
    options = {"t_span": (0, time), "dt": dt, "save_every": round(time / dt)}
    return ms.solve(system, start, method=method, **options).y[0, -1]


def method_of_lines(system, start, time):
    options = {"method": "BDF", "rtol": 1e-10, "atol": 1e-11}
    return solve_ivp(system.drift, (0, time), start, **options).y[:, -1]


@pytest.mark.parametrize("n_points", [16, 25], ids=["compiled", "in NumPy"])
def test_order_of_convergence_to_the_method_of_lines(n_points):
    system = replace(CLOCK, n_points=n_points)
    steps = 0.08 / np.array([1, 2, 4])
    exact = end(system, system.y0, 4.0, steps[-1] / 8)
    assert np.allclose(exact, method_of_lines(system, system.y0, 4.0), atol=2e-8)
    errors = [np.abs(end(system, system.y0, 4.0, dt) - exact).max() for dt in steps]
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(order - ms.CosineETDRK4.order) < 0.1


def test_diffusion_is_exact_at_any_step():
    @dataclass(frozen=True)
    class Decay(Brusselator):
        @staticmethod
        def rates(u, v, p):
            return 0.0 * u, 0.0 * v

    for n_points in (3, 4, 37):
        system = Decay(n_points, 2.0, (0.5, 30.0))
        start = np.random.default_rng(0).normal(size=system.dim)
        matrix = system.drift(0.0, np.eye(system.dim)).T
        rates, vectors = np.linalg.eigh(matrix)
        exact = vectors @ (np.exp(0.7 * rates) * (vectors.T @ start))
        assert np.allclose(end(system, start, 0.7, 0.7), exact, atol=1e-12)
        assert np.allclose(end(system, start, 0.7, 0.01), exact, atol=1e-12)


def errors_at_the_end(system, dt):
    """Greatest errors of our method, the lattice's and of the method of lines."""
    system = replace(system, compiled=False)  # a few steps, each number once
    fine = replace(system, n_points=512)
    end_of_fine = end(fine, fine.y0, 4.8, 0.02).reshape(2, -1)
    truth = CubicSpline(fine.x, end_of_fine, axis=1)(system.x).ravel()
    ends = (
        end(system, system.y0, 4.8, dt),
        end(system, system.y0, 4.8, dt, ms.LatticeBoltzmannD1Q3()),
        method_of_lines(system, system.y0, 4.8),
    )
    return [np.abs(state - truth).max() for state in ends]


def test_error_on_a_fast_reaction_is_that_of_the_grid():
    errors = np.array(
        [
            errors_at_the_end(replace(CLOCK, n_points=n_points), dt)
            for n_points, dt in ((16, 0.08), (32, 0.02))
        ]
    )
    ours, lattice, lines = errors.T
    print(f"ours {ours}, lattice Boltzmann {lattice}, method of lines {lines}")
    assert np.allclose(ours, lines, rtol=0.02)
    assert np.log2(ours[0] / ours[1]) == pytest.approx(2.0, abs=0.2)
    assert ours[0] < lattice[1]


def test_where_lattice_boltzmann_is_good():
    ratios = []
    for speed in (1.0, 0.1, 0.01):
        system = replace(CLOCK, n_points=32, speed=speed)
        rate = speed * (system.turnover + 1.0)
        _, lattice, lines = errors_at_the_end(system, 0.005)
        assert lattice < 0.005 * rate + 0.15 * rate * system.dx**2 / 0.02
        ratios.append(lattice / lines)
    print(f"lattice Boltzmann over method of lines {ratios}")
    assert ratios[0] > 5.0
    assert 1.0 < ratios[1] < 3.0
    assert ratios[2] < 1.0


@pytest.mark.parametrize("n_points", [4, 16])
def test_compiled_equals_plain(n_points):
    system = replace(CLOCK, n_points=n_points, diffusivities=(0.01, 0.05))
    starts = system.random_starts(5, 0)
    options = {"t_span": (0, 3), "dt": 0.05, "save_every": 6}
    compiled = ms.solve(system, starts, **options).y
    plain = ms.solve(replace(system, compiled=False), starts, **options).y
    assert compiled.shape == (5, 11, 2 * n_points)
    assert np.allclose(compiled, plain, rtol=1e-11, atol=1e-12)
    step = ms.CosineETDRK4().step(system, 0.0, starts, 0.05)
    stepped = ms.solve(system, starts, t_span=(0, 0.05), dt=0.05).y[:, -1]
    assert np.allclose(step, stepped, rtol=1e-13)


def test_a_path_has_the_same_numbers_in_any_company():
    starts = CLOCK.random_starts(37, 1)
    options = {"t_span": (0, 2), "dt": 0.05, "save_every": 10}
    together = ms.solve(CLOCK, starts, **options).y
    for path in (0, 20, 36):
        alone = ms.solve(CLOCK, starts[path], **options).y
        assert np.array_equal(alone[0], together[path])
    with ThreadPoolExecutor(2) as executor:
        shared = ms.solve(CLOCK, starts, executor=executor, **options).y
    assert np.array_equal(shared, together)


@pytest.mark.parametrize("lanes", [1, 3])
@pytest.mark.parametrize("n_points", [4, 8, 32])
def test_cosine_transforms(n_points, lanes):
    to_rows, to_modes = compile_cosine_transforms(n_points, lanes)
    values = np.random.default_rng(0).normal(size=(2, n_points, lanes))
    x = np.empty_like(values)
    x[:, node_rows(n_points)] = values
    x, y, modes = x.ravel(), np.empty(values.size), np.empty(values.size)
    to_modes(x, y, modes)
    exact = np.asarray(dct(values, axis=1))
    assert np.allclose(modes.reshape(values.shape), exact, atol=1e-13)
    rows = to_rows(modes / (2 * n_points), x, y).reshape(values.shape)
    assert np.allclose(rows[:, node_rows(n_points)], values, atol=1e-13)


def test_what_cannot_be_compiled_is_stepped_in_numpy():
    @dataclass(frozen=True)
    class Odd(Brusselator):
        @staticmethod
        def rates(u, v, p):
            return j0(u), -v

    with pytest.warns(RuntimeWarning, match=r"cannot be compiled.*j0\(u\)"):
        u = end(Odd(), CLOCK.y0, 1.0, 0.1)
    assert np.array_equal(u, end(Odd(compiled=False), CLOCK.y0, 1.0, 0.1))


@pytest.mark.parametrize("n_paths", [1, 3])
def test_sines_of_large_arguments_are_exact(n_paths):
    @dataclass(frozen=True)
    class Pinned(Brusselator):
        @staticmethod
        def rates(u, v, p):
            return np.sin(2.0**25 * np.rint(u)), np.cos(v)

    system = Pinned(n_points=4)
    options = {"t_span": (0, 0.2), "dt": 0.1}
    starts = 5 * system.random_starts(n_paths, 0)
    ours = ms.solve(system, starts, **options).y
    plain = ms.solve(replace(system, compiled=False), starts, **options).y
    assert np.allclose(ours, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_blow_up_is_told_with_step_and_time(compiled):
    system = replace(CLOCK, compiled=compiled)
    message = r"at step 20 \(t = 20, dt = 1\)"
    with pytest.raises(ms.IntegrationError, match=message):
        ms.solve(system, 1e3 * system.y0, t_span=(0, 100), dt=1.0, save_every=20)


@pytest.mark.parametrize("n_paths", [1, 20])
def test_slices_between_which_interrupts_are_heard_change_nothing(n_paths, monkeypatch):
    starts = CLOCK.random_starts(n_paths, 0)
    options = {"t_span": (0, 2), "dt": 0.05, "save_every": 4}
    whole = ms.solve(CLOCK, starts, **options).y
    monkeypatch.setattr(Slices, "take", lambda slices, left: min(7, left))
    monkeypatch.setattr("msbook._compile.kernels.interrupts._FIRST", 7)
    assert np.array_equal(ms.solve(CLOCK, starts, **options).y, whole)
    monkeypatch.setattr(Slices, "take", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        ms.solve(CLOCK, starts, **options)


def test_own_systems_take_it_and_the_paper_keeps_its_lattice():
    assert ms.Solver(CLOCK, dt=0.1).method == ms.CosineETDRK4()
    fronts = FitzHughNagumo()
    assert ms.Solver(fronts, dt=0.1).method == ms.LatticeBoltzmannD1Q3()
    for system in (CLOCK, fronts):
        for method in (ms.CosineETDRK4(), ms.LatticeBoltzmannD1Q3()):
            assert np.isfinite(end(system, system.y0, 0.1, 0.005, method)).all()
    with pytest.raises(ValueError, match=r"CosineETDRK4\(\); got ETDRK4\(\)"):
        ms.Solver(CLOCK, ms.ETDRK4(), dt=0.1)


def test_a_default_that_no_method_has_is_named():
    class Misspelt(FitzHughNagumo):
        default_method = "LatticeBoltzman"

    with pytest.raises(ValueError, match=r"Misspelt must be 'CosineETDRK4' or 'Latt"):
        ms.Solver(Misspelt(), dt=0.1)
