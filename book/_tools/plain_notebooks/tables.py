"""Tables, as GitHub and Jupyter write them in Markdown."""

import re
from collections.abc import Callable

from docutils import nodes


def table(node: nodes.table, cell: Callable[[nodes.entry], str]) -> str:
    """Return a table; a first line for the names of the columns is obligatory."""
    lines = [
        [_cell(cell(entry)) for entry in row.findall(nodes.entry)]
        for row in node.findall(nodes.row)
    ]
    columns = max(map(len, lines))
    if next(node.findall(nodes.thead), None) is None:
        lines.insert(0, [""] * columns)
    lines.insert(1, ["---"] * columns)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str) -> str:
    """Return a cell's text on one line, in which a bar does not end the cell."""
    text = re.sub(r"\s*\n\s*", "<br>", text)
    return re.sub(r"(?<!\\)\|", r"\|", text)
