"""What is easily mistaken in reading and writing is told in words."""

import numpy as np
import pytest

import msbook as ms
from msbook import io

DECAY = ms.ODE(lambda t, y, p: (-y[0],), 1.0)


def test_what_is_no_array_is_named(tmp_path):
    solution = ms.solve(DECAY, t_span=(0, 1), dt=0.5)
    expected = "must be an array of numbers; got Solution.* such as the y of a Solution"
    with pytest.raises(ValueError, match=rf"values {expected}"):
        io.write_array(tmp_path / "a.npy", solution)
    with pytest.raises(ValueError, match=rf"array 'run' {expected}"):
        io.save_arrays(tmp_path / "a.safetensors", {"run": solution})
    io.write_array(tmp_path / "a.npy", solution.y)


def test_a_class_is_no_estimator(tmp_path):
    with pytest.raises(ValueError, match="got the class SlowMap, not fitted"):
        io.save_model(tmp_path / "a.safetensors", ms.SlowMap)


@pytest.mark.parametrize("shape", ["n", 3, 2.5])
def test_a_shape_is_a_sequence(tmp_path, shape):
    path = tmp_path / "a.npy"
    io.write_array(path, np.ones(3))
    with pytest.raises(ValueError, match=r"shape must be a sequence .* for each axis"):
        io.read_array(path, shape=shape)


def test_one_of_several_arrays(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, a=np.ones(2), b=np.ones(2))
    with pytest.raises(io.FileFormatError, match=r"name=None\. Give one of them"):
        io.read_array(path)


def test_a_toml_message_ends_with_a_full_stop(tmp_path):
    path = tmp_path / "a.toml"
    path.write_text("[solver]\ndt = .1\n")
    with pytest.raises(io.FileFormatError, match=r"column 6\)\. Mend it\."):
        io.from_toml(path)
