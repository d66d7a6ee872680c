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

# Any string may be the path of a file: that none is there is a FileNotFoundError.
a_path = ("path",)

CALLS = {
    "checksum": Call({"arrays": arrays, "facts": "none"}, texts=("facts",)),
    "find_results": Call({"name": "slow_maps/table_2.safetensors"}),
    "from_toml": Call({"path": folder / "setup.toml"}, texts=a_path),
    "load_arrays": Call({"path": folder / "arrays.safetensors"}, texts=a_path),
    "load_model": Call({"path": folder / "model.safetensors"}, texts=a_path),
    "provenance": Call({"command": "make", "seed": 0}, texts=("command",)),
    "read_array": Call(
        {"path": folder / "array.npy", "shape": ("n", 3)}, fixed=("shape",)
    ),
    "save_arrays": Call(
        {"path": folder / "new" / "a.safetensors", "arrays": arrays, "facts": {"a": 1}},
        texts=a_path,
    ),
    "save_model": Call(
        {"path": folder / "new" / "b.safetensors", "estimator": generator}, texts=a_path
    ),
    "write_array": Call({"path": folder / "new" / "c.npy", "values": np.ones((2, 3))}),
}

REASONS = {"Setup": "a result, made by from_toml"}
