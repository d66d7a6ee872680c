"""Valid calls of msbook.io."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

import msbook as ms
from tests.bad_input.rule import Call

folder = Path(tempfile.mkdtemp())
arrays = {"x": np.arange(3.0)}
ms.io.save_arrays(folder / "arrays.safetensors", arrays)
ms.io.write_array(folder / "array.npy", np.ones((2, 3)))
generator = ms.estimators.KramersMoyal(1)
states = np.random.default_rng(0).normal(size=(40, 1))
generator.fit(states, 0.5 * states)
ms.io.save_model(folder / "model.safetensors", generator)
(folder / "setup.toml").write_text('[system]\nclass = "van_der_pol"\n')
(folder / "new").mkdir()

FREE = ("path", "facts", "command")  # any string may be the name of a file

CALLS = {
    "checksum": Call({"arrays": arrays, "facts": "none"}, texts=FREE),
    "find_results": Call({"name": "slow_maps/table_2.safetensors"}),
    "from_toml": Call({"path": folder / "setup.toml"}, texts=FREE),
    "load_arrays": Call({"path": folder / "arrays.safetensors"}, texts=FREE),
    "load_model": Call({"path": folder / "model.safetensors"}, texts=FREE),
    "provenance": Call({"command": "make", "seed": 0}, texts=FREE),
    "read_array": Call(
        {"path": folder / "array.npy", "shape": ("n", 3)}, fixed=("shape",), texts=FREE
    ),
    "save_arrays": Call(
        {"path": folder / "new" / "a.safetensors", "arrays": arrays, "facts": {"a": 1}},
        texts=FREE,
    ),
    "save_model": Call(
        {"path": folder / "new" / "b.safetensors", "estimator": generator},
        texts=FREE,
    ),
    "write_array": Call(
        {"path": folder / "new" / "c.npy", "values": np.ones((2, 3))}, texts=FREE
    ),
}

REASONS = {"Setup": "a result, made by from_toml"}
