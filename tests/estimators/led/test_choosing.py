"""What LED chooses by default, and how its models forecast together."""

import numpy as np
import pytest

import msbook as ms
from msbook.estimators.led.choosing import grids, search
from msbook.estimators.led.choosing.grids import local_map, n_windows, stages
from msbook.estimators.led.choosing.stacking import Stack
from msbook.estimators.led.choosing.validation import Windows, score
from msbook.estimators.led.inputs.reading import read_paths
from msbook.networks import LocalMap
from msbook.networks.propagators.local import LocalNetwork
from msbook.training import TrainingError


def waves(n=20, n_time=40, n_points=32, seed=0):
    """Waves of random heights and places, each of which runs at its own speed."""
    rng = np.random.default_rng(seed)
    x, t = 2 * np.pi / n_points * np.arange(n_points), 0.1 * np.arange(n_time)[:, None]
    a, p = rng.normal(size=(2, 3, n, 1, 1))
    return sum(
        a[k - 1] * np.cos(k * x - (1 + 0.3 * k**2) * t + 3 * p[k - 1])
        for k in range(1, 4)
    )


@pytest.fixture(scope="module", autouse=True)
def few_updates():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(grids, "STAGES", ((1, 150), (4, 50)))
        yield


@pytest.fixture(scope="module")
def led(few_updates):
    return ms.LED(n_fields=1, random_state=0).fit(waves())


@pytest.fixture(scope="module")
def truth():
    return waves(8, seed=1)


def error(found, true):
    return np.sqrt(np.mean((found - true) ** 2) / np.mean(true**2))


def test_fields_are_forecast_better_than_by_the_best_linear_model(led, truth):
    found = led.forecast(truth[:, :10], 25)
    linear = next(m for m in led.stack_.members if "Principal" in repr(m.autoencoder))
    ours = error(found, truth[:, 10:35])
    assert ours < 0.01
    assert ours <= 1.01 * error(linear.forecast(truth[:, :10], 25), truth[:, 10:35])


def test_what_was_tried_is_told(led):
    tried = {each.propagator.partition("(")[0] for each in led.candidates_}
    assert {"LinearMap", "LinearStencil", "LocalMap"} <= tried
    best = min(each.error for each in led.candidates_)
    first = led.stack_.members[0]
    assert next(
        each.propagator for each in led.candidates_ if each.error == best
    ) == repr(first.propagator)
    assert led.floor_ == first.floor_
    assert repr(led.propagator_) == repr(first.propagator_)


def test_it_is_kept_and_comes_back(led, truth, tmp_path):
    ms.io.save_model(tmp_path / "led", led)
    loaded = ms.io.load_model(tmp_path / "led")
    known = truth[:, :10]
    np.testing.assert_array_equal(loaded.forecast(known, 12), led.forecast(known, 12))
    np.testing.assert_array_equal(loaded.transform(known), led.transform(known))
    assert repr(loaded.candidates_) == repr(led.candidates_)


def test_latents_and_turns_are_those_of_the_best_model(led, truth):
    best, known = led.stack_.members[0], truth[:, :10]
    np.testing.assert_array_equal(led.transform(known), best.transform(known))
    latents = led.forecast_latent(known, 4)
    np.testing.assert_array_equal(latents, best.forecast_latent(known, 4))


def test_its_losses_are_those_of_the_best_trained_model(led):
    trained = next(m for m in led.stack_.members if m.propagator_histories_)
    ax = ms.plotting.training_curve(led)
    told = [text.get_text().strip() for text in ax.texts]
    assert told[0] == f"{trained.rollouts[0][0]} steps"
    assert {"training", "validation"} <= set(told)
    plain = ms.LED("never fitted")
    with pytest.raises(ValueError, match="keeps losses"):
        ms.plotting.training_curve(plain)


def test_fields_in_their_shape_are_the_same(led, truth):
    shaped = ms.LED(random_state=0).fit(waves()[:, :, None])
    found = shaped.forecast(truth[:, :10, None], 12)
    assert found.shape == (8, 12, 1, 32)
    np.testing.assert_allclose(found[:, :, 0], led.forecast(truth[:, :10], 12))


def test_states_without_a_grid_have_a_memory_and_nonlinear_latents(monkeypatch):
    monkeypatch.setattr(search, "ROLLOUTS", ((2, 30), (8, 30)))
    monkeypatch.setattr(search, "N_UPDATES", 60)
    t, rng = 0.2 * np.arange(60), np.random.default_rng(0)
    angle = rng.uniform(0, 6, (10, 1)) + t
    turns = np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle)], axis=-1)
    led = ms.LED(random_state=0).fit(turns)
    tried = " ".join(each.autoencoder + each.propagator for each in led.candidates_)
    assert "GRU" in tried
    assert "DenseAutoencoder(n_latent=2" in tried
    assert "LocalMap" not in tried
    found = led.forecast(turns[:, :10], 40)
    assert error(found, turns[:, 10:50]) < 0.01


def test_a_training_that_fails_leaves_the_others(monkeypatch):
    def fails(network, *arguments, **settings):
        raise TrainingError("the loss is not finite")

    fit = "msbook.estimators.led.training.minimise"
    monkeypatch.setattr(fit, fails)
    led = ms.LED(n_fields=1, random_state=0).fit(waves())
    assert all("LocalMap" not in repr(m.propagator) for m in led.stack_.members)
    assert any(np.isnan(each.error) for each in led.candidates_)


@pytest.mark.parametrize("n_known", [1, 7])
def test_too_few_known_states_are_refused(led, truth, n_known):
    with pytest.raises(ValueError, match=f"8 known states or more.*got {n_known}"):
        led.forecast(truth[:, :n_known], 3)
    assert led.forecast(truth[:, :8], 3).shape == (8, 3, 32)


def test_a_score_knows_enough_states(led):
    assert led.score(waves(6, 13, seed=2)) > 0.99


def test_far_beyond_what_was_judged_nothing_runs_away(led, truth):
    found = led.forecast(truth[:, :10], 600)
    assert np.abs(found).max() < 4 * np.abs(waves()).max()


def test_parts_that_were_chosen_are_not_refitted(led):
    with pytest.raises(ValueError, match="has chosen its parts"):
        led.refit_propagator(waves())


def test_physics_needs_parts():
    with pytest.raises(ValueError, match="physics needs a propagator"):
        ms.LED(n_fields=1, physics=lambda x: x.mean()).fit(waves())


def test_paths_that_are_zero_or_huge_end_no_fit():
    data = waves()
    data[4] *= 1e5
    data[9] = 0.0
    led = ms.LED(n_fields=1, random_state=0).fit(data)
    assert np.isfinite(led.forecast(waves(2, seed=1)[:, :10], 20)).all()


def test_large_data_are_trained_on_by_whole_paths(monkeypatch):
    monkeypatch.setattr(search, "LOCAL_BYTES", 8 * 32 * 40 * 6)
    led = ms.LED(n_fields=1, random_state=0).fit(waves())
    assert any("LocalMap" in repr(m.propagator) for m in led.stack_.members)


def test_an_ensemble_of_chosen_parts_is_calibrated_first(led, truth):
    ensemble = ms.LEDEnsemble.from_members([led, led])
    with pytest.raises(ValueError, match="calibrate must come first"):
        ensemble.forecast_interval(truth[:, :10], 5)


def test_labelled_fields_without_an_axis_of_fields_have_their_grid():
    xarray = pytest.importorskip("xarray")
    states = np.random.default_rng(0).normal(size=(6, 20, 8, 9))
    named = xarray.DataArray(states, dims=("trajectory", "time", "y", "x"))
    assert read_paths("X", named).grid == (8, 9)
    assert read_paths("X", states[:, :, None]).grid == (8, 9)
    assert read_paths("X", states).grid == (9,)


def test_a_search_that_was_interrupted_goes_on(tmp_path, monkeypatch):
    data, truth = waves(10, 30), waves(2, seed=1)
    whole = ms.LED(n_fields=1, random_state=0).fit(data)
    update, calls = LocalNetwork.update, []

    def interrupted(self, *arguments):
        calls.append(1)
        if len(calls) == 90:
            raise KeyboardInterrupt
        return update(self, *arguments)

    file = tmp_path / "search"
    with monkeypatch.context() as patched:
        patched.setattr(LocalNetwork, "update", interrupted)
        with pytest.warns(UserWarning, match="fit was interrupted: training of the"):
            led = ms.LED(n_fields=1, random_state=0).fit(data, checkpoint=file)
    assert np.isfinite(led.forecast(truth[:, :10], 20)).all()
    assert file.exists()
    resumed = ms.LED(n_fields=1, random_state=0).fit(data, checkpoint=file)
    known = truth[:, :10]
    np.testing.assert_array_equal(
        resumed.forecast(known, 20), whole.forecast(known, 20)
    )


def windows(seed=0, n=30, n_ahead=6, dim=2):
    rng = np.random.default_rng(seed)
    truth = rng.normal(size=(n, n_ahead, dim))
    path = np.arange(n) // 3
    return Windows(truth[:, :2], truth, np.zeros(dim), np.ones(dim), path), rng


def test_weights_are_those_of_least_squares_and_not_negative():
    held_out, rng = windows()
    noise = rng.normal(size=held_out.truth.shape)
    good, bad = held_out.truth + 0.1 * noise, -held_out.truth
    stack = Stack.of(("good", "bad"), [good, bad], held_out)
    np.testing.assert_allclose(stack.weights[:, 0], 1.0, atol=0.05)
    assert not stack.weights[:, 1].any()


def test_a_forecast_is_not_blown_up():
    held_out, rng = windows()
    small = [
        f * held_out.truth + 0.01 * rng.normal(size=held_out.truth.shape)
        for f in (0.5, 0.3)
    ]
    weights = Stack.of(("half", "less"), small, held_out).weights
    np.testing.assert_allclose(weights, [[1.0, 0.0]] * len(weights), atol=1e-4)


def test_what_nobody_knows_is_the_mean():
    total = 0.0
    for seed in range(20):
        held_out, rng = windows(seed)
        guess = rng.normal(size=held_out.truth.shape)
        total += Stack.of(("guess",), [guess], held_out).weights.sum()
    assert total < 2.4  # without the shrinkage it is 4.8


def test_a_forecast_that_is_lost_has_no_weight():
    held_out, rng = windows()
    runaway, rough = held_out.truth.copy(), rng.normal(size=held_out.truth.shape)
    runaway[:, 3:] = np.inf
    rough += 0.5 * held_out.truth
    stack = Stack.of(("runaway", "rough"), [runaway, rough], held_out)
    np.testing.assert_allclose(stack.weights[:3], [[1.0, 0.0]] * 3, atol=1e-9)
    assert not stack.weights[3:, 0].any()
    assert (stack.weights[3:, 1] > 0.1).all()


def test_errors_are_relative_to_the_mean_state():
    held_out, _ = windows()
    mean = np.zeros_like(held_out.truth)
    np.testing.assert_allclose(held_out.errors(mean), 1.0)
    assert score(held_out.errors(held_out.truth)) < 1e-100


def test_a_grid_is_known_by_its_shape_and_closes_or_not():
    periodic = waves(6)
    assert local_map(read_paths("X", periodic), None) == LocalMap((32,))
    mixed = periodic[..., np.random.default_rng(0).permutation(32)]
    assert local_map(read_paths("X", mixed), None) is None
    assert local_map(read_paths("X", periodic), 1) == LocalMap((32,))
    shaped = read_paths("X", periodic[:, :, None])
    assert local_map(shaped, None) == LocalMap((32,))
    between_walls = periodic[..., :20]
    assert local_map(read_paths("X", between_walls), 1) == LocalMap((20,), False)
    plane = periodic[..., None, None, :] + np.zeros((6, 40, 1, 16, 32))
    assert local_map(read_paths("X", plane), None).n_waves > 0
    assert local_map(read_paths("X", periodic[..., :6]), 1) is None


def test_a_training_fits_into_its_budget():
    for grid in ((16,), (4096,), (64, 64), (24, 24, 24)):
        recipe = LocalMap(grid)
        for longest in (1, 5, 60):
            plan = stages(recipe, 2, longest)
            assert [steps for steps, _ in plan] == sorted({s for s, _ in plan})
            assert plan[-1][0] <= longest
            assert all(updates >= 10 for _, updates in plan)
        assert n_windows(recipe) * np.prod(grid) <= 2**15
