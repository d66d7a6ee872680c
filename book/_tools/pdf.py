"""The whole book as one PDF: its pages as a browser prints them, one after the other.

Run by ``make pdf`` after ``make book``. Bookmarks follow the contents; a link from page
to page of the book stays within the file. The pages of the package's names are left to
the site: they are as long as the rest.
"""

import io
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast
from urllib.parse import urldefrag

from bs4 import BeautifulSoup
from playwright.sync_api import sync_playwright
from project import ROOT
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import Link
from pypdf.generic import ArrayObject, DictionaryObject, Fit, NameObject

SITE = ROOT / "_build" / "html"
FRONT = "book/index.html"
LEFT_OUT = "api"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PAPER = {
    "format": "A4",
    "margin": {"top": "18mm", "bottom": "18mm", "left": "16mm", "right": "16mm"},
    "print_background": True,
    "scale": 0.8,
}


class Chapter(NamedTuple):
    """A page of the site: its part of the book, its title and its file."""

    part: str
    title: str
    path: Path


def contents() -> Iterator[Chapter]:
    """Yield the pages in the order of the sidebar."""
    front = SITE / FRONT
    if not front.exists():
        raise ValueError(f"no site at {SITE}: run `make book` first.")
    soup = BeautifulSoup(front.read_text("utf-8"), "html.parser")
    yield Chapter("", "Start", front)
    part = ""
    for entry in soup.select("nav.bd-docs-nav :is(.caption-text, a.reference)"):
        if entry.name == "a":
            path = (front.parent / str(entry["href"])).resolve()
            if LEFT_OUT not in path.with_suffix("").parts:
                yield Chapter(part, entry.get_text(strip=True), path)
        else:
            part = entry.get_text(strip=True)


def print_pages(chapters: list[Chapter]) -> Iterator[bytes]:
    """Print each page from its file."""
    executable = next(filter(None, map(shutil.which, BROWSERS)), None)
    if executable is None:
        raise ValueError(f"no browser: install one of {', '.join(BROWSERS)}.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox"]
        )
        tab = browser.new_page(color_scheme="light")
        for chapter in chapters:
            tab.goto(chapter.path.as_uri(), wait_until="load")
            tab.evaluate("window.MathJax?.startup?.promise")
            tab.evaluate(
                "Promise.all([...document.images].map(image => {"
                " image.loading = 'eager'; return image.decode().catch(() => 0); }))"
            )
            yield tab.pdf(**PAPER)
        browser.close()


def join(chapters: list[Chapter], printed: list[bytes]) -> PdfWriter:
    """Append the pages, with a bookmark for each part and chapter."""
    book = PdfWriter()
    parts, starts = {}, {}
    for chapter, content in zip(chapters, printed, strict=True):
        first = len(book.pages)
        starts[chapter.path.as_uri()] = first
        reader = PdfReader(io.BytesIO(content))
        replace_names(reader)
        book.append(reader, import_outline=False)
        if chapter.part and chapter.part not in parts:
            parts[chapter.part] = book.add_outline_item(
                title=chapter.part, page_number=first
            )
        book.add_outline_item(
            title=chapter.title, page_number=first, parent=parts.get(chapter.part)
        )
    turn_links(book, starts)
    return book


def replace_names(reader: PdfReader) -> None:
    """Let links within a chapter lead to places instead of the names of places.

    Chapters have names in common, and in one file a name leads to one place only.
    """
    named = reader.named_destinations
    for page in reader.pages:
        for reference in page.annotations or ArrayObject():
            annotation = cast(DictionaryObject, reference.get_object())
            name = annotation.get("/Dest")
            if isinstance(name, str) and name in named:
                annotation[NameObject("/Dest")] = named[name].dest_array


def turn_links(book: PdfWriter, starts: dict[str, int]) -> None:
    """Let links to pages of the book lead to where these start; drop those outside.

    A link to a page that is left out would lead to a file of this machine.
    """
    for number, page in enumerate(book.pages):
        annotations = page.annotations or ArrayObject()
        for reference in list(annotations):
            annotation = cast(DictionaryObject, reference.get_object())
            address = urldefrag(str(annotation.get("/A", {}).get("/URI"))).url
            if not address.startswith("file:"):
                continue
            annotations.remove(reference)
            if address in starts:
                place = {"rect": annotation["/Rect"], "fit": Fit.fit()}
                book.add_annotation(
                    number, Link(target_page_index=starts[address], **place)
                )


def main() -> None:
    """Write the book beside the site."""
    try:
        chapters = list(contents())
        book = join(chapters, list(print_pages(chapters)))
    except ValueError as error:
        sys.exit(f"no PDF: {error}")
    book.add_metadata({"/Title": "Learning the effective dynamics"})
    target = SITE.parent / "msbook.pdf"
    book.write(target)
    print(f"{target.relative_to(ROOT)}: {len(book.pages)} pages")


if __name__ == "__main__":
    main()
