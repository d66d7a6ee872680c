"""What a first-time reader asks is answered within two clicks of the landing page."""

from functools import cache
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

import pytest
from bs4 import BeautifulSoup
from project import ROOT

LANDING = ROOT / "_build" / "html" / "book" / "index.html"
HEADINGS = ("h1", "h2", "h3")

# For each question: the page and the anchor of its answer, the answer's heading, and
# words that the answer contains.
ANSWERS = {
    "where do I start?": ("index", "where-to-start", "Where to start", "First steps"),
    "what is a rival?": (
        "reference/claims", "what-is-a-rival", "What is a rival?", "simplest method",
    ),
    "how do I run this?": ("index", "how-to-run", "How to run it", "make book"),
    "how do I cite it?": ("index", "cite", "Authors, licence, citation", "@software{"),
    "what do I need to know before?": (
        "index", "before", "What you need to know before", "linear algebra",
    ),
    "which method fits my data?": (
        "first_steps/which_method", "which-method-for-my-problem",
        "Which method for my problem?", "crowd of like particles",
    ),
    "can I use my own simulator?": (
        "reference/your_simulator", "bring-your-own-simulator",
        "Bring your own simulator", "advance",
    ),
    "what does precomputed mean?": (
        "reference/claims", "what-does-precomputed-mean",
        "What does precomputed mean?", "script",
    ),
    "where are the misprints?": (
        "reference/errata", "errata-of-the-papers", "Errata of the papers", "Printed.",
    ),
    "how long does it run?": (
        "reference/execution", "execution-times-and-versions",
        "Execution times and versions", "seconds",
    ),
}  # fmt: skip

pytestmark = pytest.mark.browser


@cache
def article(page: Path):
    """Return what a reader sees of a page beside the navigation."""
    return BeautifulSoup(page.read_text("utf-8"), "html.parser").find("article")


def linked(page: Path) -> set[Path]:
    """Return the pages that the text of a page links to."""
    targets = set()
    for link in article(page).find_all("a", href=True):
        address = urlsplit(urldefrag(link["href"]).url)
        if not address.scheme and address.path.endswith(".html"):
            targets.add((page.parent / unquote(address.path)).resolve())
    return targets


@cache
def within_two_clicks() -> frozenset[Path]:
    after_one = linked(LANDING)
    after_two = set().union(*(linked(page) for page in after_one))
    return frozenset({LANDING, *after_one, *after_two})


@pytest.mark.parametrize("question", ANSWERS)
def test_question_is_answered_within_two_clicks(question):
    name, anchor, title, words = ANSWERS[question]
    page = LANDING.parent / f"{name}.html"
    assert page in within_two_clicks()
    answer = article(page).find(id=anchor)
    assert answer is not None, f"{name} has no anchor {anchor}"
    section = answer if answer.name == "section" else answer.find_parent("section")
    assert section.find(HEADINGS).get_text().removesuffix("#").endswith(title)
    assert words in section.get_text()


def test_every_chapter_is_one_click_away():
    chapters = {path.parent.name for path in ROOT.glob("book/*/index.md")}
    openings = {LANDING.parent / name / "index.html" for name in chapters}
    assert openings <= linked(LANDING)
