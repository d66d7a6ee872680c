"""Splines on equidistant knots: what a basis must be."""

import numpy as np
import pytest

from msbook.estimators import TensorSplines, UniformSplines

AXIS = UniformSplines(-1.0, 0.25, 12)


@pytest.mark.parametrize("derivative", [0, 1, 2])
def test_derivatives_are_those_of_the_values(derivative):
    x = np.linspace(-0.99, 1.99, 200)
    coefficients = np.random.default_rng(0).normal(size=AXIS.n_splines)
    above, below = (
        AXIS.design(x + h, derivative) @ coefficients for h in (1e-5, -1e-5)
    )
    expected = AXIS.design(x, derivative + 1) @ coefficients
    np.testing.assert_allclose((above - below) / 2e-5, expected, rtol=0, atol=1e-4)


def test_every_polynomial_of_degree_five_is_a_spline():
    x = np.linspace(-1, 2, 100)
    for degree in range(6):
        residual = np.linalg.lstsq(AXIS.design(x).toarray(), x**degree)[1]
        assert residual < 1e-20


def test_bin_means_are_differences_of_the_values():
    edges = AXIS.edges(4)
    values = AXIS.design(edges).toarray()
    expected = np.diff(values, axis=0) / np.diff(edges)[:, None]
    means = AXIS.bin_means(edges, derivative=1).toarray()
    np.testing.assert_allclose(means, expected, rtol=0, atol=1e-9)


def test_third_differences_leave_parabolas_alone():
    parabola = np.arange(AXIS.n_splines) ** 2.0
    assert not (AXIS.third_differences() @ parabola).any()
    assert (AXIS.third_differences() @ parabola**2).all()


def test_potential_of_coefficients_agrees_with_the_bins():
    splines = TensorSplines((AXIS, UniformSplines(0.0, 0.3, 5)))
    coefficients = np.random.default_rng(1).normal(size=splines.shape)
    potential = splines.potential(coefficients)
    fine = tuple(axis.edges(200) for axis in splines.axes)
    few = tuple(edges[100:103] for edges in fine)
    middles = [(edges[1:] + edges[:-1]) / 2 for edges in few]
    points = np.stack(np.meshgrid(*middles, indexing="ij"), -1).reshape(-1, 2)
    for along in (None, 0, 1):
        means = np.kron(*(one.toarray() for one in splines.bin_means(few, along)))
        means = means @ coefficients.ravel()
        at = potential.potential if along is None else potential.gradient
        values = at(points) if along is None else at(points)[:, along]
        np.testing.assert_allclose(means, values, rtol=0, atol=1e-3)


def test_covering_leaves_a_margin():
    points = np.random.default_rng(2).uniform(-3, 5, (100, 2))
    splines = TensorSplines.covering(points, 0.5)
    for axis, column in zip(splines.axes, points.T, strict=True):
        assert axis.knots[0] < column.min() - 0.5
        assert axis.knots[-1] > column.max() + 0.5
    assert np.prod([len(edges) - 1 for edges in splines.edges()]) <= 2**18


@pytest.mark.parametrize("x", [[-1.1], [0.0, 2.1], [1e6]])
def test_splines_have_no_values_beyond_their_knots(x):
    with pytest.raises(ValueError, match=r"x must lie between .* -1 and 2; got"):
        AXIS.design(x)
    with pytest.raises(ValueError, match="edges must lie between"):
        AXIS.bin_means([-1.0, 0.0, max(3.0, *x)])
    # The last knot may be missed by the rounding of what leads to it.
    assert AXIS.design([2.0 + 1e-15]).sum() == pytest.approx(1.0)


def test_there_is_no_derivative_beyond_the_degree():
    assert AXIS.design([0.1, 0.2], 5).shape == (2, AXIS.n_splines)
    with pytest.raises(ValueError, match="derivative must not exceed the degree, 5"):
        AXIS.design([0.1, 0.2], 6)


def test_bins_without_a_width_are_refused():
    with pytest.raises(ValueError, match=r"edges of bins must be .* rising"):
        AXIS.bin_means([0.0, 0.5, 0.5])


def test_a_lone_far_point_does_not_ask_for_more_splines_than_there_is_memory():
    with pytest.raises(ValueError, match=r"points from .* got spacing = 0.1"):
        TensorSplines.covering([[0.0], [1e9]], 0.1)
    assert TensorSplines.covering([[0.0], [1e9]], 1e8).shape < (100,)
