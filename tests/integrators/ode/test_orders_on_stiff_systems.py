"""Orders of implicit methods on stiff systems, and where theory says they are reduced.

On a smooth stretch a stiffly accurate method keeps its classical order: Hairer & Wanner
(1996), section VI.1 for λh to infinity, and VI.3 for the error O(h^p) + O(ε h^q) with
the stage order q. The reduction is that of section IV.15.
"""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import msbook as ms
from msbook.integrators import gauss, radau
from tests.integrators.ode.test_stiff_systems import PROBLEMS

# Problem, start and end of a stretch without a transient, by when the fast components
# follow the slow ones.
STRETCHES = {
    # The slow branch x > 1 for μ = 1000, long before it falls at t = 807.
    "lienard": (100.0, 500.0),
    # The fast species have settled by t = 5; from 20 on it is so near to rest that only
    # the reduced order is seen.
    "hires": (5.0, 15.0),
    # The relaxation after a pulse, which is over at t = 50: y from 1453 to 686.
    "oregonator": (50.0, 80.0),
}
# Steps that resolve the stretch and leave errors well above that of the reference.
METHODS = {
    "theta": (ms.Theta(1.0), 1, (16, 32, 64, 128)),
    "radau-1": (radau(1), 1, (16, 32, 64, 128)),
    "radau-2": (radau(2), 3, (8, 16, 32, 64)),
    "radau-3": (radau(3), 5, (4, 6, 8, 12)),
}


@pytest.fixture(scope="module", params=STRETCHES)
def stretch(request):
    drift, y0, *_ = PROBLEMS[request.param]
    system, times = ms.ODE(drift, y0, compiled=False), STRETCHES[request.param]
    start, end = solve_ivp(
        system.drift, (0.0, times[1]), y0, "Radau", times, rtol=1e-12, atol=1e-15
    ).y.T
    return system, times, start, end


def fitted_order(numbers, errors):
    return -np.polyfit(np.log(numbers), np.log(errors), 1)[0]


@pytest.mark.parametrize("name", METHODS)
def test_classical_order_on_a_smooth_stretch(stretch, name):
    system, times, start, end = stretch
    method, order, numbers = METHODS[name]
    errors = []
    for number in numbers:
        y = ms.solve(
            system, start, t_span=times, dt=(times[1] - times[0]) / number,
            method=method, save_every=number,
        ).y[0, -1]  # fmt: skip
        errors.append((np.abs(y - end) / np.abs(end)).max())
    assert min(errors) > 1e-10  # a hundred times the error of the reference
    assert abs(fitted_order(numbers, errors) - order) < 0.1


# Method, and order of the error of Prothero and Robinson's problem where λh is large;
# whether it is divided by λ too. Table IV.15.1 of Hairer & Wanner (1996).
REDUCED = {
    "radau-1": (radau(1), 1, True),
    "radau-2": (radau(2), 2, True),
    "radau-3": (radau(3), 3, True),
    "gauss-2": (gauss(2), 2, False),
    "gauss-3": (gauss(3), 4, False),
}


@pytest.mark.parametrize("name", REDUCED)
def test_order_reduction_is_that_of_theory(name):
    method, order, divided = REDUCED[name]

    def worst(rate, number):
        system = ms.ODE(
            lambda t, y, p: (p * (np.cos(t) - y[0]) - np.sin(t),), 1.0, rate,
            compiled=False,
        )  # fmt: skip
        solution = ms.solve(system, t_span=(0, 2), dt=2 / number, method=method)
        return np.abs(solution.y[0, :, 0] - np.cos(solution.t)).max()

    numbers = (8, 16, 32)
    errors = [worst(1e6, number) for number in numbers]
    assert abs(fitted_order(numbers, errors) - order) < 0.1
    ratio = worst(1e5, 16) / errors[1]
    assert abs(ratio - (10.0 if divided else 1.0)) < 0.05
