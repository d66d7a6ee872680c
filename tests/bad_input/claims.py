"""Valid calls of msbook.claims."""

from __future__ import annotations

from pathlib import Path

from msbook.claims import Bound, Claim, Ledger, Verdict, settle
from tests.bad_input.rule import Call

bound = Bound("error", "error", "at_most", float("-inf"), 0.05)
texts = {"id": "a/b", "paper": "p", "where": "Fig. 1", "statement": "s"}
texts |= {"notebook": "a/n", "rival": "r"}
claim = Claim(**texts, bounds=(bound,), expected=Verdict.HOLDS)
ledger = Ledger([claim])
measured = {
    "claim_id": "a/b",
    "values": {"error": [0.01, 0.02, 0.01, 0.02, 0.01]},
    "rival": {"error": 1.0},
    "ledger": ledger,
}
result = settle(**measured)
book = Path(__file__).parents[2] / "book"

CALLS = {
    "Bound": Call(
        {"name": "e", "label": "e", "kind": "at_most", "low": -1.0, "high": 1.0},
        texts=("name", "label", "unit"),
    ),
    "Claim": Call(
        texts | {"bounds": (bound,)},
        texts=(*set(texts) - {"id"}, "printed", "precomputed", "reason"),
    ),
    "Ledger": Call({"claims": [claim]}),
    # Any string may be the path of a file: that none is there is a FileNotFoundError.
    "Ledger.read": Call({"path": book / "claims.toml"}, Ledger.read, texts=("path",)),
    "settle": Call(measured),
    "table": Call({"results": [result]}),
    "review": Call({"book": book}),
    "scoreboard_markdown": Call({"book": book}),
}

REASONS = {
    "Result": "a result, made by settle",
    "Result.to_json": "takes nothing",
    "Verdict": "an enumeration, which says itself what it has",
}
