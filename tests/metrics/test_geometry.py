"""Angles and errors against closed forms and SciPy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from scipy.stats import ortho_group

from msbook.metrics import (
    fast_directions,
    fibre_angle,
    orthogonality_error,
    principal_angles,
)

SEEDS = st.integers(0, 2**32 - 1)


def quadratic(x, eps):
    """Covariance of the quadratic system with slow map y = x1 - x2^2, and its map's
    derivative: f = (y + z^2, z), noise 1 in y and 1/eps in z."""
    z = x[:, 1]
    slow = np.column_stack((np.ones_like(z), np.zeros_like(z)))
    fast = np.column_stack((2 * z, np.ones_like(z)))
    covariance = slow[:, :, None] * slow[:, None, :]
    covariance = covariance + fast[:, :, None] * fast[:, None, :] / eps
    jacobian = np.column_stack((np.ones_like(z), -2 * z))[:, None, :]
    return jacobian, covariance


def random_problem(seed, n_slow=2, dim=5, n=8):
    rng = np.random.default_rng(seed)
    factors = rng.normal(size=(n, dim, dim))
    covariance = factors @ np.swapaxes(factors, 1, 2)
    return rng.normal(size=(n, n_slow, dim)), rng.normal(size=(n, dim)), covariance


def test_slow_map_has_no_error_in_the_limit_of_separated_scales():
    x = np.random.default_rng(0).uniform(-2, 2, (100, 2))
    worst = []
    for eps in (1e-2, 1e-4, 1e-6):
        jacobian, covariance = quadratic(x, eps)
        worst.append(fibre_angle(jacobian, x, covariance).max())
    # The error is of the order of eps: each step of 100 gains a factor of 100.
    np.testing.assert_allclose(np.divide(worst[:-1], worst[1:]), 100, rtol=0.05)
    jacobian, covariance = quadratic(x, 1e-12)
    assert orthogonality_error(jacobian, x, covariance).max() < 1e-6


@pytest.mark.parametrize("degrees", [1e-7, 0.3, 30.0, 60.0, 90.0])
def test_fibre_angle_of_a_turned_gradient(degrees):
    a = np.deg2rad(degrees)
    jacobian = np.array([[[np.cos(a), np.sin(a), 0.0]]])
    covariance = np.diag([1.0, 1e3, 1e4])[None]
    angle = fibre_angle(jacobian, np.zeros((1, 3)), covariance)
    np.testing.assert_allclose(angle, degrees, rtol=1e-7)


def test_orthogonality_error_of_a_turned_gradient():
    # U'U - I holds the cosine sin(a) twice, so E = sqrt(2) sin(a) / sqrt(D).
    a = 0.4
    jacobian = 7.0 * np.array([[[np.cos(a), np.sin(a), 0.0]]])
    arguments = jacobian, np.zeros((1, 3)), np.diag([1.0, 1e3, 1e4])[None]
    expected = np.sqrt(2) * np.sin(a)
    np.testing.assert_allclose(orthogonality_error(*arguments, scaled=False), expected)
    np.testing.assert_allclose(orthogonality_error(*arguments), expected / np.sqrt(3))


def test_orthogonality_error_counts_gradients_that_are_not_orthogonal():
    # Both gradients are slow, at 60 degrees to one another.
    jacobian = np.array([[[1.0, 0.0, 0.0], [0.5, np.sqrt(0.75), 0.0]]])
    arguments = jacobian, np.zeros((1, 3)), np.diag([1.0, 1.0, 1e4])[None]
    np.testing.assert_allclose(
        orthogonality_error(*arguments, scaled=False), np.sqrt(2) / 2
    )
    np.testing.assert_allclose(fibre_angle(*arguments), 0.0, atol=1e-6)


def test_fast_directions_are_eigenvectors_of_the_largest_eigenvalues():
    _, _, covariance = random_problem(0)
    directions = fast_directions(covariance, 3)
    assert directions.shape == (8, 5, 3)
    for sigma, v in zip(covariance, directions, strict=True):
        values = np.linalg.eigvalsh(sigma)[-3:]
        np.testing.assert_allclose(sigma @ v, v * values, atol=1e-12 * values[-1])


@settings(max_examples=50, deadline=None)
@given(seed=SEEDS, p=st.integers(1, 4), q=st.integers(1, 4))
def test_principal_angles_are_scipys(seed, p, q):
    rng = np.random.default_rng(seed)
    a, b = rng.normal(size=(6, 6, p)), rng.normal(size=(6, 6, q))
    expected = [np.rad2deg(subspace_angles(*pair)) for pair in zip(a, b, strict=True)]
    np.testing.assert_allclose(principal_angles(a, b), expected, atol=3e-6)


@settings(max_examples=50, deadline=None)
@given(seed=SEEDS)
def test_fibre_angle_is_that_of_level_set_and_fast_directions(seed):
    jacobian, x, covariance = random_problem(seed)
    fast = fast_directions(covariance, 3)
    for j, v, angle in zip(
        jacobian, fast, fibre_angle(jacobian, x, covariance), strict=True
    ):
        level_set = np.linalg.svd(j)[2][2:].T
        expected = np.rad2deg(subspace_angles(level_set, v)).max()
        assert angle == pytest.approx(expected, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(seed=SEEDS)
def test_invariant_under_rotation_of_the_coordinates(seed):
    jacobian, x, covariance = random_problem(seed)
    q = ortho_group.rvs(5, random_state=seed)
    turned = jacobian @ q.T, x @ q.T, q @ covariance @ q.T
    for error in (fibre_angle, orthogonality_error):
        np.testing.assert_allclose(
            error(*turned), error(jacobian, x, covariance), rtol=1e-6
        )


@settings(max_examples=50, deadline=None)
@given(seed=SEEDS)
def test_invariant_under_another_choice_of_the_slow_variable(seed):
    jacobian, x, covariance = random_problem(seed)
    rng = np.random.default_rng(seed)
    scaled = rng.uniform(0.1, 10, (1, 2, 1)) * jacobian
    np.testing.assert_allclose(
        orthogonality_error(scaled, x, covariance),
        orthogonality_error(jacobian, x, covariance),
        rtol=1e-9,
    )
    mixed = (np.eye(2) + 0.3 * rng.uniform(-1, 1, (2, 2))) @ jacobian
    np.testing.assert_allclose(
        fibre_angle(mixed, x, covariance), fibre_angle(jacobian, x, covariance), 1e-6
    )


def test_takes_anything_with_a_jacobian():
    jacobian, x, covariance = random_problem(0)

    class Map:
        def jacobian(self, points):
            assert points is not None
            return jacobian

    for error in (fibre_angle, orthogonality_error):
        np.testing.assert_array_equal(
            error(Map(), x, covariance), error(jacobian, x, covariance)
        )


def test_degenerate_jacobians():
    jacobian, x, covariance = random_problem(0)
    jacobian[2, 1] = jacobian[2, 0]
    assert fibre_angle(jacobian, x, covariance)[2] == 90
    jacobian[3, 0] = 0
    with pytest.raises(ValueError, match="got 1 of 8 points where one does"):
        orthogonality_error(jacobian, x, covariance)


@pytest.mark.parametrize(
    ("jacobian", "x", "covariance", "message"),
    [
        ((4, 1, 3), (4, 3), (3, 3), "covariance"),
        ((4, 1, 3), (4, 3), (4, 3, 2), "covariance"),
        ((4, 1, 3), (4, 2), (4, 3, 3), "fit together"),
        ((4, 3), (4, 3), (4, 3, 3), "fit together"),
        ((5, 1, 3), (4, 3), (4, 3, 3), "fit together"),
        ((4, 3, 3), (4, 3), (4, 3, 3), "1 to 2 slow variables of 3 coordinates; got 3"),
    ],
)
def test_says_what_is_wrong(jacobian, x, covariance, message):
    for error in (fibre_angle, orthogonality_error):
        with pytest.raises(ValueError, match=message):
            error(np.ones(jacobian), np.ones(x), np.ones(covariance))


def test_says_what_is_wrong_with_directions():
    with pytest.raises(ValueError, match="dim = 2; got 3"):
        fast_directions(np.ones((1, 2, 2)), 3)
    with pytest.raises(ValueError, match="finite"):
        fast_directions(np.full((1, 2, 2), np.nan), 1)
