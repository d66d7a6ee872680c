"""Each chapter opens with a page that leads through its pages."""

import re

import pytest
import yaml
from project import ROOT

PARTS = yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8"))["parts"]
CHAPTERS = {
    chapter["file"].removesuffix("/index"): chapter["sections"]
    for part in PARTS
    if part.get("numbered")
    for chapter in part["chapters"]
}


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_opening_page_leads_through_its_chapter_in_order(chapter):
    text = (ROOT / chapter / "index.md").read_text("utf-8")
    folder = chapter.removeprefix("book/")
    listed = re.findall(r"^\d+\. \{doc\}`(\w+)` \(\{run-time\}`(.*?)`\)", text, re.M)
    names = [
        re.fullmatch(rf"{chapter}/(\w+)\.ipynb", page["file"])[1]
        for page in CHAPTERS[chapter]
    ]
    assert listed == [(name, f"{folder}/{name}") for name in names]
    assert re.search(rf"\{{run-time\}}`{folder}`", text)


@pytest.mark.parametrize("chapter", CHAPTERS)
def test_headings_of_an_opening_page_do_not_count_as_pages(chapter):
    text = (ROOT / chapter / "index.md").read_text("utf-8")
    before, _, after = text.partition("::::{div}\n")
    assert "\n## " not in before
    assert after.endswith("\n::::\n")


def test_every_notebook_of_a_paper_is_in_a_numbered_chapter():
    papers = {path.parent for path in ROOT.glob("book/*/index.md")}
    assert papers == {ROOT / chapter for chapter in CHAPTERS}
