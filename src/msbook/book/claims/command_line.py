"""``python -m msbook.claims``: the ledger, one claim a line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msbook.book.claims.display import describe, target
from msbook.book.claims.report import Entry, review


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the ledger; return 1 while a claim that is due is not settled."""
    parser = argparse.ArgumentParser(
        prog="python -m msbook.claims", description=__doc__
    )
    parser.add_argument("--json", action="store_true", help="print JSON for machines")
    parser.add_argument("--book", type=Path, help="folder of claims.toml")
    options = parser.parse_args(arguments)
    try:
        outcome = review(options.book)
    except (OSError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    if options.json:
        document = {
            "claims": [_document(entry) for entry in outcome.entries],
            "problems": list(outcome.problems),
        }
        print(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        for entry in outcome.entries:
            print(_line(entry))
        for problem in outcome.problems:
            print(f"error: {problem}", file=sys.stderr)
    return 1 if outcome.problems else 0


def _line(entry: Entry) -> str:
    claim = entry.claim
    if entry.result is None:
        parts = [f"{bound.name} {target(bound)}" for bound in claim.bounds]
    else:
        parts = [
            f"{finding.bound.name} {describe(finding)} {target(finding.bound)}"
            for finding in entry.result.findings
        ]
    paper = claim.printed or "—"
    return f"{claim.id:36} {entry.status:14} {'; '.join(parts)}  [paper: {paper}]"


def _document(entry: Entry) -> dict[str, Any]:
    claim = entry.claim
    return {
        "id": claim.id,
        "status": entry.status,
        "due": entry.due,
        "expected": claim.expected,
        "paper": claim.paper,
        "printed": claim.printed,
        "notebook": claim.notebook,
        "targets": {bound.name: target(bound) for bound in claim.bounds},
        "result": entry.result.to_json() if entry.result else None,
        "problems": list(entry.problems),
    }
