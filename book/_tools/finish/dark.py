"""A figure as it would be drawn on the dark page.

Lightness is turned over in OKLab [1]_, where hue and lightness are apart: what was
white gets the colour of the page, what was black that of the text, and blue stays blue.
The filters of CSS turn over red, green and blue, and bring orange to brown and the page
to pure black. As lightness stays in order, a field still agrees with its colour bar.

.. [1] B. Ottosson, *A perceptual color space for image processing*, 2020.
"""

import numpy as np
from PIL import Image

PAGE = 0x12 / 255  # the theme's background in the dark, a grey
INK = 0.95  # lightness of what was black
# The colours of lines are nearer to white than to black; the power keeps them bright.
POWER = 3.0

LMS_OF_RGB = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB_OF_ROOT = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def darkened(picture: Image.Image) -> Image.Image:
    """Return the dark version of an RGB picture drawn on white."""
    pixels = np.asarray(picture, dtype=np.uint32)
    # A figure has few colours: each is turned over once.
    packed = (pixels[..., 0] << 16) | (pixels[..., 1] << 8) | pixels[..., 2]
    colours, place = np.unique(packed, return_inverse=True)
    rgb = np.stack([colours >> 16, (colours >> 8) & 255, colours & 255], axis=-1) / 255
    turned = np.rint(255 * turn_over(rgb)).astype(np.uint8)
    return Image.fromarray(turned[place.reshape(packed.shape)])


def turn_over(rgb: np.ndarray) -> np.ndarray:
    """Turn over the lightness of colours, sRGB within [0, 1], shape ``(n, 3)``."""
    lab = oklab(rgb)
    page = oklab(np.full((1, 3), PAGE))[0, 0]
    lab[:, 0] = INK + (page - INK) * lab[:, 0] ** POWER
    return srgb(lab)


def oklab(rgb: np.ndarray) -> np.ndarray:
    """Return sRGB colours in OKLab."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.cbrt(linear @ LMS_OF_RGB.T) @ LAB_OF_ROOT.T


def srgb(lab: np.ndarray) -> np.ndarray:
    """Return OKLab colours in sRGB, cut to what a screen shows."""
    lms = np.linalg.solve(LAB_OF_ROOT, lab.T) ** 3
    linear = np.clip(np.linalg.solve(LMS_OF_RGB, lms).T, 0, 1)
    return np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
