"""Write a chapter's notebook from its text, and check that the two agree.

``python book/_tools/notebooks.py write [chapter.md ...]`` executes chapters and
stores their notebooks beside them; ``prose`` only takes changed prose over, and
``claims`` changed words of the ledger; ``check`` compares the pairs. Without paths
they take every chapter of the book.
"""

import argparse
import hashlib
import os
import re
import sys
from collections import Counter
from pathlib import Path

# One thread in this process and in the kernels that it starts: sums then come
# out in one order. A backend named in the environment would hide the figures.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ.pop("MPLBACKEND", None)

import execution
import jupytext
import nbformat
import stored_claims
from jupytext.compare import NotebookDifference, compare_notebooks
from nbclient import NotebookClient
from nbformat import NotebookNode
from project import ROOT, replace_file, repository

from msbook import claims

FORMAT = "md:myst"
CELL_TIMEOUT = 600  # seconds
NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
CELL_METADATA = {"mystnb", "tags"}


def sources() -> list[Path]:
    """Return the chapters of the book: the texts that declare a notebook format."""
    return sorted(
        path
        for path in (ROOT / "book").rglob("*.md")
        if re.match(r"---\njupytext:", path.read_text("utf-8"))
    )


def install_source() -> str:
    """Return the code of the first cell: it makes a bare Colab machine ready."""
    return (
        "try:\n    import msbook\nexcept ImportError:\n"
        f'    !pip install -q "msbook @ git+{repository()}"'
    )


def stamp_install_cell(text: str) -> str:
    """Return a chapter's text with the install cell as its first code cell."""
    cell = (
        "```{code-cell} ipython3\n:tags: [remove-cell]\n\n" + install_source() + "\n```"
    )
    first = re.search(r"^```\{code-cell\}.*?^```$", text, re.DOTALL | re.MULTILINE)
    if first and "msbook @ git+" in first.group():
        return text[: first.start()] + cell + text[first.end() :]
    header = re.match(r"---\n.*?\n---\n", text, re.DOTALL)
    if header is None:
        raise ValueError(
            "a chapter must begin with a jupytext header between two lines '---'; "
            "copy the one of another chapter."
        )
    return text[: header.end()] + "\n" + cell + "\n" + text[header.end() :]


def stamp_citation() -> None:
    """Give the citation file the address of the repository."""
    path = ROOT / "CITATION.cff"
    stamped = re.sub(
        r"(?m)^repository-code:.*$",
        f'repository-code: "{repository()}"',
        path.read_text("utf-8"),
    )
    if stamped != path.read_text("utf-8"):
        replace_file(path, stamped)


def cell_ids(notebook: NotebookNode) -> list[str]:
    """Return one id a cell, made from its text, so that a rerun changes none."""
    seen: Counter[str] = Counter()
    ids = []
    for cell in notebook.cells:
        digest = hashlib.sha256(cell.source.encode()).hexdigest()[:12]
        seen[digest] += 1
        ids.append(digest if seen[digest] == 1 else f"{digest}-{seen[digest]}")
    return ids


def write(source: Path) -> float:
    """Execute a chapter, store its notebook beside it, and return the seconds."""
    text = source.read_text("utf-8")
    stamped = stamp_install_cell(text)
    if stamped != text:
        replace_file(source, stamped)
    notebook = jupytext.reads(stamped, fmt=FORMAT)
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    for cell, cell_id in zip(notebook.cells, cell_ids(notebook), strict=True):
        cell.id = cell_id
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(source.parent)}},
    )
    with execution.Stopwatch() as stopwatch:
        client.execute()
    notebook.metadata = nbformat.from_dict(NOTEBOOK_METADATA)
    replace_file(source.with_suffix(".ipynb"), nbformat.writes(notebook) + "\n")
    execution.record(source, stopwatch.seconds)
    return stopwatch.seconds


def take_prose(source: Path) -> None:
    """Take changed prose over into the stored notebook, whose code must be the same."""
    stored = source.with_suffix(".ipynb")
    notebook = nbformat.read(stored, as_version=4)
    text = jupytext.read(source, fmt=FORMAT)
    changed = [new.source for new in text.cells if new.cell_type == "code"] != [
        old.source for old in notebook.cells if old.cell_type == "code"
    ]
    if changed or len(text.cells) != len(notebook.cells):
        raise ValueError(f"{source.name}: more than prose has changed; use write.")
    for old, new in zip(notebook.cells, text.cells, strict=True):
        old.source, old.metadata = new.source, new.metadata  # captions are prose
    for cell, cell_id in zip(notebook.cells, cell_ids(notebook), strict=True):
        cell.id = cell_id
    replace_file(stored, nbformat.writes(notebook) + "\n")


def take_claims(source: Path) -> None:
    """Show the stored results of claims in the words of the ledger."""
    stored = source.with_suffix(".ipynb")
    notebook = nbformat.read(stored, as_version=4)
    stored_claims.refresh(notebook, claims.Ledger.read())
    replace_file(stored, nbformat.writes(notebook) + "\n")


def problems(source: Path) -> list[str]:
    """Return what is wrong with a chapter's pair of files; empty when all is well."""
    stored = source.with_suffix(".ipynb")
    if not stored.exists():
        return ["has no notebook beside it"]
    notebook = nbformat.read(stored, as_version=4)
    found = []
    try:
        compare_notebooks(
            notebook,
            jupytext.read(source, fmt=FORMAT),
            fmt=FORMAT,
            compare_outputs=False,
            compare_ids=False,
        )
    except NotebookDifference as difference:
        found.append(f"text and notebook differ: {difference}")
    if dict(notebook.metadata) != NOTEBOOK_METADATA:
        found.append(f"stray notebook metadata: {sorted(notebook.metadata)}")
    if [cell.id for cell in notebook.cells] != cell_ids(notebook):
        found.append("cell ids are not those of the writer")
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if not code or code[0].source != install_source():
        found.append("the first code cell is not the install cell")
    for number, cell in enumerate(code, start=1):
        found += [f"code cell {number}: {problem}" for problem in _faults(cell, number)]
    return found


def _faults(cell: NotebookNode, number: int) -> list[str]:
    """Return what is wrong with one executed code cell."""
    found = []
    if cell.execution_count != number:
        found.append(f"execution count {cell.execution_count}, expected {number}")
    stray = set(cell.metadata) - CELL_METADATA
    if stray:
        found.append(f"stray metadata {sorted(stray)}")
    tags = cell.metadata.get("tags", [])
    for output in cell.outputs:
        if output.output_type == "error" and "raises-exception" not in tags:
            found.append(f"ended in {output.ename}: {output.evalue}")
        if output.get("name") == "stderr":
            found.append(f"wrote to stderr: {output.text[:80]!r}")
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and return its exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("command", choices=["write", "prose", "claims", "check"])
    parser.add_argument("chapters", nargs="*", type=Path)
    options = parser.parse_args(arguments)
    chapters = [path.resolve().with_suffix(".md") for path in options.chapters]
    status = 0
    if options.command == "write":
        stamp_citation()
    for source in dict.fromkeys(chapters or sources()):
        name = source.relative_to(ROOT)
        if options.command == "write":
            print(f"{name}: {write(source):.1f} s", flush=True)
        elif options.command == "prose":
            take_prose(source)
        elif options.command == "claims":
            take_claims(source)
        for problem in problems(source):
            print(f"{name}: {problem}", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
