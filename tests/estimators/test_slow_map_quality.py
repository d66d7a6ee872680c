"""What SlowMap says of its own fits."""

import warnings

import numpy as np
import pytest

from msbook import io
from msbook.estimators import SlowMap, SlowMapQuality
from msbook.estimators.slow_map import restarts
from msbook.estimators.slow_map.monomials import monomials
from msbook.systems import QuadraticSlowFast


def bent(n=1500, n_slow=1, seed=0):
    """Points on curved fibres in four dimensions, noisy projections, covariances."""
    system = QuadraticSlowFast(n_slow, 4 - n_slow)
    rng = np.random.default_rng(seed)
    slow = rng.uniform(-1, 1, (n, n_slow))
    points = system.fibre(slow, rng.normal(0, 0.5**0.5, (n, 4 - n_slow)))
    projection = system.slow_manifold(slow) + 0.03 * rng.normal(size=points.shape)
    return points, projection, system.covariance(points)


def quietly(slow_map, *data):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return slow_map.fit(*data)


def test_a_good_fit_is_called_good_and_does_not_warn():
    X, P, covariance = bent()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        quality = SlowMap(random_state=0).fit(X, P, covariance).quality_
    assert quality.verdict == "good"
    assert quality.fibre_angle < 4
    assert str(quality).startswith("good (angle 0.")


@pytest.mark.parametrize(
    ("n_slow", "options", "advice"),
    [
        (1, {"epochs": 1, "n_restarts": 1, "learning_rate": 1e-3}, "more epochs"),
        (2, {"n_slow": 1}, "a larger n_slow"),
        (1, {"n_slow": 2}, "a smaller n_slow"),
    ],
)
def test_a_bad_fit_warns_and_says_what_to_do(n_slow, options, advice):
    X, P, _ = bent(n_slow=n_slow)
    slow_map = SlowMap(random_state=0, **options)
    with pytest.warns(UserWarning, match=f"the slow map is bad .*{advice}"):
        slow_map.fit(X, P)
    assert slow_map.quality_.verdict == "bad"


def test_covariances_tell_what_residuals_cannot():
    X, P, covariance = bent(400)
    turned = np.roll(covariance, 1, axis=(1, 2))
    quality = quietly(SlowMap(epochs=40, random_state=0), X, P, turned).quality_
    assert quality.fibre_angle > 10
    assert quality.verdict == "bad"
    # In scaled coordinates: units make no difference.
    unit = np.array([1.0, 1e6, 1e-3, 1.0])
    scaled = covariance * unit[:, None] * unit
    first = quietly(SlowMap(epochs=40, random_state=0), X, P, covariance).quality_
    other = quietly(
        SlowMap(epochs=40, random_state=0), unit * X, unit * P, scaled
    ).quality_
    assert other.fibre_angle == pytest.approx(first.fibre_angle, rel=1e-3)
    assert other.angle == pytest.approx(first.angle, rel=1e-2)


def test_too_few_points_are_no_ground_for_a_verdict():
    X, P, _ = bent(30)
    slow_map = quietly(SlowMap(epochs=5, random_state=0), X, P)
    assert slow_map.quality_ == SlowMapQuality(None, None, None)
    assert slow_map.quality_.verdict == "doubtful"
    assert "too few points" in slow_map.quality_.advice


@pytest.mark.parametrize(("n_restarts", "trained"), [(None, 4), (1, 1), (3, 3)])
def test_a_poor_fit_is_tried_again(monkeypatch, n_restarts, trained):
    seeds = []

    def train(network, *data, rng, **settings):
        seeds.append(rng)
        return restarts_train(network, *data, rng=rng, **settings)

    restarts_train = restarts.train
    monkeypatch.setattr(restarts, "train", train)
    X, P, _ = bent(400)
    hasty = SlowMap(epochs=1, learning_rate=1e-4, n_restarts=n_restarts)
    quietly(hasty.set_params(random_state=0), X, P)
    assert len(set(seeds)) == len(seeds) == trained
    seeds.clear()
    SlowMap(n_restarts=n_restarts, random_state=0).fit(X, P)
    assert len(seeds) == (n_restarts or 1)


@pytest.mark.parametrize("n_slow", [1, 2])
def test_the_number_of_slow_variables_is_read_off(n_slow):
    X, P, _ = bent(n_slow=n_slow)
    slow_map = SlowMap("auto", random_state=0).fit(X, P)
    assert slow_map.n_slow_ == n_slow
    assert slow_map.transform(X).shape == (len(X), n_slow)
    assert slow_map.n_slow == "auto"


def test_a_number_that_cannot_be_told_is_not_guessed():
    X, _, _ = bent(400)
    noise = np.random.default_rng(1).normal(size=X.shape)
    with pytest.raises(ValueError, match=r'n_slow="auto" found no number .* Give n_'):
        SlowMap("auto", epochs=30, random_state=0).fit(X, noise)
    with pytest.raises(ValueError, match="it left unknown of the"):
        SlowMap("auto", epochs=5, random_state=0).fit(X[:30], X[:30])


@pytest.mark.parametrize("n_slow", [2, "auto"])
@pytest.mark.parametrize("scale", [True, False])
def test_what_was_found_comes_back_from_a_file(tmp_path, n_slow, scale):
    X, P, covariance = bent(n_slow=2)
    slow_map = SlowMap(n_slow, scale=scale, random_state=0).fit(X, P, covariance)
    io.save_model(tmp_path / "map.safetensors", slow_map)
    loaded = io.load_model(tmp_path / "map.safetensors")
    assert loaded.get_params() == slow_map.get_params()
    assert loaded.n_slow_ == slow_map.n_slow_ == 2
    assert loaded.quality_.verdict == slow_map.quality_.verdict == "good"
    assert loaded.quality_.angle == pytest.approx(slow_map.quality_.angle, rel=1e-6)
    for method in ("transform", "predict", "jacobian"):
        np.testing.assert_array_equal(
            getattr(loaded, method)(X), getattr(slow_map, method)(X)
        )


def test_files_of_before_are_read():
    X, P, _ = bent(100)
    options = {"scale": False, "coordinates": "cartesian", "epochs": 3}
    slow_map = quietly(SlowMap(random_state=0, **options), X, P)
    arrays, facts = slow_map.to_arrays()
    quality, n_slow = arrays.pop("quality"), facts.pop("n_slow_")
    # Their parameters name no scale; that of today has no part in it.
    loaded = SlowMap(epochs=3, random_state=0).from_arrays(arrays, facts)
    np.testing.assert_array_equal(loaded.predict(X), slow_map.predict(X))
    assert loaded.n_slow_ == 1
    assert loaded.quality_ == SlowMapQuality(None, None, None)
    with pytest.raises(KeyError):
        SlowMap(epochs=3).from_arrays(arrays | {"quality": quality}, facts)
    with pytest.raises(ValueError, match="'quality' should be"):
        SlowMap(epochs=3).from_arrays(arrays, facts | {"n_slow_": n_slow})


def test_monomials_have_the_gradients_of_differences():
    x = np.random.default_rng(0).normal(size=(5, 3))
    values, gradients = monomials(x, 3)
    assert values.shape == (5, 20)
    for j, h in enumerate(1e-5 * np.eye(3)):
        slope = (monomials(x + h, 3)[0] - monomials(x - h, 3)[0]) / 2e-5
        np.testing.assert_allclose(gradients[:, :, j], slope, atol=1e-7)
