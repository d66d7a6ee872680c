"""The chapters of the book, joined in one PDF."""

import io
from pathlib import Path

import pdf
import pytest
from pdf import Chapter, join
from pypdf import PdfWriter
from pypdf.annotations import Link
from pypdf.generic import NameObject, TextStringObject

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


def printed_with_name(name: str) -> bytes:
    """Return two pages; a link on the first leads to a name on the second."""
    writer, content = PdfWriter(), io.BytesIO()
    for _ in range(2):
        writer.add_blank_page(width=100, height=100)
    writer.add_named_destination(name, 1)
    link = Link(rect=(0, 0, 10, 10), target_page_index=1)
    link[NameObject("/Dest")] = TextStringObject(name)
    writer.add_annotation(0, link)
    writer.write(content)
    return content.getvalue()


def test_a_name_in_two_chapters_leads_to_the_place_in_its_own():
    book = join([FIRST, SECOND], [printed_with_name("exercises")] * 2)
    for start in (0, 2):
        (link,) = (item.get_object() for item in book.pages[start]["/Annots"])
        assert link["/Dest"][0].get_object() == book.pages[start + 1]


@pytest.mark.parametrize("missing", ["site", "browser"])
def test_what_is_missing_is_said_in_one_line(missing, tmp_path, monkeypatch):
    if missing == "site":
        monkeypatch.setattr(pdf, "SITE", tmp_path)
    else:
        monkeypatch.setattr(pdf, "contents", lambda: iter([FIRST]))
        monkeypatch.setattr(pdf, "BROWSERS", ("no-such-browser",))
    with pytest.raises(SystemExit, match=f"^no PDF: no {missing}"):
        pdf.main()
