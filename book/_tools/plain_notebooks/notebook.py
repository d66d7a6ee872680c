"""A stored notebook whose text any viewer can show."""

from collections.abc import Iterable, Iterator

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .blocks import Block, CodeCell

FOLDED_TAGS = {"hide-input", "hide-cell", "remove-input", "remove-cell"}


def plain_notebook(stored: NotebookNode, page: Iterable[Block]) -> NotebookNode:
    """Return a page as a notebook that runs as the stored one does.

    Outputs stay: a reader sees the figures before running anything, and they fit, as
    no notebook of the book is larger than a few megabytes.
    """
    code = {i: cell for i, cell in enumerate(stored.cells) if cell.cell_type == "code"}
    install = min(code)  # the site shows none; here it comes first, and open
    cells = [_code_cell(code[install], {})]
    text: list[str] = []

    def end_text() -> None:
        if text:
            cells.append(new_markdown_cell("\n\n".join(text), id=f"text-{len(cells)}"))
            text.clear()

    for block in _complete(page, set(code) - {install}):
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


def _complete(page: Iterable[Block], indices: set[int]) -> Iterator[Block]:
    """Return the blocks with the code cells in place that the site leaves out."""
    blocks = list(page)
    shown = {block.index for block in blocks if isinstance(block, CodeCell)}
    left = sorted(indices - shown)
    for block in blocks:
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
        metadata=metadata,
    )
