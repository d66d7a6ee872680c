"""Figures in the light and in the dark, small, and loaded when they come into view."""

import copy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bs4 import Tag
from PIL import Image

from finish.dark import darkened
from finish.page import Page, add_class

# Figures are drawn with two pixels for each of the screen's.
PIXELS_PER_POINT = 2


def convert(folder: Path) -> None:
    """Replace each PNG by a WebP without loss, and by its dark version beside it."""
    drawn = sorted(folder.glob("*.png"))
    with ThreadPoolExecutor() as pool:
        for _ in pool.map(convert_one, drawn):
            pass


def convert_one(drawn: Path) -> None:
    """Write both versions, unless they are there: a file's name tells its content."""
    light, dark = versions(drawn)
    if not (light.exists() and dark.exists()):
        with Image.open(drawn) as opened:
            picture = flattened(opened)
        picture.save(light, lossless=True, method=2)
        darkened(picture).save(dark, lossless=True, method=2)
    drawn.unlink()


def flattened(picture: Image.Image) -> Image.Image:
    """Return the picture on white, without transparency."""
    layers = picture.convert("RGBA")
    white = Image.new("RGBA", picture.size, "white")
    return Image.alpha_composite(white, layers).convert("RGB")


def versions(drawn: Path) -> tuple[Path, Path]:
    """Return the files of the light and of the dark version."""
    return drawn.with_suffix(".webp"), drawn.with_name(f"{drawn.stem}-dark.webp")


def finish(page: Page) -> None:
    """Show the versions in place of the drawn figures; each keeps its place free."""
    for image in page.soup.select('img[src*="_images/"][src$=".png"]'):
        source = str(image["src"])
        drawn = page.path.parent / source
        light, dark = versions(drawn)
        with Image.open(light) as picture:
            width, height = (side // PIXELS_PER_POINT for side in picture.size)
        image["width"], image["height"] = str(width), str(height)
        image["loading"] = "lazy"
        image["decoding"] = "async"
        folder = source.removesuffix(drawn.name)
        twin = copy.copy(image)
        show(image, folder + light.name, "only-light")
        show(twin, folder + dark.name, "only-dark")
        image.insert_after(twin)


def show(image: Tag, source: str, mode: str) -> None:
    """Give an image its file and the mode in which it is seen."""
    image["src"] = source
    add_class(image, mode)
