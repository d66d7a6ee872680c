"""Each notebook is the executed copy of its text."""

import jupytext
import nbformat
import pytest
import yaml
from notebooks import cell_ids, problems, sources, stamp_install_cell
from project import ROOT


def listed(node) -> list[str]:
    """Return the files that a table of contents names."""
    if isinstance(node, list):
        return [file for item in node for file in listed(item)]
    if isinstance(node, dict):
        own = [node["file"]] if "file" in node else []
        return own + [file for value in node.values() for file in listed(value)]
    return []


@pytest.fixture(scope="module")
def contents() -> list[str]:
    return listed(yaml.safe_load((ROOT / "_toc.yml").read_text("utf-8")))


@pytest.mark.parametrize("source", sources(), ids=lambda path: path.stem)
def test_notebook_agrees_with_its_text(source):
    assert problems(source) == []


def test_contents_list_every_notebook_with_its_extension(contents):
    chapters = {path.with_suffix(".ipynb") for path in sources()}
    stored = {
        path
        for path in (ROOT / "book").rglob("*.ipynb")
        if ".ipynb_checkpoints" not in path.parts
    }
    assert stored == chapters
    assert {ROOT / file for file in contents if file.endswith(".ipynb")} == stored


def test_contents_list_every_page(contents):
    pages = {path.with_suffix("") for path in (ROOT / "book/reference").rglob("*.md")}
    assert {ROOT / file for file in contents if "reference" in file} == pages


TEXT = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
---

# A chapter

```{code-cell} ipython3
1 + 1
```
"""


def test_install_cell_is_stamped_once_and_comes_first():
    once = stamp_install_cell(TEXT)
    assert stamp_install_cell(once) == once
    cells = jupytext.reads(once, fmt="md:myst").cells
    assert "import msbook" in cells[0].source
    assert cells[0].metadata.tags == ["remove-cell"]


def test_install_cell_follows_the_address():
    stamped = stamp_install_cell(TEXT)
    moved = stamped.replace("git+https://", "git+https://elsewhere.")
    assert stamp_install_cell(moved) == stamped


def test_text_without_header_is_refused():
    with pytest.raises(ValueError, match="jupytext header"):
        stamp_install_cell("# A chapter\n")


def test_cell_ids_are_unique_and_do_not_depend_on_other_cells():
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in ("a", "b", "a")]
    )
    first = cell_ids(notebook)
    assert len(set(first)) == 3
    notebook.cells.insert(0, nbformat.v4.new_markdown_cell("new"))
    assert cell_ids(notebook)[1:] == first
