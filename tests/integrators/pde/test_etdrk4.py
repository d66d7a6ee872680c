"""ETDRK4: its order, its compiled form, and the coefficients where digits cancel."""

import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import msbook as ms
from msbook._compile.tracing.trace import trace
from msbook.integrators.pde.etdrk4_kernels import can_compile
from msbook.systems import KuramotoSivashinsky, PeriodicPDE

CHAOS = KuramotoSivashinsky()


@dataclass(frozen=True)
class KortewegDeVries(PeriodicPDE):
    """u_t = -u_xxx - 6 u u_x, whose symbol is imaginary."""

    n_points: int = 64
    length: float = 40.0

    def linear(self, k):
        return 1j * k**3

    @staticmethod
    def nonlinear(u):
        return -3.0 * u * u

    def soliton(self, t, speed=1.0):
        distance = (self.x - self.length / 4 - speed * t) % self.length
        distance = np.minimum(distance, self.length - distance)
        return 0.5 * speed / np.cosh(0.5 * np.sqrt(speed) * distance) ** 2


@dataclass(frozen=True)
class AllenCahn(PeriodicPDE):
    """u_t = u_xx + u - u³, without a derivative of the nonlinear term."""

    derivative_order = 0

    n_points: int = 64
    length: float = 20.0

    def linear(self, k):
        return -(k**2)

    @staticmethod
    def nonlinear(u):
        return u - u**3


def end(system, start, time, dt):
    n_steps = round(time / dt)
    options = {"t_span": (0, time), "dt": dt, "save_every": n_steps}
    return ms.solve(system, start, **options).y[0, -1]


LONG_CHAOS = KuramotoSivashinsky(64, 60.0)
SOLITON = KortewegDeVries()


@pytest.mark.parametrize(
    ("system", "start", "time", "n_steps"),
    [
        (LONG_CHAOS, 0.5 * LONG_CHAOS.y0, 2.0, [8, 16, 32]),
        (SOLITON, SOLITON.soliton(0.0), 10.0, [512, 1024, 2048]),
        (AllenCahn(), 0.5 * AllenCahn().y0, 2.0, [16, 32, 64, 128]),
    ],
    ids=["real", "imaginary", "no derivative"],
)
def test_order_of_convergence(system, start, time, n_steps):
    steps = time / np.array(n_steps)
    exact = end(system, start, time, steps[-1] / 8)
    errors = [np.abs(end(system, start, time, dt) - exact).max() for dt in steps]
    order = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert abs(order - ms.ETDRK4.order) < 0.1


def test_a_soliton_keeps_its_shape():
    system = KortewegDeVries()
    u = end(system, system.soliton(0.0), 10.0, 0.01)
    assert np.abs(u - system.soliton(10.0)).max() < 1e-6


@pytest.mark.parametrize("system", [CHAOS, AllenCahn()], ids=["chaos", "fronts"])
def test_solution_is_that_of_a_general_solver(system):
    plain = solve_ivp(
        system.drift, (0, 5), system.y0, method="BDF", rtol=1e-9, atol=1e-9
    )
    assert np.allclose(end(system, system.y0, 5.0, 0.01), plain.y[:, -1], atol=1e-6)


@pytest.mark.parametrize(
    "system",
    [CHAOS, KuramotoSivashinsky(16, 8.0), AllenCahn()],
    ids=["64", "16", "fronts"],
)
def test_compiled_equals_plain(system):
    starts = system.random_starts(5, rng=0)
    options = {"t_span": (0, 3), "dt": 0.05, "save_every": 6}
    compiled = ms.solve(system, starts, **options).y
    plain = ms.solve(replace(system, compiled=False), starts, **options).y
    assert np.array_equal(compiled[:, 0], starts)
    assert np.allclose(compiled, plain, atol=1e-11)


def test_step_is_one_step_of_the_loop():
    starts = CHAOS.random_starts(2, rng=0)
    stepped = ms.ETDRK4().step(CHAOS, 0.0, starts, 0.1)
    solved = ms.solve(CHAOS, starts, t_span=(0, 0.1), dt=0.1).y[:, -1]
    assert np.allclose(stepped, solved, atol=1e-14)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_a_path_has_the_same_numbers_in_any_company(compiled):
    system = replace(AllenCahn(), compiled=compiled)
    starts = system.random_starts(37, rng=1)
    options = {"t_span": (0, 2), "dt": 0.05, "save_every": 10}
    together = ms.solve(system, starts, **options).y
    for path in (0, 20, 36):
        alone = ms.solve(system, starts[path], **options).y
        assert np.array_equal(alone[0], together[path])
    with ThreadPoolExecutor(2) as executor:
        shared = ms.solve(system, starts, executor=executor, **options).y
    assert np.array_equal(shared, together)


def test_sizes_that_are_not_powers_of_two_are_stepped_in_numpy():
    assert [n for n in range(70) if can_compile(n)] == [8, 16, 32, 64]
    fine, odd = KuramotoSivashinsky(64), KuramotoSivashinsky(63)
    start = np.sin(2 * np.pi * odd.x / odd.length)
    end_fine = end(fine, np.sin(2 * np.pi * fine.x / fine.length), 5.0, 0.05)
    end_odd = end(odd, start, 5.0, 0.05)
    assert np.allclose(odd.derivatives(end_odd)[0][0], fine.derivatives(end_fine)[0][0])


@pytest.mark.parametrize(
    "system", [CHAOS, KortewegDeVries()], ids=["real", "imaginary"]
)
def test_coefficients_keep_their_digits(system):
    dt = 1e-3
    whole, _, stage, first, middle, last = ms.ETDRK4().coefficients(system, dt)
    assert np.iscomplexobj(first) == (system is not CHAOS)
    z = dt * system.symbol
    # At zero: half a step, and the weights of the classical Runge–Kutta method.
    values = [c[0] / dt for c in (stage, first, middle, last)]
    assert np.allclose(values, [1 / 2, 1 / 6, 1 / 6, 1 / 6], rtol=1e-14)
    # A constant slope is integrated exactly.
    total = first + 4 * middle + last
    assert np.allclose(z * total, dt * (whole - 1), rtol=1e-12, atol=1e-17)
    small = (np.abs(z) < 1e-2) & (np.abs(z) > 0)
    series = dt * (1 / 6 + z / 6 + 3 * z**2 / 40 + z**3 / 45 + 5 * z**4 / 1008)
    assert np.allclose(first[small], series[small], rtol=1e-11)


def test_what_cannot_be_compiled_is_stepped_in_numpy():
    @dataclass(frozen=True)
    class Stubborn(AllenCahn):
        @staticmethod
        def nonlinear(u):
            return u - np.asarray(u).astype(float) ** 3

    system, plain = Stubborn(n_points=8), AllenCahn(n_points=8, compiled=False)
    with pytest.warns(RuntimeWarning, match="cannot be compiled.*`return u - np"):
        u = end(system, system.y0, 1.0, 0.1)
    assert np.array_equal(u, end(plain, system.y0, 1.0, 0.1))


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_too_large_a_step_is_named(compiled):
    system = replace(CHAOS, compiled=compiled)
    with pytest.raises(ms.IntegrationError, match=r"not finite at step 20 \(t = 20"):
        ms.solve(system, 1e3 * system.y0, t_span=(0, 100), dt=1.0, save_every=20)


def test_parameters_of_the_nonlinear_function_are_handed_in():
    @dataclass(frozen=True)
    class Scaled(AllenCahn):
        g: float = 0.3

        def nonlinear(self, u):
            return self.g * u - u**3

    texts = set()
    for g in (0.3, 0.7):
        system = Scaled(n_points=32, g=g)
        texts.add(trace(lambda u, f=system.nonlinear: [f(u)], u_=1).text)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            u = end(system, system.y0, 1.0, 0.1)
        plain = end(replace(system, compiled=False), system.y0, 1.0, 0.1)
        assert np.allclose(u, plain, rtol=1e-12, atol=1e-12)
    assert len(texts) == 1  # so it is compiled once


def test_sines_of_large_arguments_are_exact():
    @dataclass(frozen=True)
    class Pinned(AllenCahn):
        @staticmethod
        def nonlinear(u):
            return np.sin(2.0**25 * np.rint(u))

    system = Pinned(n_points=32)
    u = end(system, 5 * system.y0, 0.1, 0.1)
    plain = end(replace(system, compiled=False), 5 * system.y0, 0.1, 0.1)
    assert np.allclose(u, plain, rtol=1e-12, atol=1e-12)
