"""The chapters of the book, joined in one PDF."""

import io
from pathlib import Path

from pdf import Chapter, join
from pypdf import PdfWriter
from pypdf.annotations import Link

FIRST = Chapter("Slow maps", "Slow and fast", Path("/site/first.html"))
SECOND = Chapter("Slow maps", "How good?", Path("/site/second.html"))


def printed(n_pages: int, *links: str) -> bytes:
    """Return a PDF with links on its first page."""
    writer, content = PdfWriter(), io.BytesIO()
    for _ in range(n_pages):
        writer.add_blank_page(width=100, height=100)
    for url in links:
        writer.add_annotation(0, Link(rect=(0, 0, 10, 10), url=url))
    writer.write(content)
    return content.getvalue()


def test_bookmarks_lead_to_the_parts_and_within_them_to_the_chapters():
    book = join([FIRST, SECOND], [printed(3), printed(2)])
    part, chapters = book.outline
    assert (part.title, book.get_destination_page_number(part)) == ("Slow maps", 0)
    pages = {item.title: book.get_destination_page_number(item) for item in chapters}
    assert pages == {"Slow and fast": 0, "How good?": 3}


def test_links_between_chapters_stay_within_the_file_and_others_are_dropped():
    links = ("file:///site/second.html#exercises", "file:///site/api.html")
    outside = "https://example.org/"
    book = join([FIRST, SECOND], [printed(3, *links, outside), printed(2)])
    kept = [reference.get_object() for reference in book.pages[0]["/Annots"]]
    assert [item["/A"]["/URI"] for item in kept if "/A" in item] == [outside]
    (inner,) = [item for item in kept if "/Dest" in item]
    assert inner["/Dest"][0] in (3, book.pages[3].indirect_reference)
