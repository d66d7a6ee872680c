"""Fits of forces and densities on bins whose law is known."""

import numpy as np
import pytest

from msbook.estimators import TensorSplines, UniformSplines, fit_density, fit_forces
from msbook.metrics import potential_error

LINE = TensorSplines((UniformSplines(-4.0, 0.5, 16),))
EDGES = LINE.edges()
MIDDLES = (EDGES[0][1:] + EDGES[0][:-1]) / 2


def quartic(q):
    return (q**2 - 1) ** 2 / 4


def gibbs_counts(temperature, n):
    density = np.exp(-quartic(MIDDLES) / temperature)
    return n * density / density.sum()


def error(coefficients, temperature=1.0):
    q = np.linspace(-3, 3, 601)
    learnt = LINE.potential(coefficients).potential(q[:, None])
    return potential_error(learnt, quartic(q), temperature)


def test_forces_without_noise_give_the_potential():
    # A quartic is a spline; only means over bins and the last penalty disturb.
    counts = gibbs_counts(1.0, 1e8)
    mean_force = np.diff(quartic(EDGES[0])) / np.diff(EDGES[0])
    coefficients = fit_forces(LINE, EDGES, counts, (counts * mean_force)[:, None])
    assert error(coefficients) < 1e-4


@pytest.mark.parametrize("wavelength", [0.5, 0.4, 0.35, 0.3, 0.2])
def test_ripples_shorter_than_the_knots_average_out(wavelength):
    splines = TensorSplines((UniformSplines(-10.0, 0.5, 40),))
    edges = splines.edges()
    ripple = np.sin(2 * np.pi * edges[0] / wavelength)
    counts = np.full(len(ripple) - 1, 1e6)
    mean_force = np.diff(ripple) / np.diff(edges[0])
    coefficients = fit_forces(splines, edges, counts, (counts * mean_force)[:, None])
    q = np.linspace(-6, 6, 2001)[:, None]
    assert np.std(splines.potential(coefficients).potential(q)) < 0.01 * np.std(ripple)


@pytest.mark.parametrize("temperature", [0.3, 1.0])
def test_density_without_noise_gives_the_potential(temperature):
    counts = gibbs_counts(temperature, 1e9)
    coefficients = fit_density(LINE, EDGES, counts, temperature)
    assert error(coefficients, temperature) < 1e-3 * temperature


def test_density_error_falls_with_the_root_of_the_number():
    rng = np.random.default_rng(0)
    rms = [
        np.sqrt(
            np.mean(
                [
                    error(
                        fit_density(LINE, EDGES, rng.poisson(gibbs_counts(1.0, n)), 1.0)
                    )
                    ** 2
                    for _ in range(8)
                ]
            )
        )
        for n in (1e4, 1e6)
    ]
    assert np.log(rms[0] / rms[1]) / np.log(10) == pytest.approx(1.0, abs=0.3)


def test_a_good_start_changes_nothing_but_the_way():
    counts = np.random.default_rng(1).poisson(gibbs_counts(1.0, 1e5))
    cold = fit_density(LINE, EDGES, counts, 1.0)
    warm = fit_density(LINE, EDGES, counts, 1.0, start=cold + 7.0)
    q = np.linspace(-2.5, 2.5, 101)
    first, second = (LINE.potential(c).potential(q[:, None]) for c in (cold, warm))
    assert potential_error(first, second) < 2e-3


def test_a_start_may_be_far_off_where_nothing_was_seen():
    wide = TensorSplines((UniformSplines(-40.0, 0.5, 160),))
    edges = wide.edges()
    middles = (edges[0][1:] + edges[0][:-1]) / 2
    counts = np.round(1e5 * np.exp(-(middles**2) / 2))
    cold = fit_density(wide, edges, counts, 1.0)
    far_off = np.linspace(-42, 42, len(cold)) ** 4
    warm = fit_density(wide, edges, counts, 1.0, start=far_off)
    q = np.linspace(-3, 3, 601)[:, None]
    difference = wide.potential(cold - warm).potential(q)
    assert np.std(difference) < 1e-5


def test_where_nothing_was_seen_the_force_goes_on_linearly():
    force = 2.0 * MIDDLES
    counts = np.where(np.abs(MIDDLES) < 2, 1e6, 0)
    coefficients = fit_forces(LINE, EDGES, counts, (counts * force)[:, None])
    q = np.linspace(-6, 6, 25)[:, None]
    gradient = LINE.potential(coefficients).gradient(q)
    np.testing.assert_allclose(gradient, 2 * q, rtol=0, atol=1e-6)


def test_two_coordinates_at_once():
    splines = TensorSplines(
        (UniformSplines(-2.0, 0.5, 8), UniformSplines(-2.0, 1.0, 4))
    )
    edges = splines.edges()
    middles = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
    x, y = np.meshgrid(*middles, indexing="ij")
    counts = np.ones_like(x) * 1e6
    force = np.stack((2 * x * y, x**2 + y), axis=-1)
    coefficients = fit_forces(splines, edges, counts, counts[..., None] * force)
    q = np.random.default_rng(0).uniform(-2, 2, (50, 2))
    learnt = splines.potential(coefficients).potential(q)
    expected = q[:, 0] ** 2 * q[:, 1] + q[:, 1] ** 2 / 2
    assert np.std(learnt - expected) < 2e-3


@pytest.mark.parametrize(
    "fit",
    [
        lambda none: fit_forces(LINE, EDGES, none, none[:, None]),
        lambda none: fit_density(LINE, EDGES, none, 1.0),
    ],
)
def test_empty_bins_are_an_error(fit):
    with pytest.raises(ValueError, match="counts must hold samples"):
        fit(np.zeros(len(MIDDLES)))


def test_a_density_is_fitted_to_equal_bins_only():
    edges = np.concatenate([[-4.0], np.linspace(-1.0, 4.0, 11)])
    with pytest.raises(ValueError, match="edges must rise by equal steps"):
        fit_density(LINE, (edges,), np.ones(11), 1.0)


def test_a_start_of_the_fit_has_the_shape_of_the_basis():
    counts = gibbs_counts(1.0, 1e6)
    near = fit_density(LINE, EDGES, counts, 1.0)
    again = fit_density(LINE, EDGES, counts, 1.0, near.tolist())
    assert potential_error(near, again, 1.0) < 1e-3
    with pytest.raises(ValueError, match="start must have the shape of the basis"):
        fit_density(LINE, EDGES, counts, 1.0, near[1:])


@pytest.mark.parametrize(
    ("counts", "sums", "words"),
    [
        (np.ones(3), np.ones((3, 1)), r"counts must have shape \(256,\).* shape \(3,"),
        (-np.ones(256), np.ones((256, 1)), "256 negative"),
        (np.zeros(256), np.ones((256, 1)), "counts must hold samples; got none"),
        (np.ones(256), np.ones((256, 2)), r"\(256, 1\); got \(256, 2\)"),
    ],
)
def test_sums_over_bins_must_fit_the_bins(counts, sums, words):
    with pytest.raises(ValueError, match=words):
        fit_forces(LINE, EDGES, counts, sums)
