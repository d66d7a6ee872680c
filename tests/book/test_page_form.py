"""A page is a lecture with short visible code, and ends with its evidence."""

import re
from statistics import median

import nbformat
import pytest
from notebooks import sources

HIDDEN = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
LONGEST_CELL, LONGEST_MEDIAN, MOST_LINES = 25, 12, 200
AUDIT = re.compile(
    r"\bassert\b|claims\.|\bsettle\(|load_arrays|load_model|find_results"
)
SECTIONS = ("Warm-up questions", "Exercises", "Summary")
CLAIM = "application/vnd.msbook.claim+json"

# Chapters whose pages are still in the form of before.
WAITING = {"effective_potentials", "flow_maps", "effective_dynamics", "led_toolkit"}
PAGES = [path for path in sources() if path.parent.name not in WAITING]


def read(source) -> nbformat.NotebookNode:
    return nbformat.read(source.with_suffix(".ipynb"), as_version=4)


def visible(cell) -> bool:
    return cell.cell_type == "code" and not HIDDEN & set(cell.metadata.get("tags", []))


def parts(source):
    """Return the cells of the lecture and those of the evidence."""
    cells = read(source).cells
    starts = [
        number
        for number, cell in enumerate(cells)
        if cell.cell_type == "markdown"
        and re.search(r"^## Evidence$", cell.source, re.MULTILINE)
    ]
    assert len(starts) == 1, "a page has one section, Evidence"
    return cells[: starts[0]], cells[starts[0] :]


def with_claims(source) -> bool:
    return any(
        CLAIM in output.get("data", {})
        for cell in read(source).cells
        for output in cell.get("outputs", [])
    )


pages = pytest.mark.parametrize("source", PAGES, ids=lambda path: path.stem)
judged = pytest.mark.parametrize(
    "source", [path for path in PAGES if with_claims(path)], ids=lambda path: path.stem
)


def test_the_chapters_that_wait_exist():
    assert {path.parent.name for path in sources()} >= WAITING


@pages
def test_visible_code_is_short(source):
    lines = [
        len(cell.source.splitlines()) for cell in read(source).cells if visible(cell)
    ]
    assert max(lines) <= LONGEST_CELL
    assert median(lines) <= LONGEST_MEDIAN
    assert sum(lines) <= MOST_LINES


@judged
def test_a_lecture_shows_no_audit(source):
    lecture, _ = parts(source)
    for cell in filter(visible, lecture):
        assert not AUDIT.search(cell.source), cell.source


@judged
def test_a_lecture_says_where_it_fails(source):
    assert re.search(r"^## Where it fails", source.read_text("utf-8"), re.MULTILINE)


@judged
def test_evidence_is_the_last_section_and_ends_in_one_table(source):
    _, evidence = parts(source)
    text = "\n".join(cell.source for cell in evidence if cell.cell_type == "markdown")
    _, text = re.split(r"^## Evidence$", text, maxsplit=1, flags=re.MULTILINE)
    assert not re.search(r"^## ", text, re.MULTILINE)
    assert "/book/reference/claims" in text
    assert not any(visible(cell) for cell in evidence)
    tables = [
        cell
        for cell in read(source).cells
        if any(CLAIM in output.get("data", {}) for output in cell.get("outputs", []))
    ]
    assert tables == [evidence[-1]], "the last cell shows all claims in one table"


@pages
def test_a_page_has_its_parts(source):
    text = source.read_text("utf-8")
    assert ":::{admonition} About this page" in text
    assert "**Afterwards you can**" in text
    assert f"{{run-time}}`{source.parent.name}/{source.stem}`" in text
    assert "{term}`" in text
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    for section in SECTIONS:
        assert any(heading.startswith(section) for heading in headings), section
    warm_up = text.split("## Warm-up questions")[1].split("\n## ")[0]
    assert len(re.findall(r"^:::\{dropdown\} Answer$", warm_up, re.MULTILINE)) >= 2
