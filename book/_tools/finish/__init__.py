"""Sphinx extension: each written page is mended before it is shown.

Themes and extensions write the HTML of a page; what they leave open, a name for a
button or the size of a picture, is put right here, in one pass over the files.
"""

from bs4 import BeautifulSoup
from sphinx.application import Sphinx

from finish import accessible, head, pictures, tables
from finish.page import Page

STEPS = (accessible.finish, head.finish, pictures.finish, tables.finish)


def finish_pages(app: Sphinx, exception: Exception | None) -> None:
    """Take each page of a finished build through all steps; twice changes nothing."""
    if exception or app.builder.format != "html":
        return
    pictures.convert(app.outdir / "_images")
    for path in sorted(app.outdir.rglob("*.html")):
        if "_static" in path.parts:
            continue
        page = Page(path, app, BeautifulSoup(path.read_text("utf-8"), "html.parser"))
        for step in STEPS:
            step(page)
        path.write_text(str(page.soup), "utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    app.connect("build-finished", finish_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
