"""Every figure has a number, a caption, and a text for those who cannot see it."""

import re
from collections import Counter

import nbformat
import pytest
from notebooks import sources
from project import ROOT

IMAGE_TYPES = {"image/png", "image/svg+xml", "image/jpeg"}


def figure_cells(source) -> list[nbformat.NotebookNode]:
    """Return the code cells of a chapter that put a picture on the page."""
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    return [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and any(IMAGE_TYPES & set(output.get("data", {})) for output in cell.outputs)
    ]


def figure_names(source) -> list[str]:
    return [
        cell.metadata.get("mystnb", {}).get("figure", {}).get("name")
        for cell in figure_cells(source)
    ]


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)
def test_each_figure_has_name_caption_and_alternative_text(source):
    for cell in figure_cells(source):
        options = cell.metadata.get("mystnb", {})
        first_line = cell.source.splitlines()[0]
        assert options.get("figure", {}).get("name"), first_line
        assert options["figure"].get("caption", "").strip(), first_line
        alternative = options.get("image", {}).get("alt", "").strip()
        assert len(alternative) > 20, f"{first_line}: what is there to be seen?"


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)
def test_a_cell_shows_one_figure(source):
    for cell in figure_cells(source):
        shown = [o for o in cell.outputs if IMAGE_TYPES & set(o.get("data", {}))]
        assert len(shown) == 1, cell.source.splitlines()[0]


def test_figure_names_are_unique_in_the_book():
    names = Counter(name for source in sources() for name in figure_names(source))
    assert [name for name, count in names.items() if count > 1] == []


def test_pictures_in_prose_have_alternative_text():
    for path in [ROOT / "README.md", *(ROOT / "book").rglob("*.md")]:
        text = path.read_text("utf-8")
        assert not re.search(r"!\[\s*\]\(", text), path
        for options in re.findall(
            r"\{(?:image|figure)\}[^\n]*\n((?::[^\n]*\n)*)", text
        ):
            assert re.search(r":alt: \S", options), path


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)
def test_lines_of_code_fit_the_page(source):
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    for cell in notebook.cells:
        hidden = "remove-cell" in cell.metadata.get("tags", [])
        if cell.cell_type == "code" and not hidden:
            too_long = [line for line in cell.source.splitlines() if len(line) > 79]
            assert not too_long
