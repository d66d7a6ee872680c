"""A stored notebook whose text any viewer can show."""

from collections.abc import Iterable, Iterator

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .blocks import Block, CodeCell

FAILS_TAG = "raises-exception"  # without it a run of all cells ends at such a cell
FOLDED_TAGS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def plain_notebook(stored: NotebookNode, page: Iterable[Block]) -> NotebookNode:
    """Return a page as a notebook that runs as the stored one does.

    Outputs stay: a reader sees the figures before running anything, and they fit, as
    no notebook of the book is larger than a few megabytes.
    """
    code = {i: cell for i, cell in enumerate(stored.cells) if cell.cell_type == "code"}
    content = list(page)
    left = set(code) - {block.index for block in content if isinstance(block, CodeCell)}
    # What installs is the first, which the site leaves out; here it is first, and open.
    install = min(code, default=None)
    cells = [_code_cell(code[install], {})] if install in left else []
    text: list[str] = []

    def end_text() -> None:
        if text:
            cells.append(new_markdown_cell("\n\n".join(text), id=f"text-{len(cells)}"))
            text.clear()

    for block in _complete(content, sorted(left - {install})):
        if isinstance(block, CodeCell):
            end_text()
            cells.append(_code_cell(code[block.index], _folding(code, block)))
            continue
        if block.startswith("#"):  # so that a viewer can fold a section
            end_text()
        text.append(block)
    end_text()
    notebook = new_notebook(cells=cells, metadata=stored.metadata)
    nbformat.validate(notebook)
    return notebook


def _complete(content: list[Block], left: list[int]) -> Iterator[Block]:
    """Return the blocks with the code cells in place that the site leaves out."""
    for block in content:
        while isinstance(block, CodeCell) and left and left[0] < block.index:
            yield CodeCell(left.pop(0))
        yield block
    yield from map(CodeCell, left)


def _folding(code: dict[int, NotebookNode], block: CodeCell) -> dict[str, object]:
    """Return the metadata that fold a cell in Colab and in Jupyter."""
    if block.in_solution:
        hidden = {"source_hidden": True, "outputs_hidden": True}
    elif FOLDED_TAGS & set(code[block.index].metadata.get("tags", [])):
        hidden = {"source_hidden": True}
    else:
        return {}
    return {"cellView": "form", "jupyter": hidden}


def _code_cell(stored: NotebookNode, metadata: dict[str, object]) -> NotebookNode:
    return new_code_cell(
        stored.source,
        id=stored.id,
        outputs=stored.outputs,
        execution_count=stored.execution_count,
        metadata={**metadata, **_kept(stored)},
    )


def _kept(stored: NotebookNode) -> dict[str, list[str]]:
    """Return the metadata that a run depends on."""
    fails = FAILS_TAG in stored.metadata.get("tags", [])
    return {"tags": [FAILS_TAG]} if fails else {}
