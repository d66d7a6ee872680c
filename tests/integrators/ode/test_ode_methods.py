"""Methods for ordinary differential equations: orders, stability, compiled, refused."""

import multiprocessing
import re
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from scipy.special import j0

import msbook as ms
from msbook import integrators
from msbook.equations.rows import write_out
from msbook.integrators import GAUSS2, HEUN, RK4, gauss, lobatto

METHODS = {
    name: getattr(integrators, name)
    for name in (
        "EULER", "HEUN", "RALSTON", "RK4", "IMPLICIT_MIDPOINT", "GAUSS2", "GAUSS3",
        "RADAU2", "RADAU3", "LOBATTO3",
    )
}  # fmt: skip
METHODS |= {f"Theta({theta})": ms.Theta(theta) for theta in (0.0, 0.5, 0.75, 1.0)}
METHODS |= {f"AdamsBashforth({p})": ms.AdamsBashforth(p) for p in range(1, 6)}
# Three stages at once compile for seconds; what follows shows whatever they could.
SHORT = (
    "HEUN", "RALSTON", "RK4", "IMPLICIT_MIDPOINT", "GAUSS2", "RADAU2", "Theta(0.0)",
    "Theta(0.5)", "Theta(1.0)", "AdamsBashforth(2)", "AdamsBashforth(4)",
)  # fmt: skip
# Steps where the error is neither coarse nor rounded.
STEPS = {1: (256, 2048), 2: (32, 512), 3: (16, 256), 4: (16, 128), 5: (16, 64)}


def turning(t, y, p):
    """A circle at a speed that depends on time and on the state."""
    speed = (1.0 + np.cos(t)) * (y[0] * y[0] + y[1] * y[1])
    return -speed * y[1], speed * y[0]


CIRCLE = ms.ODE(turning, y0=(1.0, 0.0))
SPRING = ms.ODE(lambda t, y, p: (y[1], -y[0]), y0=(1.0, 0.0), compiled=False)
STIFF = ms.ODE(  # towards cos t, a thousand times faster than that moves
    lambda t, y, p: (-1000.0 * (y[0] - np.cos(t)) - np.sin(t),), (0.0,), compiled=False
)


def error_at_end(method, n_steps, system=CIRCLE):
    y = ms.solve(system, t_span=(0, 1.5), dt=1.5 / n_steps, method=method).y[0, -1]
    angle = 1.5 + np.sin(1.5)
    return np.abs(y - [np.cos(angle), np.sin(angle)]).max()


@pytest.mark.parametrize(
    ("name", "compiled"),
    [(name, False) for name in METHODS] + [(name, True) for name in SHORT],
)
def test_order_of_convergence(name, compiled):
    method = METHODS[name]
    first, last = STEPS.get(method.order, (8, 32))
    if isinstance(method, ms.AdamsBashforth) and method.order > 1:
        first, last = 8 * first, 4 * last  # the start weighs less and less
    numbers = 2 ** np.arange(np.log2(first), np.log2(last) + 1).astype(int)
    system = replace(CIRCLE, compiled=compiled)
    errors = [error_at_end(method, number, system) for number in numbers]
    order = -np.polyfit(np.log(numbers), np.log(errors), 1)[0]
    assert abs(order - method.order) < 0.1


@pytest.mark.parametrize("name", SHORT)
def test_compiled_equals_plain(name):
    rng = np.random.default_rng(0)
    y0 = rng.uniform(-1, 1, (37, 2))  # one full block of lanes and a part
    options = {"t_span": (0, 1), "dt": 0.05, "method": METHODS[name], "save_every": 2}
    compiled = ms.solve(CIRCLE, y0, **options).y
    plain = ms.solve(replace(CIRCLE, compiled=False), y0, **options).y
    assert np.allclose(compiled, plain, rtol=1e-12, atol=1e-12)


def test_large_systems_are_stepped_plainly_and_right():
    n = 12  # 24 unknowns in Gauss's two stages: too many to write out
    drift = write_out(f"-p[{i}] * y[{i}]" for i in range(n))
    rates = np.linspace(0.1, 2.0, n)
    system = ms.ODE(drift, y0=(1.0,) * n, parameters=tuple(rates))
    assert not GAUSS2.can_compile(system)
    y = ms.solve(system, t_span=(0, 1), dt=0.05, method=GAUSS2).y[0, -1]
    assert np.abs(y - np.exp(-rates)).max() < 1e-6


def test_gauss_keeps_quadratic_invariants_and_explicit_methods_do_not():
    def energy(method, n=500):
        y = ms.solve(SPRING, t_span=(0, 0.2 * n), dt=0.2, method=method).y[0]
        return (y**2).sum(axis=-1)

    for n_stages in (1, 2, 3):
        assert np.ptp(energy(gauss(n_stages))) < 1e-11
    assert energy(HEUN)[-1] > 1.1
    assert energy(RK4)[-1] < 1.0 - 1e-4


@pytest.mark.parametrize(
    "method",
    [gauss(1), GAUSS2, METHODS["RADAU2"], METHODS["RADAU3"], lobatto(2), ms.Theta(1.0)],
    ids=["midpoint", "gauss", "radau-2", "radau-3", "trapezoid", "implicit Euler"],
)
def test_implicit_methods_are_stable_where_explicit_ones_are_not(method):
    start = np.array([1.0])  # on the slow solution
    options = {"t_span": (0, 2), "dt": 0.05}
    y = ms.solve(STIFF, start, method=method, **options).y[0, -1, 0]
    assert abs(y - np.cos(2.0)) < 1e-3
    for explicit in (RK4, ms.AdamsBashforth(3)):
        with pytest.raises(ms.IntegrationError, match=r"not finite.*implicit method"):
            ms.solve(STIFF, start, method=explicit, t_span=(0, 20), dt=0.05)


def test_radau_damps_what_is_stiff_and_the_trapezoid_does_not():
    options = {"t_span": (0, 2), "dt": 0.05}
    gap = {
        name: ms.solve(STIFF, method=METHODS[name], **options).y[0, 20, 0] - np.cos(1.0)
        for name in ("RADAU2", "Theta(0.5)")
    }
    assert abs(gap["RADAU2"]) < 1e-3
    assert abs(gap["Theta(0.5)"]) > 0.1


def test_theta_is_the_usual_formula_with_theta_for_the_new_state():
    # Linear, so that the step can be solved by hand.
    t, h, rate = 0.7, 0.3, 3.0
    system = ms.ODE(lambda t, y, p: (-rate * y[0] + t,), y0=(1.0,), compiled=False)
    for theta in (0.0, 0.3, 0.5, 1.0):
        known = 1.0 + h * ((1 - theta) * (-rate + t) + theta * (t + h))
        expected = known / (1 + h * theta * rate)
        solver = ms.Solver(system, ms.Theta(theta), dt=h)
        assert np.isclose(solver.advance(np.ones((1, 1)), t)[0, 0], expected)


def test_adams_bashforth_has_the_coefficients_of_the_books():
    printed = {  # Hairer, Nørsett & Wanner (1993), eq. (III.1.5)
        1: [1],
        2: [Fraction(3, 2), Fraction(-1, 2)],
        3: [Fraction(23, 12), Fraction(-16, 12), Fraction(5, 12)],
        4: [Fraction(n, 24) for n in (55, -59, 37, -9)],
    }
    for order, coefficients in printed.items():
        assert list(ms.AdamsBashforth(order).coefficients) == coefficients
    for order in range(1, 13):
        beta = ms.AdamsBashforth(order).coefficients
        for power in range(order):  # exact for slopes that are polynomials
            total = sum(b * Fraction(-j) ** power for j, b in enumerate(beta))
            assert total == Fraction(1, power + 1)


def test_several_steps_go_on_through_the_saves_and_start_anew_with_a_call():
    method = ms.AdamsBashforth(4)
    options = {"t_span": (0, 1), "dt": 0.05, "method": method}
    every = ms.solve(CIRCLE, **options).y[0]
    assert np.array_equal(every[::5], ms.solve(CIRCLE, save_every=5, **options).y[0])
    solver = ms.Solver(CIRCLE, method, dt=0.05)
    y = np.array([CIRCLE.y0])
    for n in range(20):  # each call is a first step, and that is Gauss's
        y = solver.advance(y, t=0.05 * n)
    assert np.allclose(y, ms.solve(CIRCLE, **options | {"method": GAUSS2}).y[:, -1])


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_newton_that_finds_nothing_names_step_and_time(compiled):
    # From t = 1 on the step has no solution, for y = 6 + h (1 + y²) has no real one.
    def drift(t, y, p):
        return ((t >= 0.95) * (1.0 + y[0] * y[0]),)

    system = ms.ODE(drift, y0=(6.0,), compiled=compiled)
    # And y leaves the line at 1.06, whatever the step.
    words = r"did not converge at step 10 \(t = 1, dt = 0.1\).*No step down to"
    options = {"t_span": (0, 2), "dt": 0.1, "method": ms.Theta(1.0)}
    with pytest.raises(ms.IntegrationError, match=words):
        ms.solve(system, **options)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
def test_blow_up_names_step_and_time(compiled):
    system = ms.ODE(lambda t, y, p: (y[0] ** 3,), y0=(10.0,), compiled=compiled)
    with pytest.raises(ms.IntegrationError, match=r"not finite at step \d+ \(t = "):
        ms.solve(system, t_span=(0, 10), dt=0.1)


@pytest.mark.parametrize("name", ["RK4", "GAUSS2", "AdamsBashforth(4)"])
def test_threads_equal_serial_and_a_path_is_its_own(name):
    y0 = np.random.default_rng(1).uniform(-1, 1, (100, 2))
    options = {"t_span": (0, 1), "dt": 0.05, "method": METHODS[name]}
    serial = ms.solve(CIRCLE, y0, **options).y
    with ThreadPoolExecutor(2) as executor:
        shared = ms.solve(CIRCLE, y0, executor=executor, **options).y
    assert np.array_equal(serial, shared)
    alone = ms.solve(CIRCLE, y0[40:41], **options).y  # whoever its neighbours are
    assert np.array_equal(alone, serial[40:41])


def test_another_process_computes_the_same():
    y0 = np.random.default_rng(1).uniform(-1, 1, (70, 2))
    options = {"t_span": (0, 1), "dt": 0.1, "method": METHODS["RADAU2"]}
    serial = ms.solve(CIRCLE, y0, **options).y
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as executor:
        shared = ms.solve(CIRCLE, y0, executor=executor, **options).y
    assert np.array_equal(serial, shared)


def test_drifts_that_do_not_compile_run_in_numpy_with_a_warning():
    system = ms.ODE(lambda t, y, p: (-j0(y[0]),), y0=(1.0,))
    options = {"t_span": (0, 1), "dt": 0.1, "method": ms.Theta(0.5)}
    with pytest.warns(RuntimeWarning, match="compiled=False"):
        y = ms.solve(system, **options).y
    assert np.array_equal(y, ms.solve(replace(system, compiled=False), **options).y)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ms.Theta(1.5), "theta must lie between 0 and 1; got 1.5"),
        (lambda: ms.Theta(0.5, tolerance=0.0), "tolerance must be positive"),
        (lambda: ms.RungeKutta(HEUN.tableau, tolerance=-1), "tolerance"),
        (lambda: ms.RungeKutta(HEUN.tableau, tolerance="1e-8"), "tolerance"),
        (lambda: ms.RungeKutta([[0]]), "tableau must be a Tableau"),
        (lambda: ms.Theta("0.5"), "theta must lie between"),
        (lambda: ms.AdamsBashforth(0), "order must be a whole number"),
        (lambda: ms.AdamsBashforth(None), "order must be a whole number"),
        (lambda: gauss(0), "n_stages must be a whole number from 1 to 100"),
        (lambda: gauss(101), "n_stages must be a whole number from 1 to 100"),
        (lambda: lobatto(2.5), "n_stages must be a whole number from 2 to 100"),
        (
            lambda: integrators.collocation([[0.1], [0.2, 0.3]], 2),
            "nodes must be an array",
        ),
        (lambda: integrators.collocation([0.5, 0.5], 2), "distinct"),
        (
            lambda: ms.Solver(SPRING, ms.EulerMaruyama(), dt=0.1),
            "method must be one for systems of the kind ODE",
        ),
        (
            lambda: ms.solve(
                SPRING, t_span=(0, 1), dt=0.1, increments=np.zeros((1, 10, 1))
            ),
            "increments are for systems with noise of their own",
        ),
        (lambda: ms.solve(SPRING, np.zeros((1, 2, 2)), t_span=(0, 1), dt=0.1), "shape"),
    ],
)
def test_bad_input_is_named(make, words):
    with pytest.raises(ValueError, match=re.compile(words)):
        make()
