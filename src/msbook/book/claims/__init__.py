"""The paper against ours: claims, their bounds, and verdicts from measurements.

``book/claims.toml`` lists what the papers claim and what must be measured for a claim
to hold; a notebook calls :func:`settle` with the values over seeds; the stored output
is what ``python -m msbook.claims`` and the scoreboard read.
"""

from msbook.book.claims.ledger import Claim, Ledger, LedgerError
from msbook.book.claims.report import review
from msbook.book.claims.result import ClaimError, Result, settle, table
from msbook.book.claims.scoreboard import scoreboard_markdown
from msbook.book.claims.verdict import Bound, Verdict

__all__ = [
    "Bound",
    "Claim",
    "ClaimError",
    "Ledger",
    "LedgerError",
    "Result",
    "Verdict",
    "review",
    "scoreboard_markdown",
    "settle",
    "table",
]
