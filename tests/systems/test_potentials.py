"""Potentials: gradients, sums over scales, splines, compiled against plain."""

import pickle

import numpy as np
import pytest
from scipy.interpolate import BSpline

import msbook as ms
from msbook._compile.tracing.trace import trace
from msbook._compile.tracing.writing import compile_text

SYSTEMS = ms.systems
LANDSCAPES = [
    SYSTEMS.quadratic_ripples((0.05, 0.01)),
    SYSTEMS.double_well_ripples((0.05, 0.01)),
    SYSTEMS.mixed_scales(5),
    SYSTEMS.anisotropic_quadratic(eps=0.01),
    SYSTEMS.anisotropic_quadratic(5, eps=0.01),
    SYSTEMS.mueller_brown(eps=0.01),
    SYSTEMS.spline_potential(np.linspace(-1, 1, 9), np.sin(np.arange(11.0))),
    SYSTEMS.spline_potential(
        (np.linspace(-1, 1, 5), np.linspace(0, 1, 4)),
        np.sin(np.arange(9.0 * 8)).reshape(9, 8),
        degree=5,
    ),
]


def finite_differences(potential, q, h=1e-5):
    columns = [
        (potential.potential(q + h * e) - potential.potential(q - h * e)) / (2 * h)
        for e in np.eye(potential.dim)
    ]
    return np.stack(columns, axis=-1)


@pytest.mark.parametrize("potential", LANDSCAPES, ids=lambda one: str(one.dim))
def test_gradient_is_that_of_the_potential(potential):
    q = potential.starts(50, 0)  # of a spline, some lie beyond its ends
    gradient = potential.gradient(q)
    error = np.abs(finite_differences(potential, q) - gradient)
    assert error.max() < 1e-5 * (1 + np.abs(gradient).max())
    assert potential.potential(q[:6].reshape(2, 3, -1)).shape == (2, 3)


@pytest.mark.parametrize("potential", LANDSCAPES[:6], ids=lambda one: str(one.dim))
def test_a_sum_is_the_sum_of_its_parts(potential):
    q = potential.starts(20, 1)
    for k in range(len(potential.parts)):
        total = sum(part.gradient(q) for part in potential.parts[: k + 1])
        assert np.allclose(potential.truncated(k).gradient(q), total, rtol=1e-12)
    assert np.allclose(potential.gradient(q), total, rtol=1e-12)


def test_what_stands_on_the_right_is_one_part():
    a, b, c = (SYSTEMS.ripple(eps) for eps in (1.0, 0.1, 0.01))
    assert (a + b + c).parts == (a, b, c)
    assert (a + (b + c)).parts == (a, b + c)


@pytest.mark.parametrize("potential", LANDSCAPES[:6], ids=lambda one: str(one.dim))
def test_microscopic_covariance_is_that_of_the_gradient(potential):
    q = np.random.default_rng(2).uniform(0, 1000, (100_000, potential.dim))
    fine = sum(part.gradient(q) for part in potential.parts[1:])
    exact = potential.microscopic_covariance(0)
    assert np.abs(np.cov(fine.T) - exact).max() < 0.03 * np.abs(exact).max()


@pytest.mark.parametrize("potential", LANDSCAPES, ids=lambda one: str(one.dim))
def test_pickled_compiled_and_plain_are_the_same(potential):
    copy = pickle.loads(pickle.dumps(potential))
    traced = trace(copy.slopes, q=copy.dim)
    assert traced.text == trace(potential.slopes, q=potential.dim).text
    rows = compile_text(traced.text)
    q = potential.starts(5, 3)
    compiled = [rows(tuple(point), traced.constants)[:-1] for point in q]
    assert np.allclose(compiled, potential.gradient(q), rtol=1e-10, atol=1e-10)


def test_tiny_ripples_keep_their_digits():
    q = np.linspace(-3, 3, 1001)[:, None]
    fine = SYSTEMS.ripple(1e-5).gradient(q)[:, 0]
    exact = np.cos(q[:, 0].astype(np.longdouble) / np.longdouble(1e-5))
    assert np.abs(fine - exact).max() < 1e-9
    traced = trace(SYSTEMS.ripple(1e-5).slopes, q=1)
    rows = compile_text(traced.text)
    compiled = [rows((x,), traced.constants)[0] for x in q[:, 0]]
    assert np.abs(compiled - exact).max() < 1e-9


def test_a_covariance_may_be_an_array():
    part = ms.systems.Potential(lambda q, p: q, 2, gradient_covariance=np.eye(2))
    assert np.array_equal((part + part).microscopic_covariance(0), np.eye(2))


def test_wells_of_mueller_and_brown():
    potential = SYSTEMS.mueller_brown()
    macroscopic = potential.truncated(0)
    assert np.abs(macroscopic.gradient(np.array(potential.centres))).max() < 1e-9
    for point in potential.centres:
        curvature = [
            (macroscopic.gradient(point + e) - macroscopic.gradient(point - e)) / 2e-5
            for e in 1e-5 * np.eye(2)
        ]
        assert np.linalg.eigvalsh(curvature).min() > 0
    middle = np.array([macroscopic.parameters[1:]])
    without = SYSTEMS.Potential(
        macroscopic.gradient_rows, 2, parameters=(0.0, *middle[0])
    )
    assert np.abs(without.gradient(middle)).max() < 1e-9


def test_quadratic_of_the_plane_is_the_printed_one():
    x, y = q = np.random.default_rng(4).normal(size=(2, 10))
    printed = (2 * x + y - 1) ** 2 / 4 + (x - y - 1) ** 2
    potential = SYSTEMS.anisotropic_quadratic().truncated(0)
    constant = printed - potential.potential(q.T)
    assert np.ptp(constant) < 1e-12


@pytest.mark.parametrize("degree", [2, 3, 5])
def test_splines_are_those_of_scipy(degree):
    knots, gap = np.linspace(-2, 3, 11), 0.5
    coefficients = np.random.default_rng(5).normal(size=10 + degree)
    more = gap * np.arange(1, degree + 1)
    spline = BSpline(
        np.concatenate([knots[0] - more[::-1], knots, knots[-1] + more]),
        coefficients,
        degree,
    )
    potential = SYSTEMS.spline_potential(knots, coefficients, degree)
    x = np.linspace(-2, 3, 57)[1:-1]
    assert np.allclose(potential.potential(x[:, None]), spline(x), atol=1e-12)
    assert np.allclose(potential.gradient(x[:, None])[:, 0], spline(x, 1), atol=1e-12)
    beyond = potential.gradient(np.array([[4.0], [5.0], [6.0]]))[:, 0]
    assert abs(beyond[2] - 2 * beyond[1] + beyond[0]) < 1e-12
    assert np.isnan(potential.gradient([[np.nan]])).all()


def test_plain_functions_become_potentials():
    potential = SYSTEMS.as_potential(lambda q: q**3, dim=2)
    assert np.array_equal(potential.gradient(np.full((4, 5, 2), 2.0))[0, 0], [8.0, 8.0])
    assert SYSTEMS.as_potential(potential, dim=2) is potential


PAIR = SYSTEMS.quadratic_well(np.eye(2))


@pytest.mark.parametrize(
    ("call", "word"),
    [
        (lambda: SYSTEMS.Potential(lambda q, p: (q[0], 1.0)), "one component"),
        (
            lambda: SYSTEMS.Potential(lambda q, p: (q[0],), 0),
            "dim must be a whole",
        ),
        (lambda: SYSTEMS.Potential(lambda q, p: (0.0,), centres=((0, 1),)), "centres"),
        (lambda: PAIR + SYSTEMS.ripple(0.1), "can be added"),
        (lambda: PAIR + 1.0, "can be added"),
        (lambda: PAIR.truncated(1), "between 0 and 0"),
        (lambda: (PAIR + PAIR).microscopic_covariance(0), "gradient_covariance"),
        (lambda: PAIR.gradient(np.zeros(3)), r"\(\.\.\., 2\)"),
        (lambda: SYSTEMS.Potential(lambda q, p: q).potential([0.0]), "potential_rows"),
        (lambda: SYSTEMS.quadratic_well([[1.0, 2.0], [0.0, 1.0]]), "symmetric"),
        (lambda: SYSTEMS.ripple(0.0), "eps must be a positive"),
        (
            lambda: SYSTEMS.as_potential(PAIR, 3),
            "dim = 3 coordinates; got",
        ),
        (lambda: SYSTEMS.as_potential("V", 3), "got str"),
        (
            lambda: SYSTEMS.as_potential(np.sum, 2).gradient(np.zeros((4, 2))),
            r"shape of its points, \(4, 2\)",
        ),
        (lambda: SYSTEMS.spline_potential([0, 1, 3], np.zeros(5)), "equal steps"),
        (lambda: SYSTEMS.spline_potential([0, 1, 2], np.zeros(4)), "5 coefficients"),
        (lambda: SYSTEMS.spline_potential([0, 1], np.zeros(2), 1), "at least 2"),
    ],
)
def test_bad_input_is_named(call, word):
    with pytest.raises(ValueError, match=word):
        call()
