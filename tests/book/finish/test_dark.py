"""The dark version of a figure keeps its hues and the order of its lightness."""

import numpy as np
import pytest
from finish.dark import darkened, oklab, srgb
from matplotlib import colormaps
from PIL import Image


def turned(rgb: np.ndarray) -> np.ndarray:
    picture = Image.fromarray(np.rint(255 * rgb).astype(np.uint8)[None])
    return np.asarray(darkened(picture))[0] / 255


def test_colours_come_back_from_oklab():
    colours = np.random.default_rng(0).uniform(size=(500, 3))
    np.testing.assert_allclose(srgb(oklab(colours)), colours, atol=1e-6)


def test_white_becomes_the_page_and_black_the_ink():
    page, ink = 255 * turned(np.array([[1.0, 1, 1], [0, 0, 0]]))
    np.testing.assert_allclose(page, [0x12] * 3)
    assert ink.min() > 220
    assert np.ptp(ink) <= 1


@pytest.mark.parametrize("name", ["viridis", "cividis", "gray"])
def test_order_of_lightness_is_turned_over(name):
    lightness = oklab(turned(colormaps[name](np.linspace(0, 1, 64))[:, :3]))[:, 0]
    assert np.all(np.diff(lightness) < 0.005)
    assert lightness[0] - lightness[-1] > 0.3


@pytest.mark.parametrize("colour", ["#0072B2", "#D55E00", "#009E73", "#CC79A7"])
def test_a_line_keeps_its_hue_and_stands_out(colour):
    rgb = np.array([[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]])
    before, after = oklab(rgb)[0], oklab(turned(rgb))[0]
    hues = np.arctan2([before[2], after[2]], [before[1], after[1]])
    assert abs(np.angle(np.exp(1j * np.diff(hues)[0]))) < np.radians(15)
    assert after[0] > 0.5
