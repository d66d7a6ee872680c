"""Projections from paths alone."""

import numpy as np
import pytest

import msbook as ms
from msbook.sampling import project_path


def test_projections_are_the_means_of_two_windows():
    y = np.random.default_rng(0).normal(size=(2, 40, 3)) + 1e6
    data = project_path(y, gap=3, window=4)
    inner = range(6, 34)
    assert len(data) == 2 * len(inner)
    np.testing.assert_array_equal(data.x, y[:, 6:34].reshape(-1, 3))
    offsets = [sign * k for k in range(3, 7) for sign in (1, -1)]
    means = [[path[[k + j for j in offsets]].mean(axis=0) for k in inner] for path in y]
    np.testing.assert_allclose(data.projection, np.reshape(means, (-1, 3)), rtol=1e-14)
    assert data.covariance is None


def test_points_are_taken_evenly_and_solutions_are_paths():
    y = np.arange(100.0)[:, None]
    data = project_path(y, gap=1, window=2, n_points=3)
    assert data.x.ravel().tolist() == [2.0, 50.0, 97.0]
    np.testing.assert_allclose(data.projection, data.x)
    system = ms.systems.QuadraticSlowFast(eps=1e-2)
    path = ms.solve(system, t_span=(0, 1.0), dt=1e-2, rng=0)
    whole = project_path(path, gap=2, window=3)
    np.testing.assert_array_equal(whole.x, project_path(path.y, 2, 3).x)


@pytest.mark.parametrize("n_slow", [1, 2])
def test_they_come_close_to_the_exact_projections(n_slow):
    system = ms.systems.QuadraticSlowFast(n_slow, 2, eps=1e-3)
    path = ms.solve(system, t_span=(0, 10.0), dt=1e-3, rng=0)
    data = project_path(path, gap=5, window=20)
    error = data.projection - system.projection(data.x)
    # Forty states, correlated over about two, of fast variables of variance 1/2.
    assert np.abs(error[:, -1].mean()) < 0.02
    assert error[:, -1].std() < 0.5**0.5 * (2 * 2 / 40) ** 0.5
    # The gap keeps out what knows where on its fibre the state is.
    fast = data.x[:, -1]
    assert abs(np.corrcoef(error[:, -1], fast)[0, 1]) < 0.05
    close = project_path(path, gap=1, window=20)
    leak = np.corrcoef(close.projection[:, -1], close.x[:, -1])[0, 1]
    assert leak > 0.1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(30), 1, 2), "paths must have shape"),
        ((np.zeros((0, 2)), 1, 2), "paths must have shape"),
        ((np.zeros((8, 2)), 2, 3), "more than the 8 states .* got 8"),
        ((np.zeros((9, 2)), 0, 3), "gap"),
        ((np.zeros((9, 2)), 1, 1.5), "window"),
        ((np.zeros((9, 2)), 1, 1, 99), "n_points must lie between 1 and the 7"),
        ((np.full((9, 2), np.nan), 1, 1), "NaN"),
    ],
)
def test_what_does_not_fit_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        project_path(*arguments)
