"""Tableaux: rooted trees, order conditions, and what is no method."""

from math import factorial

import numpy as np
import pytest
from scipy.integrate import DOP853

import msbook as ms
from msbook.integrators import (
    GAUSS3,
    HEUN,
    RK4,
    AdamsBashforth,
    RungeKutta,
    Theta,
    gauss,
    lobatto,
    radau,
)
from msbook.integrators.ode.tableau import count_nodes, density, rooted_trees

GOOD = {"A": [[0, 0], [1, 0]], "b": [1 / 2, 1 / 2], "c": [0, 1], "order": 2}


def test_trees_are_counted_and_weighted_as_in_the_books():
    counts = [len(rooted_trees(n)) for n in range(1, 9)]
    assert counts == [1, 1, 2, 4, 9, 20, 48, 115]  # Butcher (2016), table 300(II)
    for n in range(1, 9):
        trees = rooted_trees(n)
        assert len(set(trees)) == len(trees)
        assert all(count_nodes(tree) == n for tree in trees)
        assert max(map(density, trees)) == factorial(n)  # the tall tree
        assert min(map(density, trees)) == n  # the bushy one


def test_conditions_are_those_of_the_textbook():
    A, b, c = RK4.tableau.arrays
    assert np.isclose(b @ c**3, 1 / 4)
    assert np.isclose(b @ (c * (A @ c)), 1 / 8)
    assert np.isclose(b @ (A @ c**2), 1 / 12)
    assert np.isclose(b @ (A @ (A @ c)), 1 / 24)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"A": [[0, 0]]}, r"A must have shape.*\(1, 2\), \(2,\) and \(2,\)"),
        ({"b": [[1 / 2, 1 / 2]]}, "A must have shape"),
        ({"c": [0, 1, 1]}, "A must have shape"),
        ({"b": [np.nan, 1 / 2]}, "finite"),
        ({"b": None}, "b must be an array of real numbers; got None"),
        ({"b": {1: 2.0}}, "b must be an array of real numbers"),
        (
            {"A": [[0], [1, 0]]},
            "A must be an array of real numbers.*rows differ in length",
        ),
        ({"order": 0}, "order must be 1 or more"),
        ({"order": None}, "order must be a whole number; got None"),
        ({"order": "2"}, "order must be a whole number"),
        ({"order": 1.5}, "order must be a whole number"),
        ({"order": np.nan}, "order must be a whole number"),
        ({"order": 5}, "2 stages have order 4 at most"),
        ({"c": [0, 1 + 1e-7]}, r"sums to 1, and c\[1\] is 1.0000001"),
        ({"b": [1 / 2, 1 / 2 + 1e-7]}, r"Σ b = 1 \(order 1\); got 1.0000001\."),
        ({"c": [0, 1 / 2]}, r"row 1 sums to 1, and c\[1\] is 0.5"),
        ({"b": [1 / 2, 1 / 3]}, r"Σ b = 1 \(order 1\)"),
        ({"b": [1 / 3, 2 / 3]}, r"Σ b c = 0.5 \(order 2\)"),
        ({"order": 3}, r"order 3\).*claim order 2"),
    ],
)
def test_what_is_no_method_is_refused_by_name(changed, words):
    with pytest.raises(ValueError, match=words):
        ms.Tableau(**(GOOD | changed))


def test_a_high_order_is_not_taken_on_trust():
    A, b, c = RK4.tableau.arrays
    with pytest.raises(ValueError, match=r"\(order 5\)"):
        ms.Tableau(A, b, c, order=5)
    # A quadrature of order four with stages of order one alone.
    with pytest.raises(ValueError, match=r"needs Σ b \(A c\) = 0.166667 \(order 3\)"):
        ms.Tableau([[0, 0, 0], [1 / 2, 0, 0], [1, 0, 0]], [1 / 6, 2 / 3, 1 / 6],
                   [0, 1 / 2, 1], order=3)  # fmt: skip


def strongly_stable_method(digits):
    """Ruuth's method with five stages (2006), from its two arrays, rounded."""
    keep = np.zeros((6, 5))
    move = np.zeros((6, 5))
    keep[1, 0] = keep[2, 1] = 1.0
    keep[3, [0, 2]] = 0.355909775063327, 0.644090224936674
    keep[4, [0, 3]] = 0.367933791638137, 0.632066208361863
    keep[5, [2, 4]] = 0.237593836598569, 0.762406163401431
    move[1, 0] = move[2, 1] = 0.377268915331368
    move[3, 2], move[4, 3] = 0.242995220537396, 0.238458932846290
    move[5, 4] = 0.287632146308408
    keep, move = keep.round(digits), move.round(digits)
    A = np.zeros((6, 5))
    for i in range(1, 6):
        A[i] = move[i] + keep[i] @ A[:5]
    return A[:5], A[5], A[:5].sum(axis=1)


def test_coefficients_with_nine_digits_are_taken():
    A, b, c = strongly_stable_method(digits=9)
    assert abs(b.sum() - 1.0) > 1e-10
    assert ms.Tableau(A, b, c, order=3).order == 3
    with pytest.raises(ValueError, match=r"needs Σ b = 1 \(order 1\); got 1\.000004"):
        ms.Tableau(*strongly_stable_method(digits=5), order=3)
    with pytest.raises(ValueError, match=r"\(order 4\).*claim order 3"):
        ms.Tableau(A, b, c, order=4)


def test_orders_beyond_eight_are_checked_too():
    # Dormand and Prince's method of order eight has quadrature of that order at least.
    A, b, c = DOP853.A, DOP853.B, DOP853.C
    assert ms.Tableau(A, b, c, order=8).order == 8
    for order in (9, 10, 13):
        with pytest.raises(ValueError, match=r"\(order 9\).*claim order 8"):
            ms.Tableau(A, b, c, order)
    with pytest.raises(ValueError, match="5 stages have order 10 at most; got 11"):
        ms.Tableau(*gauss(5).tableau.arrays, order=11)
    for family, order in ((radau, 9), (lobatto, 8)):
        with pytest.raises(ValueError, match=rf"claim order {order}\."):
            ms.Tableau(*family(5).tableau.arrays, order=order + 1)


@pytest.mark.parametrize("n_stages", [12, 30, 100])
@pytest.mark.parametrize("family", [gauss, radau, lobatto], ids=lambda f: f.__name__)
def test_families_with_many_stages(family, n_stages):
    tableau = family(n_stages).tableau
    A, b, c = tableau.arrays
    for power in range(tableau.order):
        assert abs(b @ c**power - 1 / (power + 1)) < 1e-14
    for power in range(n_stages):
        assert np.abs(A @ c**power - c ** (power + 1) / (power + 1)).max() < 1e-13


@pytest.mark.parametrize("n_stages", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("family", [gauss, radau, lobatto], ids=lambda f: f.__name__)
def test_families_have_their_order_and_no_more(family, n_stages):
    if family is lobatto:
        n_stages += 1
    method = family(n_stages)  # the constructor checks the order
    _, b, c = method.tableau.arrays
    assert abs(b @ c**method.order - 1 / (method.order + 1)) > 1e-8
    assert (np.diff(c) > 0).all()
    assert c[0] >= 0
    assert c[-1] <= 1 + 1e-14


def test_explicit_and_implicit_are_told_apart():
    assert HEUN.tableau.explicit
    assert not GAUSS3.tableau.explicit
    assert GAUSS3.tableau.groups == ((0, 1, 2),)
    assert ms.Theta(0.5).coefficients[0].groups == ((0,), (1,))
    assert HEUN.tableau == ms.Tableau(**GOOD)
    assert hash(HEUN.tableau) == hash(ms.Tableau(**GOOD))


def test_what_is_no_tableau():
    expected = "tableau must be a Tableau; got .* It is a method already: use it as"
    for method in (radau(2), Theta(0.5), AdamsBashforth(2)):
        with pytest.raises(ValueError, match=expected):
            RungeKutta(method)
    for other in (radau, "rk4", [[0.0]], None):
        with pytest.raises(ValueError, match=r"Write Tableau\(A, b, c, order\), or"):
            RungeKutta(other)
