"""SlowMap as scikit-learn and as a slow map."""

import copy
import pickle

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import check_estimator

from msbook.estimators import SlowMap
from msbook.estimators.slow_map.orthogonality import MedianOrthogonalityError
from msbook.metrics import fibre_angle, orthogonality_error
from msbook.networks import MagnitudePruning, RowPruning
from msbook.systems import QuadraticSlowFast


def parabolas(n=1500, seed=0):
    """Points on the fibres x1 - x2^2 = y, their projections, and y."""
    y, z = np.random.default_rng(seed).uniform(-1, 1, (2, n))
    return np.column_stack((y + z**2, z)), np.column_stack((y, np.zeros(n))), y


@pytest.fixture(scope="module")
def fitted():
    X, P, _ = parabolas()
    return SlowMap(epochs=600, random_state=0).fit(X, P)


@pytest.mark.parametrize("activation", ["elu", "tanh", "silu"])
def test_keeps_the_rules_of_scikit_learn(activation):
    # The one check that is passed over needs an array library that is not asked for.
    check_estimator(SlowMap(activation=activation, epochs=60), on_skip=None)


def test_finds_the_slow_variable(fitted):
    X, P, y = parabolas(seed=1)
    encoded = fitted.transform(X)[:, 0]
    assert abs(np.corrcoef(encoded, y)[0, 1]) > 0.999
    assert np.sqrt(np.mean((fitted.predict(X) - P) ** 2)) < 0.03
    assert fitted.score(X, P) > 0.99


def quadratic(n, n_slow=1, n_fast=3, seed=0):
    """Points around the slow manifold, their projections, and the covariances."""
    system = QuadraticSlowFast(n_slow, n_fast)
    rng = np.random.default_rng(seed)
    slow = rng.uniform(-1, 1, (n, n_slow))
    points = system.fibre(slow, rng.normal(0, 0.5**0.5, (n, n_fast)))
    return points, system.slow_manifold(slow), system.covariance(points)


@pytest.mark.parametrize("n_slow", [1, 2])
def test_what_stops_the_training_is_the_median_orthogonality_error(n_slow):
    X, P, covariance = quadratic(200, n_slow)
    slow_map = SlowMap(n_slow, epochs=20, random_state=0).fit(X, P)
    watched = np.arange(0, 200, 3)
    error = MedianOrthogonalityError(X, covariance, n_slow, watched)
    expected = orthogonality_error(slow_map, X[watched], covariance[watched])
    assert error(slow_map.network_) == pytest.approx(np.median(expected), rel=1e-12)
    slow_map.network_.encoder.linears[-1].weight.data[0] = 0
    assert np.isnan(error(slow_map.network_))


def test_orthogonality_chooses_epoch_and_restart():
    X, P, covariance = quadratic(400)
    fits = {
        (n, keep_best): SlowMap(
            epochs=150, n_restarts=n, keep_best=keep_best, random_state=0
        ).fit(X, P, covariance)
        for n in (1, 4)
        for keep_best in ("loss", "orthogonality")
    }
    one, best = fits[1, "orthogonality"].history_, fits[4, "orthogonality"].history_
    assert one.best_epoch == np.nanargmin(one.monitored)
    assert best.best_value == np.nanmin(best.monitored) <= one.best_value
    # Only the choice is another; the training is the same.
    by_loss = fits[1, "loss"].history_
    np.testing.assert_array_equal(one.validation_loss, by_loss.validation_loss)
    assert by_loss.best_loss == by_loss.best_value != one.best_value


@pytest.mark.parametrize(
    "pruning",
    [MagnitudePruning(0.1, 0.45, every=50), RowPruning(start=200)],
)
def test_pruning_finds_the_coordinates_that_matter(pruning):
    X, P, _ = quadratic(800, n_fast=4)
    slow_map = SlowMap(
        hidden=(6, 3),
        decoder_hidden=None,
        activation="elu",
        epochs=900,
        learning_rate=2e-3,
        schedule="constant",
        pruning=pruning,
        n_restarts=3,
        random_state=0,
    ).fit(X, P)
    # The slow variable is x1 - (x2)^2.
    assert slow_map.active_inputs_.tolist() == [True, True, False, False, False]
    assert not slow_map.jacobian(X)[:, :, 2:].any()
    assert slow_map.sparsity_.layers[0] >= 3 / 6
    assert slow_map.history_.n_active_inputs[-1] == 2


@pytest.mark.parametrize(
    "duplicate",
    [copy.deepcopy, lambda fitted: pickle.loads(pickle.dumps(fitted))],
)
def test_fitted_maps_survive_being_copied(fitted, duplicate):
    X, P, _ = parabolas(100, seed=3)
    expected = fitted.predict(X)
    twin = duplicate(fitted)
    assert np.array_equal(twin.predict(X), expected)
    assert np.array_equal(twin.jacobian(X), fitted.jacobian(X))
    twin.set_params(epochs=2).fit(X, P)
    assert np.array_equal(fitted.predict(X), expected)


def test_level_sets_are_the_fibres_and_an_autoencoders_are_not(fitted):
    X, P, _ = parabolas(seed=1)
    fibre = np.column_stack((2 * X[:, 1], np.ones(len(X))))
    across = np.array([1.0, 0.0])
    covariance = 1e6 * fibre[:, :, None] * fibre[:, None, :] + np.outer(across, across)
    autoencoder = SlowMap(epochs=300, random_state=0).fit(P, P)
    assert np.mean((autoencoder.predict(P) - P) ** 2) < 1e-3
    angle = np.median(fibre_angle(fitted, X, covariance))
    assert angle < 3
    assert np.median(fibre_angle(autoencoder, X, covariance)) > 5 * angle


def test_score_is_the_share_of_variance_explained(fitted):
    X, P, y = parabolas(100, seed=2)
    # The second coordinate of the projections is constant and does not count.
    error = np.sum((fitted.predict(X)[:, 0] - y) ** 2)
    expected = 1 - error / np.sum((y - y.mean()) ** 2)
    assert fitted.score(X, P) == pytest.approx(expected, rel=1e-12)


def test_inverse_transform_after_transform_is_predict(fitted):
    X, _, _ = parabolas(50, seed=2)
    np.testing.assert_array_equal(
        fitted.inverse_transform(fitted.transform(X)), fitted.predict(X)
    )


@pytest.mark.parametrize("coordinates", ["cartesian", "polar"])
@pytest.mark.parametrize("activation", ["elu", "tanh", "silu"])
def test_jacobian_is_the_derivative_of_transform(activation, coordinates):
    X, P, _ = parabolas(200)
    slow_map = SlowMap(
        n_slow=2,
        hidden=(5, 4),
        activation=activation,
        coordinates=coordinates,
        epochs=5,
        random_state=0,
    ).fit(X, P)
    step = 1e-6
    differences = [
        (slow_map.transform(X + h) - slow_map.transform(X - h)) / (2 * step)
        for h in step * np.eye(2)
    ]
    jacobian = slow_map.jacobian(X)
    assert jacobian.shape == (200, 2, 2)
    np.testing.assert_allclose(jacobian, np.stack(differences, axis=-1), atol=1e-7)


def test_polar_coordinates_find_an_angle():
    rng = np.random.default_rng(0)
    radius, angle = rng.uniform(0.5, 1.5, 800), rng.uniform(-3, 3, 800)
    X = np.column_stack((radius * np.cos(angle), radius * np.sin(angle)))
    P = np.column_stack((np.cos(angle), np.sin(angle)))
    slow_map = SlowMap(hidden=(4, 4), coordinates="polar", epochs=500, random_state=0)
    encoded = slow_map.fit(X, P).transform(X)[:, 0]
    # The slow variable is the angle; cut where atan2 jumps, the encoder is monotone.
    assert abs(spearmanr(encoded, angle).statistic) > 0.99


def test_coordinates_go_round_only_if_the_projections_do():
    rng = np.random.default_rng(0)
    angle = rng.uniform(-np.pi, np.pi, 800)
    fast = rng.normal(scale=0.2, size=(800, 2))
    tilt = np.linalg.qr(rng.normal(size=(3, 3)))[0]

    def place(radius, height):
        ring = (radius * np.cos(angle), radius * np.sin(angle), height)
        return np.column_stack(ring) @ tilt + 3.0

    X, P = place(1 + fast[:, 0], fast[:, 1]), place(1.0, 0 * angle)
    options = {"coordinates": "auto", "epochs": 500, "n_restarts": 5}
    slow_map = SlowMap(hidden=(4, 4), random_state=0, **options)
    assert slow_map.fit(X, P).coordinates_ == "polar"
    azimuth = slow_map.network_.coordinates(torch.tensor(P))[:, 1].numpy()
    encoded = slow_map.transform(X)[:, 0]
    assert abs(spearmanr(encoded, azimuth).statistic) > 0.99
    arc = angle > -2.0
    assert slow_map.fit(X[arc], P[arc]).coordinates_ == "cartesian"
    assert slow_map.fit(X, angle).coordinates_ == "cartesian"


def test_same_seed_same_map_and_refitting_forgets():
    X, P, _ = parabolas(300)
    slow_map = SlowMap(epochs=20, random_state=3)
    first = slow_map.fit(X, P).transform(X)
    other = slow_map.fit(X[:200, ::-1], P[:200]).transform(X)
    again = slow_map.fit(X, P).transform(X)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert np.array_equal(clone(slow_map).fit(X, P).transform(X), first)


def test_restarts_keep_the_lowest_validation_loss():
    X, P, _ = parabolas(300)
    losses = [
        SlowMap(hidden=(2,), epochs=100, n_restarts=n, random_state=0)
        .fit(X, P)
        .history_.best_loss
        for n in (1, 2, 4, 8)
    ]
    assert losses == sorted(losses, reverse=True)
    assert losses[-1] < losses[0]


def test_works_inside_a_pipeline_and_a_search():
    X, P, _ = parabolas(300)
    search = GridSearchCV(
        make_pipeline(StandardScaler(), SlowMap(epochs=30, random_state=0)),
        {"slowmap__hidden": [(2,), (6,)]},
        cv=2,
    ).fit(X, P)
    assert search.best_estimator_[-1].get_feature_names_out().tolist() == ["slowmap0"]


def test_targets_of_one_column_or_none():
    X, _, y = parabolas(200)
    flat = SlowMap(epochs=5, random_state=0).fit(X, y)
    column = SlowMap(epochs=5, random_state=0).fit(X, y[:, None])
    assert flat.predict(X).shape == (200,)
    assert np.array_equal(flat.predict(X)[:, None], column.predict(X))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"n_slow": 0}, "n_slow"),
        ({"epochs": 1.5}, "epochs"),
        ({"batch_size": -1}, "batch_size"),
        ({"n_restarts": 0}, "n_restarts"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"validation_fraction": 1.0}, "validation_fraction"),
        ({"hidden": (4, 0)}, "hidden"),
        ({"activation": "relu"}, "activation"),
        ({"coordinates": "spherical"}, "coordinates"),
        ({"keep_best": "luck"}, "keep_best"),
        ({"keep_best": "orthogonality"}, r"a covariance of shape \(30, 2, 2\)"),
        ({"keep_best": "orthogonality", "n_slow": 2}, "fewer slow variables"),
        ({"pruning": MagnitudePruning(0.1, 0.9), "epochs": 9}, "target"),
        ({"pruning": RowPruning()}, "epochs must be given with pruning"),
        ({"n_slow": "two"}, "n_slow"),
        ({"scale": 1}, "scale"),
        ({"schedule": "linear"}, "schedule"),
    ],
)
def test_parameters_are_checked_in_fit(parameters, message):
    X, P, _ = parabolas(30)
    with pytest.raises(ValueError, match=message):
        SlowMap(**parameters).fit(X, P)


def test_data_are_checked(fitted):
    X, P, _ = parabolas(30)
    with pytest.raises(ValueError, match="NaN"):
        SlowMap(epochs=1).fit(np.full_like(X, np.nan), P)
    with pytest.raises(ValueError, match=r"y must have shape \(30, .* got \(29, 2\)"):
        SlowMap(epochs=1).fit(X, P[:-1])
    watchful = SlowMap(epochs=1, keep_best="orthogonality")
    for covariance in ("nonsense", np.ones((30, 2)), np.full((30, 2, 2), np.nan)):
        with pytest.raises(ValueError, match="covariance must"):
            watchful.fit(X, P, covariance)
    for weights in ("nonsense", np.ones(29), np.zeros(30), np.full(30, -1.0)):
        with pytest.raises(ValueError, match="sample_weight must"):
            fitted.score(X, P, weights)
    with pytest.raises(ValueError, match=r"y must have shape \(30, 2\)"):
        fitted.score(X, P[:, 0])
    with pytest.raises(ValueError, match="expecting 2 features"):
        fitted.jacobian(np.zeros((3, 5)))
    with pytest.raises(ValueError, match=r"X must have shape \(n, 1\).* \(3, 2\)"):
        fitted.inverse_transform(np.zeros((3, 2)))


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "jacobian"])
def test_must_be_fitted_first(method):
    with pytest.raises(NotFittedError):
        getattr(SlowMap(), method)(np.zeros((2, 2)))
