"""The ledger of this book and the results stored in its notebooks fit together."""

import pytest

from msbook.book.claims.report import find_book, review
from msbook.claims import Ledger

LEDGER = Ledger.read(find_book() / "claims.toml")


@pytest.fixture(scope="module")
def book_review():
    return review(find_book())


def test_every_due_claim_is_settled_and_every_result_has_a_claim(book_review):
    assert book_review.problems == ()


def test_every_due_claim_has_a_recorded_verdict(book_review):
    due = [entry.claim for entry in book_review.entries if entry.due]
    assert [claim.id for claim in due if claim.expected is None] == []


@pytest.mark.parametrize("claim", LEDGER, ids=lambda claim: claim.id)
def test_claim_is_written_out(claim):
    assert claim.id.split("/")[0] == claim.notebook.split("/")[0]
    assert claim.statement.endswith(".")
    assert "|" not in claim.where


def test_every_script_that_is_named_exists():
    results = find_book() / "results"
    scripts = {claim.precomputed for claim in LEDGER if claim.precomputed}
    assert [name for name in scripts if not (results / name).is_file()] == []
