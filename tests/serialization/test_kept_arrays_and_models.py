"""Files: round trips, and what is refused."""

import json
import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from safetensors.numpy import save_file
from sklearn.exceptions import NotFittedError

from msbook import io
from msbook.estimators import LED, SlowMap
from msbook.networks import (
    DelayedMLP,
    DenseAutoencoder,
    MagnitudePruning,
    RowPruning,
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "kept.safetensors"


@settings(max_examples=40, deadline=None)
@given(
    values=st.sampled_from(["f8", "f4", "i8", "u1", "?"]).flatmap(
        lambda dtype: arrays(dtype, array_shapes(min_dims=0, max_dims=3, min_side=0))
    ),
    fact=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ),
)
def test_arrays_come_back_as_they_were(tmp_path_factory, values, fact):
    path = tmp_path_factory.mktemp("io") / "a"
    io.save_arrays(path, {"values": values}, {"fact": fact})
    loaded, facts = io.load_arrays(path)
    assert set(loaded) == {"values"}
    assert loaded["values"].dtype == values.dtype
    np.testing.assert_array_equal(loaded["values"], values)
    assert facts == {"fact": fact}


def test_strides_do_not_matter(path):
    values = np.arange(24.0).reshape(4, 6)
    io.save_arrays(path, {"t": values.T, "even": values[::2, ::-1]})
    loaded, _ = io.load_arrays(path)
    np.testing.assert_array_equal(loaded["t"], values.T)
    np.testing.assert_array_equal(loaded["even"], values[::2, ::-1])


@pytest.mark.parametrize("targets", ["one", "two"])
def test_models_come_back_as_they_were(path, targets):
    X = np.random.default_rng(0).normal(size=(60, 2))
    y = X[:, 0] if targets == "one" else X
    slow_map = SlowMap(hidden=(3, 2), coordinates="polar", epochs=5, random_state=1)
    io.save_model(path, slow_map.fit(X, y))
    loaded = io.load_model(path)
    assert loaded.get_params() == slow_map.get_params()
    for method in ("transform", "predict", "jacobian"):
        np.testing.assert_array_equal(
            getattr(loaded, method)(X), getattr(slow_map, method)(X)
        )
    assert loaded.history_.best_epoch == slow_map.history_.best_epoch
    np.testing.assert_array_equal(
        loaded.history_.validation_loss, slow_map.history_.validation_loss
    )
    assert loaded.n_features_in_ == 2


def test_what_single_precision_holds_takes_half_the_room_and_comes_back(path):
    states = np.random.default_rng(0).normal(size=(3, 30, 4))
    recipes = DenseAutoencoder(2, (8,)), DelayedMLP((8,), n_delays=2)
    led = LED(*recipes, dt=0.1, n_updates=3, rollouts=((2, 2),), random_state=0)
    io.save_model(path, led.fit(states))
    kept, _ = io.load_arrays(path)
    weights, _ = led.to_arrays()
    matrices = [name for name, values in weights.items() if values.shape == (8, 2)]
    assert matrices
    assert all(kept[name].dtype == np.float32 for name in matrices)
    assert any(values.dtype == np.float64 for values in kept.values())
    loaded, _ = io.load_model(path).to_arrays()
    for name, values in weights.items():
        assert loaded[name].dtype == values.dtype
        np.testing.assert_array_equal(loaded[name], values)


def test_the_circle_of_a_model_comes_back(path):
    angle = np.random.default_rng(0).uniform(-np.pi, np.pi, 400)
    X = 2 + np.column_stack((np.cos(angle), np.sin(angle), 0 * angle))
    slow_map = SlowMap(coordinates="auto", epochs=3, random_state=1).fit(X, X)
    io.save_model(path, slow_map)
    loaded = io.load_model(path)
    assert loaded.coordinates_ == "polar"
    np.testing.assert_array_equal(loaded.transform(X), slow_map.transform(X))


@pytest.mark.parametrize("pruning", [MagnitudePruning(0.1, 0.3), RowPruning(0.9)])
def test_pruned_models_come_back_as_they_were(path, pruning):
    X = np.random.default_rng(0).normal(size=(60, 3))
    pruning = replace(pruning, start=0, every=1)
    slow_map = SlowMap(epochs=8, pruning=pruning, random_state=1).fit(X, X)
    io.save_model(path, slow_map)
    loaded = io.load_model(path)
    assert loaded.get_params() == slow_map.get_params()
    assert loaded.sparsity_ == slow_map.sparsity_
    assert loaded.sparsity_.total > 0
    assert np.array_equal(loaded.active_inputs_, slow_map.active_inputs_)
    assert np.array_equal(
        loaded.history_.n_active_inputs, slow_map.history_.n_active_inputs
    )


def test_column_names_are_kept(path):
    X = np.random.default_rng(0).normal(size=(10, 2))
    slow_map = SlowMap(epochs=1, random_state=0).fit(X, X)
    # As fitting on a data frame leaves it.
    slow_map.feature_names_in_ = np.array(["a", "b"], dtype=object)
    io.save_model(path, slow_map)
    assert io.load_model(path).feature_names_in_.tolist() == ["a", "b"]


def test_no_byte_may_change(path):
    io.save_arrays(path, {"x": np.arange(3.0)}, {"seed": 1})
    whole = path.read_bytes()
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(io.FileFormatError):
            io.load_arrays(path)


def test_no_part_is_taken_for_the_whole(path):
    io.save_arrays(path, {"x": np.arange(3.0)}, {"seed": 1})
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(io.FileFormatError):
            io.load_arrays(path)


def test_foreign_files_are_refused(path):
    save_file({"x": np.zeros(2)}, path)
    with pytest.raises(io.FileFormatError, match="format"):
        io.load_arrays(path)
    path.write_text(json.dumps({"x": [0, 0]}))
    with pytest.raises(io.FileFormatError, match="no safetensors file"):
        io.load_arrays(path)
    io.save_arrays(path, {"x": np.zeros(2)}, {"class": "os"})
    with pytest.raises(io.FileFormatError, match="SlowMap"):
        io.load_model(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        io.load_arrays(path.with_name("nowhere"))


def test_what_cannot_be_kept_is_refused(path):
    with pytest.raises(ValueError, match="'names' must hold real numbers"):
        io.save_arrays(path, {"names": ["a", "b"]})
    with pytest.raises(ValueError, match="JSON"):
        io.save_arrays(path, {}, {"path": path})
    with pytest.raises(NotFittedError):
        io.save_model(path, SlowMap())
    assert not path.exists()


def test_a_failed_write_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    io.save_arrays(path, {"x": np.zeros(2)})

    def fail(descriptor):
        raise OSError("disk full")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="disk full"):
        io.save_arrays(path, {"x": np.ones(2)})
    np.testing.assert_array_equal(io.load_arrays(path)[0]["x"], np.zeros(2))
    assert os.listdir(path.parent) == [path.name]


def test_provenance_says_how_when_and_with_what(path):
    facts = io.provenance("make results", seed=[0, 1])
    assert facts["command"] == "make results"
    assert {"seed", "date", "versions", "hardware"} <= set(facts)
    assert facts["versions"]["numpy"] == np.__version__
    io.save_arrays(path, {}, facts)
    assert io.load_arrays(path)[1] == facts


def test_a_result_that_is_not_kept_is_named():
    with pytest.raises(ValueError, match=r"nothing\.safetensors.*make results"):
        io.find_results("nothing.safetensors")
