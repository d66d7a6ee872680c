"""Jacobians that implicit methods take of what is written down."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import special
from scipy.optimize import fsolve

import msbook as ms
from msbook._compile.tracing.derivatives import _CHOICES, _RULES, _STEEP
from msbook._compile.tracing.writing import define_text
from msbook.equations.rows import try_trace, write_out
from msbook.integrators import GAUSS2, RADAU2, RADAU3
from msbook.integrators.ode.jacobian import compile_motion, trace_jacobian
from msbook.integrators.ode.newton import difference_jacobian
from msbook.integrators.ode.newton_matrix import exchange, reach, write_inverse
from msbook.integrators.ode.runge_kutta_kernels import compile_step

# 800 is beyond what an exponential can hold.
POINTS = np.array([-800.0, -30.0, -2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0, 30.0, 800.0])
OF_TWO = ("add", "subtract", "multiply", "divide", "power", "remainder", "hypot")
OF_TWO = (*OF_TWO, "arctan2", *_CHOICES)


def exact_jacobian(system, t, y):
    """Entries at states of shape (n, dim), or None."""
    traced = trace_jacobian(system)
    if traced is None:
        return None
    with np.errstate(all="ignore"):
        entries = define_text(traced.text)(t, tuple(y.T), traced.constants)[:-1]
    rows = np.stack([np.broadcast_to(one, len(y)) for one in entries], axis=-1)
    return rows.reshape(len(y), system.dim, system.dim)


def drawn_component(rng, dim):
    """A sum of products of functions of linear combinations of some components."""
    terms = []
    for _ in range(rng.integers(1, 4)):
        some = rng.choice(dim, size=rng.integers(1, dim + 1), replace=False)
        inner = " + ".join(f"{rng.normal():.3f} * y[{k}]" for k in some)
        names = ["sin", "cos", "tanh", "exp", "arctan", "square", "absolute", "sinh"]
        name, k = rng.choice(names), rng.integers(dim)
        terms.append(f"np.{name}({inner} + t) * y[{k}] / (1.0 + y[{k}] ** 2)")
    return " - p[0] * ".join(terms)


@pytest.mark.parametrize("seed", range(20))
def test_the_exact_jacobian_is_that_of_differences(seed):
    rng = np.random.default_rng(seed)
    dim = int(rng.integers(1, 5))
    drift = write_out(drawn_component(rng, dim) for _ in range(dim))
    system = ms.ODE(drift, (0.0,) * dim, parameters=(rng.normal(),))
    y = rng.normal(size=(50, dim))
    exact = exact_jacobian(system, 0.3, y)
    assert exact is not None
    differences = difference_jacobian(system, 0.3, y, 0.1)
    assert np.allclose(exact, differences, rtol=1e-5, atol=1e-5)
    known = np.zeros(dim * dim, dtype=bool)
    traced = trace_jacobian(system)
    assert traced is not None
    known[[*traced.zeros]] = True
    assert np.array_equal(known, (differences == 0.0).all(axis=0).ravel())


def of_one(name):
    """A system that is one function, and states where to try it."""
    if name in OF_TWO:
        system = ms.ODE(lambda t, y, p: (getattr(np, name)(*y), 0.0), (0.5, 0.5))
        return system, np.stack(np.meshgrid(POINTS, POINTS), axis=-1).reshape(-1, 2)
    ufunc = getattr(np, name, None) or getattr(special, name)
    return ms.ODE(lambda t, y, p: (ufunc(y[0]),), (0.5,)), POINTS[:, None]


@pytest.mark.parametrize("name", sorted({*_RULES, *_CHOICES} - {*_STEEP}))
def test_a_slope_is_finite_where_its_function_is(name):
    system, y = of_one(name)
    exact = exact_jacobian(system, 0.0, y)
    assert exact is not None
    with np.errstate(all="ignore"):
        defined = np.isfinite(system.drift(0.0, y)).all(axis=1)
    assert np.isfinite(exact[defined]).all()


STARTS_OF_STEEP = {
    "sqrt": lambda y: 1.0 - np.sqrt(y),
    "cbrt": lambda y: 1.0 - np.cbrt(y),
    "power": lambda y: 1.0 - y**0.7,
    "hypot": lambda y: 1.0 - np.hypot(y, y),
    "arcsin": lambda y: 1.0 - np.arcsin(y - 1.0),
    "arccos": lambda y: 1.0 - np.arccos(1.0 - y),
    "arctan2": lambda y: 1.0 - np.arctan2(y, y),
    "arccosh": lambda y: 1.0 - np.arccosh(1.0 + y),
}


@pytest.mark.parametrize("name", _STEEP)
def test_where_a_slope_is_infinite_differences_are_taken(name):
    function = STARTS_OF_STEEP[name]
    system = ms.ODE(lambda t, y, p: (function(y[0]),), (0.0,))
    assert trace_jacobian(system) is None
    options = {"t_span": (0, 0.5), "dt": 0.05, "method": ms.Theta(1.0)}
    compiled = ms.solve(system, **options).y
    plain = ms.solve(replace(system, compiled=False), **options).y
    assert np.isfinite(compiled).all()
    assert compiled[0, -1, 0] > 0.1
    assert np.allclose(compiled, plain, rtol=1e-11, atol=0.0)


@pytest.mark.parametrize("method", [ms.Theta(1.0), RADAU3], ids=["few", "many"])
def test_infinity_in_between_is_seen_when_it_comes(method):
    def drift(t, y, p):
        gate = 1.0 / (1.0 + np.exp(-1000.0 * y[0]))  # 1 / inf below -0.71
        return -y[0] * (1.0 + gate), gate - y[1]

    system = ms.ODE(drift, (-1.0, 0.0))
    exact = exact_jacobian(system, 0.0, np.array([system.y0]))
    assert np.isnan(exact).any()
    options = {"t_span": (0, 1), "dt": 0.1, "method": method}
    compiled = ms.solve(system, **options).y
    plain = ms.solve(replace(system, compiled=False), **options).y
    assert np.allclose(compiled, plain, rtol=1e-11, atol=1e-300)


@pytest.mark.parametrize("seed", range(60))
def test_the_inverse_of_a_matrix_with_zeros(seed):
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 6))
    filled = rng.choice([0.4, 1.0])
    coupled = [
        {row} | {*np.flatnonzero(rng.random(size) < filled).tolist()}
        for row in range(size)
    ]
    text = "\n".join(write_inverse(coupled))
    for _ in range(10):
        m = np.zeros((size, size))
        for row, columns in enumerate(coupled):
            m[row, [*columns]] = rng.normal(size=len(columns))
            if len(columns) > 1:
                m[row, row] *= rng.integers(2)  # 0 asks for an exchange
        sign = np.sign(np.linalg.det(m))
        if abs(np.linalg.det(m)) < 1e-3:
            continue
        names = {"exchange": exchange.py_func}
        for row, columns in enumerate(reach(coupled)):
            for c in columns:
                names[f"m{row}_{c}"] = m[row, c]
                names[f"b{row}_{c}"] = float(row == c)
        exec(text, names)
        found = np.zeros((size, size))
        for row, columns in enumerate(reach(coupled)):
            for c in columns:
                found[row, c] = names[f"b{row}_{c}"]
        assert np.allclose(found, np.linalg.inv(m), rtol=1e-9, atol=1e-9)
        assert names["sign"] == sign


@pytest.mark.parametrize(
    ("matrix", "method"),
    [
        ([[0, 1, 0], [-100, 0, 0], [0, 0, -1]], ms.Theta(1.0)),
        ([[0, 1, 3], [-100, 0, 0], [0, 0, 0]], ms.Theta(0.5)),
        ([[0, 0, 0], [2, 0, -100], [0, 1, 0]], RADAU2),
        ([[0, 1, 0, 0], [-100, 0, 0, 5], [0, 0, 0, 0], [0, 0, 0, -9]], RADAU2),
    ],
    ids=["apart", "still", "four unknowns", "six unknowns"],
)
def test_long_steps_of_systems_with_zeros(matrix, method):
    matrix = np.array(matrix, dtype=float)
    dim, h = len(matrix), 5.0
    rows = (
        " + ".join(f"{a} * y[{j}]" for j, a in enumerate(row) if a) or "0.0"
        for row in matrix
    )
    y0 = np.random.default_rng(0).normal(size=(40, dim))
    y = ms.solve(
        ms.ODE(write_out(rows), (0.0,) * dim), y0, t_span=(0, h), dt=h, method=method
    ).y[:, -1]
    A, b, _ = method.coefficients[0].arrays
    whole = np.eye(dim * len(A)) - h * np.kron(A, matrix)
    slopes = np.linalg.solve(whole, np.tile(y0 @ matrix.T, len(A)).T).T
    expected = y0 + h * np.einsum("i,nik->nk", b, slopes.reshape(len(y0), -1, dim))
    assert np.allclose(y, expected, rtol=1e-9, atol=1e-9)
    still = ~matrix.any(axis=1)
    assert np.array_equal(y[:, still], y0[:, still])


def test_what_stands_still_costs_nothing():
    def rows_of(drift, dim):
        system = ms.ODE(drift, (1.0,) * dim)
        traced = try_trace(system.motion, "this system", t=None, y=dim)
        assert traced is not None
        motion = compile_motion(traced, trace_jacobian(system), exact=False)
        return compile_step(motion, *RADAU2.coefficients)[1]

    alone = rows_of(lambda t, y, p: (-y[0],), 1)
    beside = rows_of(lambda t, y, p: (-y[0] * y[1], 0.0, 0.0), 3)
    assert beside == alone + 2  # the states themselves


@pytest.mark.parametrize(
    "method", [ms.integrators.RK4, ms.AdamsBashforth(3), GAUSS2], ids=str
)
def test_systems_of_which_nothing_moves(method):
    system = ms.ODE(lambda t, y, p: (0.0, 0.0), (1.0, 2.0))
    y = ms.solve(system, t_span=(0, 1), dt=0.25, method=method).y
    assert (y == [1.0, 2.0]).all()


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "plain"])
@pytest.mark.parametrize("steep", [False, True], ids=["exact", "differences"])
def test_a_jump_in_time_that_a_state_sets_is_stepped_right(compiled, steep):
    """The slope along the time of the jump is large, and no error of that time is."""

    def rate(t, u, end):
        root = np.sqrt(u + 1.0) if steep else 1.0
        return root * u * (1.0 - u) + 0.125 * (t - end < 2.0)

    system = ms.ODE(
        lambda t, y, p: (rate(t, y[0], y[1]), 0.0 * y[1]), (0.5, 0.0), compiled=compiled
    )
    y = ms.solve(system, t_span=(1.5, 2), dt=0.5, method=RADAU2).y[0, -1, 0]
    A, b, c = RADAU2.tableau.arrays
    times = 1.5 + 0.5 * c

    def residual(D):
        return D - 0.5 * rate(times, 0.5 + A @ D, 0.0)

    D = fsolve(residual, np.zeros(2), xtol=1e-14)
    assert abs(y - 0.5 - b @ D) < 1e-11
