"""The command of the kept trainings on the wave makes them again."""

import runpy

import numpy as np
import pytest
from project import ROOT

import msbook as ms

FOLDER = ROOT / "book" / "results" / "led_toolkit"
SHORT, _ = ms.io.load_arrays(FOLDER / "wave.safetensors")


@pytest.fixture(scope="module")
def command():
    return runpy.run_path(str(FOLDER / "make_wave.py"))


@pytest.mark.parametrize("name", SHORT)
def test_a_shortened_training_comes_out_as_kept(command, name):
    led = command["train"](name, 0, command["SHORTER"])
    # Single precision rounds otherwise on other processors; another seed, or a
    # setting that was changed, is off by far more.
    np.testing.assert_allclose(command["losses"](led), SHORT[name], rtol=1e-2)


def test_images_are_waves_from_the_images_of_the_firing_point(command):
    grid = command["GRID"]
    waves = grid.waves([[0.2, 0.3]], np.arange(0, 300, 10.0))
    x, y = 0.2, 0.3
    points = [(a, b) for a in (x, 1 - x) for b in (y, 1 - y)]
    points += [(b, a) for a, b in points]
    expected = grid.waves(points, np.arange(0, 300, 10.0))
    found = command["images"](waves)
    gaps = np.abs(found[:, None] - expected[None]).max(axis=(2, 3))
    assert (gaps.min(axis=1) < 1e-9).all()
    assert len(set(gaps.argmin(axis=1))) == 8
