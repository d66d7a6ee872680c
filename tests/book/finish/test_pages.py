"""A written page after all steps: named, described, and the same after one more."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from finish import STEPS
from finish.page import Page
from finish.pictures import convert, versions
from PIL import Image

OUTPUT = f"{'0a' * 32}.png"  # named by a hash, as the outputs of notebooks are
CLAIMS = """<table class="msbook-claims">
<thead><tr><th>measured</th><th>verdict</th></tr></thead>
<tbody><tr><td>a ratio</td><td>holds</td></tr></tbody></table>"""


@pytest.fixture
def images(tmp_path):
    """The site's pictures: an output of a notebook, and others beside it."""
    folder = tmp_path / "_images"
    folder.mkdir()
    for name in (OUTPUT, "a plan.png"):
        Image.new("RGB", (8, 4), "white").save(folder / name)
    convert(folder)
    return folder


def finished(html: str, images: Path) -> BeautifulSoup:
    app = SimpleNamespace(config=SimpleNamespace(project="The book"))
    path = images.parent / "page.html"
    page = Page(path, app, BeautifulSoup(html, "html.parser"))
    for step in STEPS:
        step(page)
    return page.soup


def within_page(content: str) -> str:
    head = "<head><title>Slow maps</title></head>"
    return f"<html>{head}<body><article>{content}</article></body></html>"


def test_a_second_pass_changes_nothing(images):
    content = f'<h1>Slow maps</h1><p>Text.</p>{CLAIMS}<img src="_images/{OUTPUT}">'
    once = str(finished(within_page(content), images))
    assert str(finished(once, images)) == once


def test_a_table_of_claims_is_marked_and_its_cells_are_labelled(images):
    table = finished(within_page(CLAIMS), images).table
    assert table["class"] == "msbook-claims claim-cards"
    labels = [cell["data-label"] for cell in table.select("td")]
    assert labels == ["measured", "verdict"]


def test_an_output_has_two_versions_and_one_identifier(images):
    content = f'<img id="waves" src="_images/{OUTPUT}">'
    light, dark = finished(within_page(content), images).select("img")
    files = [path.name for path in versions(images / OUTPUT)]
    assert [light["src"], dark["src"]] == [f"_images/{name}" for name in files]
    assert all((images / name).exists() for name in files)
    assert (light["width"], light["height"]) == ("4", "2")
    assert light["id"] == "waves"
    assert not dark.has_attr("id")
    assert not (images / OUTPUT).exists()


def test_the_link_round_an_output_leads_to_a_file_that_is_there(images):
    content = f'<a href="_images/{OUTPUT}"><img src="_images/{OUTPUT}"></a>'
    link = finished(within_page(content), images).a
    assert (images.parent / link["href"]).exists()


@pytest.mark.parametrize(
    "source", ["_images/a%20plan.png", f"https://example.org/_images/{OUTPUT}"]
)
def test_a_picture_with_a_name_of_its_own_or_from_elsewhere_stays(images, source):
    (image,) = finished(within_page(f'<img src="{source}">'), images).select("img")
    assert image.attrs == {"src": source}
    assert (images / "a plan.png").exists()


def test_a_page_without_article_and_title_is_left_without_description(images):
    page = finished("<html><head></head><body>Moved.</body></html>", images)
    assert page.select("meta") == []
