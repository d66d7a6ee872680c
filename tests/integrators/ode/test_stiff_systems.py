"""Implicit methods on the test problems of Hairer & Wanner (1996), section IV.10."""

import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import msbook as ms
from msbook.integrators import GAUSS2, RADAU2, RADAU3, RK4, radau


def robertson(t, y, p):
    first, second, third = 0.04 * y[0], 3e7 * y[1] * y[1], 1e4 * y[1] * y[2]
    return third - first, first - third - second, second


def van_der_pol(t, y, p):
    return y[1], 1000.0 * (1.0 - y[0] * y[0]) * y[1] - y[0]


def lienard(t, y, p):
    return 1000.0 * (y[0] - y[0] * y[0] * y[0] / 3.0 - y[1]), y[0] / 1000.0


def oregonator(t, y, p):
    return (
        77.27 * (y[1] + y[0] * (1.0 - 8.375e-6 * y[0] - y[1])),
        (y[2] - (1.0 + y[0]) * y[1]) / 77.27,
        0.161 * (y[0] - y[2]),
    )


def hires(t, y, p):
    meet = 280.0 * y[5] * y[7]
    return (
        -1.71 * y[0] + 0.43 * y[1] + 8.32 * y[2] + 0.0007,
        1.71 * y[0] - 8.75 * y[1],
        -10.03 * y[2] + 0.43 * y[3] + 0.035 * y[4],
        8.32 * y[1] + 1.71 * y[2] - 1.12 * y[3],
        -1.745 * y[4] + 0.43 * y[5] + 0.43 * y[6],
        -meet + 0.69 * y[3] + 1.71 * y[4] - 0.43 * y[5] + 0.69 * y[6],
        meet - 1.81 * y[6],
        -meet + 1.81 * y[6],
    )


# System, start, end, and the fewest steps that resolve it.
PROBLEMS = {
    "robertson": (robertson, (1.0, 0.0, 0.0), 4.0, 10),
    "van der pol": (van_der_pol, (2.0, 0.0), 1.0, 10),
    "lienard": (lienard, (2.0, 2.0 - 8.0 / 3.0), 400.0, 10),
    "hires": (hires, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0057), 5.0, 10),
    "oregonator": (oregonator, (1.0, 2.0, 3.0), 15.0, 40),
}
METHODS = {
    "theta": ms.Theta(1.0), "radau-1": radau(1), "radau-2": RADAU2, "radau-3": RADAU3,
}  # fmt: skip


def make(name, **options):
    drift, y0, end, fewest = PROBLEMS[name]
    return ms.ODE(drift, y0, **options), end, fewest


@pytest.fixture(scope="module", params=PROBLEMS)
def problem(request):
    system, end, fewest = make(request.param, compiled=False)
    reference = solve_ivp(
        system.drift, (0.0, end), system.y0, "Radau", rtol=1e-10, atol=1e-14
    ).y[:, -1]
    return system, end, fewest, reference


@pytest.mark.parametrize("name", METHODS)
def test_no_wrong_root_at_any_of_twenty_steps(problem, name):
    system, end, fewest, reference = problem
    numbers = np.unique(np.geomspace(fewest, 16 * fewest, 20).astype(int))
    errors = []
    for number in numbers:
        y = ms.solve(
            system, t_span=(0, end), dt=end / number, method=METHODS[name],
            save_every=int(number),
        ).y[0, -1]  # fmt: skip
        errors.append((np.abs(y - reference) / np.abs(reference)).max())
    errors = np.array(errors)
    first_order = METHODS[name].order == 1
    assert errors.max() < (1.0 if first_order else 0.1)
    # The error falls with the step until it is that of the reference: no step is out
    # of line, as one with a wrong root would be.
    assert (errors[5:] < np.maximum(1.5 * errors[:-5], 1e-7)).all()
    if first_order:
        order = -np.polyfit(np.log(numbers[-8:]), np.log(errors[-8:]), 1)[0]
        assert abs(order - 1.0) < 0.2


@pytest.mark.parametrize("name", ["theta", "radau-2", "radau-3"])
@pytest.mark.parametrize("which", ["robertson", "oregonator", "hires"])
def test_compiled_equals_plain_on_stiff_systems(which, name):
    system, _, _ = make(which)
    if name == "radau-3" and which == "hires":
        assert not RADAU3.can_compile(system)
        return
    y0 = np.array(system.y0) * np.linspace(0.9, 1.1, 35)[:, None]
    options = {"t_span": (0, 1), "dt": 0.05, "method": METHODS[name]}
    compiled = ms.solve(system, y0, **options).y
    plain = ms.solve(replace(system, compiled=False), y0, **options).y
    assert np.allclose(compiled, plain, rtol=1e-11, atol=0.0)


@pytest.mark.parametrize("unit", [1e-12, 1e9])
def test_units_do_not_matter(unit):
    # The second species alone, or all of them, in other units.
    system, end, _ = make("robertson", compiled=False)
    options = {"t_span": (0, end), "dt": end / 50, "method": RADAU2}
    expected = ms.solve(system, **options).y
    for units in (np.array([1.0, unit, 1.0]), np.full(3, unit)):
        a, b, c = units

        def drift(t, y, p, a=a, b=b, c=c):
            f, g, h = robertson(t, (y[0] / a, y[1] / b, y[2] / c), p)
            return a * f, b * g, c * h

        y = ms.solve(ms.ODE(drift, (a, 0.0, 0.0), compiled=False), **options).y
        assert np.allclose(y / units, expected, rtol=1e-8, atol=0.0)


def test_every_stage_equation_is_solved():
    system, _, _ = make("robertson", compiled=False)
    A, _, c = RADAU2.tableau.arrays
    y = np.array([system.y0])
    for h in np.geomspace(1e-6, 1.0, 20):
        end = RADAU2.step(system, 0.0, y, h)
        # The last stage is the new state, and the first follows from its equation.
        slope = h * system.drift(h, end)
        first = (end - y - A[1, 1] * slope) / A[1, 0]
        stage = y + A[0, 0] * first + A[0, 1] * slope
        residual = first - h * system.drift(c[0] * h, stage)
        scale = np.abs(y) + np.abs(first)
        stiff = 1.0 + h * np.abs(
            [[1e4 * stage[0, 2] + 6e7 * stage[0, 1]]]
        )  # the equations magnify rounding by this
        assert (np.abs(residual) <= 1e-10 * scale * stiff).all()


def jumping(method, dt, end=1000.0):
    system, _, _ = make("lienard")
    return ms.solve(
        system, t_span=(0, end), dt=dt, method=method, save_every=round(end / dt)
    ).y[0, -1]


@pytest.mark.parametrize(
    "method",
    [ms.Theta(1.0), ms.Theta(0.5), RADAU2, GAUSS2],
    ids=["implicit Euler", "trapezoid", "radau-2", "gauss"],
)
def test_a_jump_that_is_not_resolved_names_a_step_that_does(method):
    with pytest.raises(ms.IntegrationError, match="did not converge at step") as told:
        jumping(method, 0.1)
    assert "tolerance" not in str(told.value)
    named = re.search(r"Try dt = (\S+), which", str(told.value))
    assert named is not None
    dt = float(named[1])
    assert 1e-4 < dt < 0.01  # as the jump takes a thousandth
    system, _, _ = make("lienard", compiled=False)
    reference = solve_ivp(
        system.drift, (0, 1000.0), system.y0, "Radau", rtol=1e-10, atol=1e-12
    ).y[:, -1]
    assert np.abs(jumping(method, dt) - reference).max() < 1e-2


def test_a_step_is_named_in_numpy_too():
    system, _, _ = make("lienard", compiled=False)
    start = np.array([1.01, 1.01 - 1.01**3 / 3.0])  # just before it falls
    options = {"t_span": (0, 1), "method": RADAU2}
    with pytest.raises(ms.IntegrationError, match=r"Try dt = ") as told:
        ms.solve(system, start, dt=0.1, **options)
    named = re.search(r"Try dt = (\S+), which", str(told.value))
    assert named is not None
    y = ms.solve(system, start, dt=float(named[1]), **options).y[0, -1]
    reference = solve_ivp(
        system.drift, (0, 1), start, "Radau", rtol=1e-10, atol=1e-12
    ).y[:, -1]
    assert np.abs(y - reference).max() < 1e-4


def test_the_advice_of_an_explicit_method_leads_on():
    system, _, _ = make("lienard")
    with pytest.raises(ms.IntegrationError, match=r"implicit method.*names a step"):
        ms.solve(system, t_span=(0, 1000), dt=0.1, method=RK4)


def test_zero_components_and_rest():
    """What stands still has no scale, and a state at rest nothing to solve."""
    still = ms.ODE(lambda t, y, p: (0.0 * y[0], -y[1]), (0.0, 0.0))
    for compiled in (True, False):
        y = ms.solve(
            replace(still, compiled=compiled), t_span=(0, 1), dt=0.1, method=GAUSS2
        ).y
        assert (y == 0.0).all()
