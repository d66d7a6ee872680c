"""The scoreboard page: every claim of the ledger with what was found."""

from __future__ import annotations

from pathlib import Path

from msbook.book.claims.display import describe, mark, target
from msbook.book.claims.report import Entry, find_book, review
from msbook.book.claims.verdict import Verdict

_HEAD = "| measured | ours (median) | holds when | verdict |\n|---|---|---|---|"


def scoreboard_markdown(book: Path | None = None) -> str:
    """Return the scoreboard page: counts, and a section for each chapter.

    A claim is a box whose classes say its verdict and whether it was precomputed.
    Links are relative to a page in a folder beside the chapters.
    """
    entries = review(book).entries
    book = find_book() if book is None else Path(book)
    counts = dict.fromkeys((*map(str, Verdict), "missing", "open"), 0)
    for entry in entries:
        counts[entry.status] += 1
    summary = "; ".join(f"{status} {n}" for status, n in counts.items() if n)
    sections = [f"{len(entries)} claims: {summary}."]
    for chapter in dict.fromkeys(entry.claim.chapter for entry in entries):
        sections.append(f"## {_title(book, chapter)}")
        sections += [_box(entry) for entry in entries if entry.claim.chapter == chapter]
    return "\n\n".join(sections) + "\n"


def _title(book: Path, chapter: str) -> str:
    """Return the chapter's title as its opening page has it, else its name."""
    opening = book / chapter / "index.md"
    if opening.is_file():
        for line in opening.read_text("utf-8").splitlines():
            if line.startswith("# "):
                return line.removeprefix("# ").strip()
    return chapter.replace("_", " ").capitalize()


def _box(entry: Entry) -> str:
    claim = entry.claim
    verdict = mark(entry.result.verdict) if entry.result else entry.status
    star = "★ " if claim.beyond_paper else ""
    reason = f" *{claim.reason}*" if claim.reason else ""
    classes = ["claim", entry.status.replace(" ", "-")]
    if claim.precomputed:
        classes.append("precomputed")
    return "\n".join(
        (
            f":::{{div}} {' '.join(classes)}",
            f"**{verdict}** · {star}{claim.where}: {claim.statement}{reason}",
            "",
            f"{' · '.join(_facts(entry))}",
            "",
            _HEAD,
            *_rows(entry),
            ":::",
        )
    )


def _facts(entry: Entry) -> list[str]:
    """What is to be known about a claim beside what was measured."""
    claim = entry.claim
    facts = [f"[{claim.id}](../{claim.notebook}.ipynb)" if entry.due else claim.id]
    if claim.printed:
        facts.append(f"in the paper: {claim.printed}")
    facts.append(f"rival: {claim.rival}")
    if claim.precomputed:
        facts.append(f"precomputed by `book/results/{claim.precomputed}`")
    return facts


def _rows(entry: Entry) -> list[str]:
    """One row for each bound of the claim."""
    if entry.result is None:
        rows = [(bound.label, "—", target(bound), "—") for bound in entry.claim.bounds]
    else:
        rows = [
            (
                finding.bound.label,
                describe(finding),
                target(finding.bound),
                mark(finding.verdict),
            )
            for finding in entry.result.findings
        ]
    escaped = ([cell.replace("|", "\\|") for cell in row] for row in rows)
    return [f"| {' | '.join(row)} |" for row in escaped]
