"""Figures in the light and in the dark, small, and loaded when they come into view."""

import copy
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import Tag
from PIL import Image

from finish.dark import darkened
from finish.page import Page, add_class

# Figures are drawn with two pixels for each of the screen's.
PIXELS_PER_POINT = 2
# The output of a notebook is named by the hash of its content. A picture with a name of
# its own stays as it is: a plain notebook asks the site for it.
OUTPUT = re.compile(r"[0-9a-f]{64}\.png")


def convert(folder: Path) -> None:
    """Replace each output by a WebP without loss, and its dark version beside it."""
    drawn = [path for path in sorted(folder.glob("*.png")) if is_output(path)]
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


def is_output(path: Path) -> bool:
    """Tell whether a picture was drawn by a notebook."""
    return OUTPUT.fullmatch(path.name) is not None


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
    for image in page.soup.select('img[src$=".png"]'):
        source = str(image["src"])
        address = urlsplit(source)
        drawn = page.path.parent / unquote(address.path)
        if address.scheme or address.netloc or not is_output(drawn):
            continue
        light, dark = versions(drawn)
        with Image.open(light) as picture:
            width, height = (side // PIXELS_PER_POINT for side in picture.size)
        image["width"], image["height"] = str(width), str(height)
        image["loading"] = "lazy"
        image["decoding"] = "async"
        folder = source.removesuffix(drawn.name)
        twin = copy.copy(image)
        del twin["id"]  # a page has each name once
        show(image, folder + light.name, "only-light")
        show(twin, folder + dark.name, "only-dark")
        image.insert_after(twin)
        # A picture with a width of its own is a link to its file.
        link = image.find_parent("a", href=source)
        if link:
            link["href"] = image["src"]


def show(image: Tag, source: str, mode: str) -> None:
    """Give an image its file and the mode in which it is seen."""
    image["src"] = source
    add_class(image, mode)
