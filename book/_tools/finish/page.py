"""A written page of the site, as the steps see it."""

from dataclasses import dataclass
from pathlib import Path

from bs4 import BeautifulSoup, Tag
from sphinx.application import Sphinx


@dataclass(frozen=True)
class Page:
    """A page's file, the build that wrote it, and its parsed HTML."""

    path: Path
    app: Sphinx
    soup: BeautifulSoup


def add_class(element: Tag, name: str) -> None:
    """Give an element a class, once."""
    names = [str(given) for given in element.get_attribute_list("class") if given]
    if name not in names:
        element["class"] = " ".join([*names, name])
