"""The forms in which LED takes trajectories, and gives forecasts back."""

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import msbook as ms
from msbook import io
from msbook.networks import DelayedMLP, ParticleAutoencoder, PrincipalComponents

X = np.linspace(0, 2 * np.pi, 8, endpoint=False)


def waves(n_traj=6, n_time=60, seed=0):
    """Two fields of other units, shape ``(n_traj, n_time, 2, 8)``."""
    phase = np.random.default_rng(seed).uniform(0, 6, (n_traj, 1, 1))
    angle = X - 0.1 * np.arange(n_time)[:, None] + phase
    return np.stack([np.sin(angle), 2 + 3 * np.cos(angle)], axis=2)


def new_led(**options):
    recipes = PrincipalComponents(2), DelayedMLP((8,), 2)
    settings = {"rollouts": ((3, 20),), "random_state": 0, "dt": 0.1}
    return ms.LED(*recipes, **settings | options)


def labelled(fields, dims=("trajectory", "time", "field", "x")):
    coords = {"time": 5 + 0.1 * np.arange(fields.shape[1]), "x": X}
    return xr.DataArray(fields, dims=dims, coords=coords, attrs={"units": "m"})


FIELDS = waves()
FLAT = FIELDS.reshape(6, 60, 16)
TABLES = [pd.DataFrame(path) for path in FLAT]


@pytest.fixture(scope="module")
def of_flat():
    return new_led(n_fields=2).fit(FLAT)


@pytest.fixture(scope="module")
def of_fields():
    return new_led().fit(FIELDS)


def same_forecasts(led, known, of_flat):
    expected = of_flat.forecast(FLAT[:, :5], 4)
    found = np.asarray(led.forecast(known, 4)).reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize(
    ("data", "known"),
    [
        (FIELDS, FIELDS[:, :5]),
        (FIELDS.tolist(), FIELDS[:, :5]),
        (list(FIELDS), list(FIELDS[:, :5])),
        (tuple(FIELDS), FIELDS[:, :5].tolist()),
        (labelled(FIELDS), labelled(FIELDS)[:, :5]),
        (list(labelled(FIELDS)), list(labelled(FIELDS)[:, :5])),
        (labelled(FIELDS).transpose("x", "field", "time", ...), FIELDS[:, :5]),
    ],
)
def test_fields_in_any_form_are_the_fields(data, known, of_flat):
    led = new_led().fit(data)
    assert led.state_shape_ == (2, 8)
    assert led.n_features_in_ == 16
    same_forecasts(led, known, of_flat)


def test_frames_are_paths(of_flat):
    led = new_led(n_fields=2).fit(TABLES, validation=TABLES[4])
    assert led.forecast(TABLES[0].iloc[:5], 4).shape == (1, 4, 16)
    assert led.transform(TABLES[0]).shape == (60, 2)
    one_by_one = [frame.iloc[:5] for frame in TABLES]
    held = new_led(n_fields=2).fit(FLAT, validation=FLAT[4:5])
    same_forecasts(led, one_by_one, held)
    same_forecasts(new_led(n_fields=2).fit(TABLES), one_by_one, of_flat)


def test_integers_and_single_precision_are_numbers(of_flat):
    whole = np.round(100 * FLAT).astype("i2")
    left = new_led(n_fields=2).fit(whole).forecast(whole[:, :5], 4)
    right = new_led(n_fields=2).fit(whole.astype(float)).forecast(whole[:, :5], 4)
    np.testing.assert_array_equal(left, right)


def test_outputs_have_the_form_of_the_inputs(of_fields):
    known, latents = FIELDS[:, :5], of_fields.transform(FIELDS)
    assert latents.shape == (6, 60, 2)
    assert of_fields.forecast(known, 3).shape == (6, 3, 2, 8)
    decoded = of_fields.inverse_transform(latents)
    assert decoded.shape == FIELDS.shape
    assert np.abs(decoded - FIELDS).max() < 1e-9
    np.testing.assert_allclose(of_fields.transform(FIELDS[1, 7]), latents[1, 7])


def test_a_data_array_comes_back_with_its_labels(of_fields):
    known = labelled(FIELDS)[:, :5]
    found = of_fields.forecast(known, 3)
    assert found.dims == known.dims
    assert found.attrs == known.attrs
    np.testing.assert_allclose(found["time"], [5.5, 5.6, 5.7])
    np.testing.assert_array_equal(found["x"], X)
    turned = of_fields.forecast(known[2].transpose("x", "time", "field"), 3)
    assert turned.dims == ("x", "time", "field")
    np.testing.assert_allclose(turned.transpose("time", "field", "x"), found[2])
    dates = known.assign_coords(time=pd.date_range("2020-01-30", periods=5))
    last = of_fields.forecast(dates, 3)["time"].values[-1]
    assert last == np.datetime64("2020-02-06")


def test_a_grid_without_fields_is_one_field():
    heights = labelled(FIELDS)[:, :, 1]
    led = new_led().fit(heights)
    assert led.state_shape_ == (8,)
    assert len(np.unique(led.scaling_.mean)) == 1
    assert led.forecast(heights[:, :5], 3).shape == (6, 3, 8)
    numbers = new_led(n_fields=1).fit(FIELDS[:, :, 1])
    np.testing.assert_array_equal(led.scaling_.mean, numbers.scaling_.mean)


def test_an_ensemble_has_the_form_too():
    windows = waves(20, 8, seed=3)
    known, truth = windows[:, :5], windows[:, 5:]
    results = []
    for form in (lambda u: u, lambda u: u.reshape(*u.shape[:2], 16)):
        led = new_led(n_fields=2)
        ensemble = ms.LEDEnsemble(led, 2, random_state=0).fit(form(FIELDS))
        ensemble.calibrate(form(known), form(truth))
        results.append(ensemble.forecast_interval(form(known), 3).upper)
    assert results[0].shape == (20, 3, 2, 8)
    np.testing.assert_array_equal(results[0].reshape(20, 3, 16), results[1])
    mean = ensemble.score(form(windows))
    assert min(m.score(form(windows)) for m in ensemble.members_) - 0.1 < mean < 1


def test_the_shape_of_a_state_is_kept(of_fields, of_flat, tmp_path):
    for led, known in ((of_fields, FIELDS[:, :5]), (of_flat, FLAT[:, :5])):
        io.save_model(tmp_path / "led", led)
        found = io.load_model(tmp_path / "led")
        assert found.state_shape_ == led.state_shape_
        assert found.largest_size_ == led.largest_size_
        np.testing.assert_array_equal(found.forecast(known, 3), led.forecast(known, 3))


def test_files_of_earlier_versions_know_neither(of_flat):
    arrays, facts = of_flat.to_arrays()
    assert facts.pop("largest_size_") > 0
    assert "state_shape_" not in facts  # as it is the plain one
    older = new_led(n_fields=2).from_arrays(arrays, facts)
    assert older.largest_size_ is None
    assert older.state_shape_ == (16,)
    assert older.to_arrays()[1] == facts
    np.testing.assert_array_equal(
        older.forecast(1e3 * FLAT[:, :5], 2), older.forecast(1e3 * FLAT[:, :5], 2)
    )


def test_lists_of_particles():
    clouds = np.random.default_rng(0).uniform(-0.4, 0.4, (3, 30, 5, 2))
    recipe = ParticleAutoencoder(1, (4,), n_pooled=3, n_parts=2, n_seen=3, n_scored=3)
    led = ms.LED(
        recipe, DelayedMLP((4,), 1), n_updates=2, rollouts=((2, 2),), random_state=0
    )
    led.fit([clouds[0], clouds[1], clouds[2, :20]])
    assert led.n_particles_ == 5
    assert led.forecast(clouds[:, :3, :4], 2, rng=0).shape == (3, 2, 4, 2)
    with pytest.raises(ValueError, match="sets of particles"):
        led.score(clouds)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda a, b: a.forecast(FIELDS[:, :5], 3), r"16 components .* Reshape each"),
        (lambda a, b: b.forecast(FLAT[:, :5], 3), r"2, 8\), with .* got \(6, 5, 16\)"),
        (lambda a, b: b.transform(FIELDS[..., :4]), r"got \(6, 60, 2, 4\)\.$"),
        (lambda a, b: b.forecast(FIELDS[0, :5], 3), r"use trajectory\[None\]"),
        (
            lambda a, b: b.forecast([FIELDS[0, :5], FIELDS[1, :6]], 3),
            r"lengths \[5, 6\]\. Cut them to one",
        ),
        (lambda a, b: b.refit_propagator(FLAT), r"states of shape \(2, 8\)"),
        (lambda a, b: new_led().fit(FIELDS, validation=FLAT), "validation must have"),
        (lambda a, b: new_led(n_fields=3).fit(FIELDS), "n_fields must be 2, as X"),
        (lambda a, b: new_led(dt=1.0).fit(labelled(FIELDS)), "dt must .* is 0.1; got"),
        (
            lambda a, b: new_led().fit(labelled(FIELDS).rename(time="t")),
            'X must have an axis named "time"',
        ),
        (
            lambda a, b: new_led().fit(xr.Dataset({"u": labelled(FIELDS)})),
            "got a Dataset. Use to_dataarray",
        ),
        (
            lambda a, b: new_led().fit([labelled(FIELDS), FIELDS[0]]),
            "of arrays or of DataArrays; got both",
        ),
        (lambda a, b: new_led().fit(1j * FIELDS), "complex numbers"),
        (lambda a, b: new_led().fit(np.ma.masked_less(FIELDS, 0)), "no masked entries"),
        (
            lambda a, b: new_led().fit(np.where(FIELDS > 4.9, None, FIELDS)),
            "an entry is None",
        ),
        (
            lambda a, b: new_led().fit(np.where(FIELDS > 4.9, np.inf, FIELDS)),
            r"X must be finite.* got inf in state \d+ of trajectory \d",
        ),
    ],
)
def test_other_forms_are_refused(call, words, of_flat, of_fields):
    with pytest.raises(ValueError, match=words):
        call(of_flat, of_fields)
