"""First mistakes are told in words: which argument, what was expected, what to do."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

import msbook as ms
from msbook.integrators import RK4, radau
from msbook.systems import PeriodicPDE, PeriodicSlowFast, ReactionDiffusion

GRID = {"t_span": (0, 1), "dt": 0.1}
LINE = ms.ODE(lambda t, y, p: (-y[0],), 1.0)
PLANE = ms.ODE(lambda t, y, p: (-y[0], -y[1]), (1.0, 1.0))


@dataclass(frozen=True)
class Front(ReactionDiffusion):
    @staticmethod
    def rates(u, v, p):
        return u - u**3 - v, u - v


@dataclass(frozen=True)
class Burgers(PeriodicPDE):
    def linear(self, k):
        return -(k**2)

    @staticmethod
    def nonlinear(u):
        return -0.5 * u**2


FRONT = Front(16, 1.0, (1.0, 1.0))


@pytest.mark.parametrize(
    ("system", "options", "words"),
    [
        (LINE, {"method": "RK4"}, r"such as msbook\.integrators\.RK4; got 'RK4' of"),
        (LINE, {"method": RK4.tableau}, r"a Tableau; write RungeKutta\(tableau\)"),
        (LINE, {"method": radau}, "got the function radau; call it first"),
        (LINE, {"method": ms.Theta}, r"got Theta, without its \(\)"),
        (FRONT, {"method": RK4, "y0": np.zeros(32)}, r"CosineETDRK4\(\); got RungeK"),
        (PeriodicSlowFast, {}, r"make one first, PeriodicSlowFast\(\.\.\.\)"),
        (ms.ODE, {}, r"make one first, ODE\(\.\.\.\)"),
        (LINE, {"y0": np.ones(5)}, r"For many starts of one component use y0\.reshape"),
        (PLANE, {"y0": np.ones((2, 5))}, r"Components come last: use y0\.T"),
        (PLANE, {"y0": np.ones((3, 4))}, "A row is a start"),
        (FRONT, {"y0": np.ones((2, 16))}, r"For one start use y0\.reshape\(1, -1\)"),
        (FRONT, {}, r"y0 must be given, for a Front has .* \(32,\) or \(n_traj, 32\)"),
        (LINE, {"increments": np.ones((1, 10, 1))}, "kind ODE. Leave them out"),
        (LINE, {"executor": ThreadPoolExecutor}, r"ThreadPoolExecutor, without its"),
    ],
)
def test_solve(system, options, words):
    with pytest.raises(ValueError, match=words):
        ms.solve(system, **options, **GRID)


def test_a_drift_that_is_not_defined_at_the_start():
    root = ms.ODE(lambda t, y, p: (np.sqrt(y[0] - 2.0),), 1.0)
    for compiled in (True, False):
        system = ms.ODE(root.drift_rows, 1.0, compiled=compiled)
        with pytest.raises(ms.IntegrationError, match="not defined at the start"):
            ms.solve(system, **GRID)


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        (
            lambda u, v: (u, v),
            r"rates fails\. .* called as rates\(u, v, p\).*takes 2",
        ),
        (lambda u, v, p: (u["a"], v), r"rates fails.*IndexError.*Mend it"),
        (lambda u, v, p: u, "rates must return two rates, of u and of v"),
        (lambda u, v, p: None, "rates must return two rates.*got None"),
        (lambda u, v, p: (u, v, u), "rates must return two rates"),
    ],
)
def test_rates_of_a_reaction(rates, words):
    kind = type("Reader", (Front,), {"rates": staticmethod(rates)})
    with pytest.raises(ValueError, match=words):
        kind(16, 1.0, (1.0, 1.0))


def test_a_nonlinear_term_may_differ_from_point_to_point():
    force = np.linspace(0.0, 1.0, 16)
    parts = {"nonlinear": staticmethod(lambda u: force - u**2)}
    forced = type("Reader", (Burgers,), parts)(16, 1.0, compiled=False)
    assert ms.solve(forced, **GRID).y.shape == (1, 11, 16)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"nonlinear": staticmethod(lambda u, p: u)}, r"called as nonlinear\(u\).*'p'"),
        ({"nonlinear": staticmethod(lambda u: None)}, "of the shape of u; got None"),
        ({"nonlinear": staticmethod(lambda u: 1j * u)}, "real values of the shape"),
        ({"nonlinear": staticmethod(lambda u: [u, u])}, "real values of the shape"),
        ({"derivative_order": 0.5}, "derivative_order must be a whole number"),
        ({"linear": lambda k: k}, r"called as linear\(k\).*takes 1"),
        (
            {"linear": lambda self, k: -1.0},
            r"one value for each .*shape \(\)",
        ),
        ({"linear": lambda self, k: k.astype(str)}, "one value for each wavenumber"),
    ],
)
def test_parts_of_a_periodic_equation(parts, words):
    kind = type("Reader", (Burgers,), parts)
    with pytest.raises(ValueError, match=words):
        ms.solve(kind(16, 1.0), **GRID)
