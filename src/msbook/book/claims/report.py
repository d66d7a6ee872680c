"""The state of the ledger, read from the stored notebooks of the book."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from msbook._validation import check_kind
from msbook.book.claims.ledger import Claim, Ledger
from msbook.book.claims.result import MIME_TYPE, Result, from_json


@dataclass(frozen=True)
class Entry:
    """What the book says about one claim.

    Parameters
    ----------
    claim : Claim
    due : bool
        Whether the notebook that settles the claim is in the table of contents.
    result : Result, optional
        Judged again from the stored values; None without a stored result.
    problems : tuple of str
        What is wrong; empty for a claim that is settled, or open and not due.
    """

    claim: Claim
    due: bool
    result: Result | None
    problems: tuple[str, ...]

    @property
    def status(self) -> str:
        """The verdict, ``open`` while nothing is due, or ``missing``."""
        if self.result is not None:
            return str(self.result.verdict)
        return "missing" if self.due else "open"


@dataclass(frozen=True)
class Review:
    """The whole ledger against the whole book.

    Parameters
    ----------
    entries : tuple of Entry
        One for each claim, in the order of the ledger.
    strays : tuple of str
        Stored results that no claim of the ledger asks for.
    """

    entries: tuple[Entry, ...]
    strays: tuple[str, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything for which the command ends with an error."""
        own = [f"{e.claim.id}: {text}" for e in self.entries for text in e.problems]
        return (*own, *self.strays)


def find_book() -> Path:
    """Return the book's folder: of the package's checkout, or above the working one.

    Raises
    ------
    ValueError
        If neither holds a ``book/claims.toml``.
    """
    checkout = Path(__file__).resolve().parents[4]
    here = Path.cwd()
    for folder in (checkout, here, *here.parents):
        if (folder / "book" / "claims.toml").is_file():
            return folder / "book"
    raise ValueError(
        f"no book/claims.toml in {checkout} nor in {here} and above; "
        "go to a checkout of the book, or name its folder with --book."
    )


def review(book: Path | None = None) -> Review:
    """Compare the ledger with the results stored in the book's notebooks.

    Parameters
    ----------
    book : Path, optional
        The folder of ``claims.toml``; ``_toc.yml`` is in it or beside it.

    Returns
    -------
    Review

    Raises
    ------
    ValueError
        If the ledger, the table of contents or a notebook listed there is missing.
    """
    if book is not None:
        check_kind("book", book, (str, os.PathLike), "the folder of a claims.toml")
    book = find_book() if book is None else Path(book)
    if not (book / "claims.toml").is_file():
        raise ValueError(
            f"book must be the folder of a claims.toml; got {book}, without one."
        )
    ledger = Ledger.read(book / "claims.toml")
    notebooks = _notebooks(book)
    stored: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    strays = []
    for name, path in notebooks.items():
        for document in _stored_results(path):
            if document["id"] in ledger:
                stored.setdefault(document["id"], []).append((name, document))
            else:
                strays.append(f"{name} settles {document['id']!r}, not in the ledger")
    entries = [
        _entry(claim, claim.notebook in notebooks, stored.get(claim.id, []))
        for claim in ledger
    ]
    return Review(tuple(entries), tuple(strays))


def _notebooks(book: Path) -> dict[str, Path]:
    """Stored notebooks of the table of contents, by name relative to the book."""
    for folder in (book, book.parent):
        if (folder / "_toc.yml").is_file():
            contents = _yaml(folder / "_toc.yml")
            paths = [folder / entry for entry in _toc_files(contents)]
            return {
                path.relative_to(book).with_suffix("").as_posix(): path
                for path in paths
                if path.suffix == ".ipynb"
            }
    raise ValueError(f"no _toc.yml in {book} or {book.parent}.")


def _yaml(path: Path) -> Any:
    try:
        return yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} is no YAML: {error}. Mend it.") from error


def _toc_files(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key in ("root", "file"):
                yield value
            else:
                yield from _toc_files(value)
    elif isinstance(node, list):
        for item in node:
            yield from _toc_files(item)


def _stored_results(path: Path) -> Iterator[dict[str, Any]]:
    if not path.is_file():
        raise ValueError(f"{path} is in _toc.yml but does not exist.")
    try:
        cells = json.loads(path.read_text("utf-8"))["cells"]
        data = [o.get("data", {}) for c in cells for o in c.get("outputs", [])]
        shown = [documents[MIME_TYPE] for documents in data if MIME_TYPE in documents]
        single = [documents for documents in shown if not isinstance(documents, list)]
        tables = [documents for documents in shown if isinstance(documents, list)]
        # A table may repeat what its page shows one by one, but not another table.
        found = single + [d for table in tables for d in table if d not in single]
        if not all(isinstance(document["id"], str) for document in found):
            raise ValueError("a stored result has an id that is no text")
    except Exception as error:  # of any kind, at values of a wrong kind
        raise ValueError(
            f"{path} is no notebook with results ({type(error).__name__}: {error}). "
            "Run it again."
        ) from error
    yield from found


def _entry(claim: Claim, due: bool, stored: list[tuple[str, dict[str, Any]]]) -> Entry:
    if not stored:
        problem = (f"no result in {claim.notebook}",) if due else ()
        return Entry(claim, due, None, problem)
    problems = []
    names = [name for name, _ in stored]
    if names != [claim.notebook]:
        problems.append(f"settled in {names}; the ledger says once in {claim.notebook}")
    document = stored[0][1]
    try:
        result = from_json(claim, document)
    except ValueError as error:
        return Entry(
            claim, due, None, (*problems, f"stored result unreadable: {error}")
        )
    counts = sorted({len(finding.values) for finding in result.findings})
    if counts != [claim.seeds]:
        problems.append(f"settled from {counts} values, not from {claim.seeds}")
    if not result.rival_fails:
        problems.append("the trivial rival passes")
    if document["verdict"] != result.verdict:
        problems.append(
            f"stored verdict {document['verdict']!r}, but the stored values say "
            f"{str(result.verdict)!r}; run the notebook again"
        )
    if claim.expected is not result.verdict:
        expected = str(claim.expected) if claim.expected else "none"
        problems.append(f"{result.verdict}, but the ledger expects {expected}")
    return Entry(claim, due, result, tuple(problems))
