"""The command of a kept training makes it again."""

import runpy

import numpy as np
import pytest
from project import ROOT

import msbook as ms

FOLDER = ROOT / "book" / "results" / "effective_dynamics"
SHORT, _ = ms.io.load_arrays(FOLDER / "led.safetensors")


@pytest.fixture(scope="module")
def command():
    return runpy.run_path(str(FOLDER / "make_led.py"))


@pytest.mark.parametrize("name", SHORT)
def test_a_shortened_training_comes_out_as_kept(command, name):
    led = command["train"](name, 0, command["SHORTER"])
    # Single precision rounds otherwise on other processors; another seed, or a
    # setting that was changed, is off by far more.
    np.testing.assert_allclose(command["losses"](led), SHORT[name], rtol=1e-2)


def test_another_seed_is_told_apart(command):
    led = command["train"]("fhn", 1, command["SHORTER"])
    assert np.abs(command["losses"](led) / SHORT["fhn"] - 1).max() > 0.05
