"""The misprints of Cattaneo, Dotti & Fedrizzi (2022), each proved: the errata page."""

from fractions import Fraction

import numpy as np

import msbook as ms


def test_theta_as_printed_moves_what_stands_still():
    """u + h (theta f + (1 - theta f)) is u + h where f is constant, even zero."""
    theta, h, u = 0.5, 0.1, 3.0
    for f in (0.0, 2.0):
        assert np.isclose(u + h * (theta * f + (1 - theta * f)), u + h)
    still = ms.ODE(lambda t, y, p: (0.0 * y[0],), y0=(u,), compiled=False)
    y = ms.solve(still, t_span=(0, 1), dt=h, method=ms.Theta(theta)).y
    assert (y == u).all()


def test_theta_is_interchanged():
    """The report's theta weighs the old state; at 1/2 that is the same."""
    rate, h, y = -2.0, 0.1, 3.0
    decay = ms.ODE(lambda t, y, p: (rate * y[0],), y0=(y,), compiled=False)
    for theta in (0.0, 0.3, 0.5, 1.0):
        reports = y * (1 + h * theta * rate) / (1 - h * (1 - theta) * rate)
        solver = ms.Solver(decay, ms.Theta(1 - theta), dt=h)
        assert np.isclose(solver.advance(np.array([[y]]))[0, 0], reports)


def test_left_hand_side_does_not_make_the_method():
    """The trapezoidal rule has Adams's left-hand side, one step, and order two."""
    left, right = (-1, 1), (Fraction(1, 2), Fraction(1, 2))  # a_j and b_j, s = 1
    assert ms.AdamsBashforth(1).coefficients == (1,)

    def defect(power):
        """What is left of a step of length one when u = t^power."""
        slope = [Fraction(power) * Fraction(t) ** (power - 1) for t in (0, 1)]
        value = [Fraction(t) ** power for t in (0, 1)]
        return sum(a * u for a, u in zip(left, value, strict=True)) - sum(
            b * f for b, f in zip(right, slope, strict=True)
        )

    assert [defect(power) == 0 for power in (1, 2, 3)] == [True, True, False]


def test_cells_stay_at_rest_from_time_0():
    """Rest at time 0 is kept until the stimulus comes, and no t lies in (t, T]."""
    cell = ms.systems.excitable_cell()
    assert cell.y0[:2] == (0.0, 0.0)
    assert (cell.drift(0.0, [0.0, 0.0, 10.0]) == 0.0).all()
    t = np.linspace(0, 500, 1001)
    assert not ((t < t) & (t <= 500)).any()
