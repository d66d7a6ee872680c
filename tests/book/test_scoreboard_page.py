"""The page of the scoreboard: its chart and its sections agree with the ledger."""

import math
import re
from types import SimpleNamespace

import pytest
from claim_example import ClaimExample
from contents import chapters
from project import ROOT
from scoreboard import VERDICTS, Scoreboard, VerdictChart, statuses

from msbook import claims
from msbook.book.claims.report import Entry, Review
from msbook.book.claims.verdict import judge


def made_by(directive) -> str:
    return directive.markdown(SimpleNamespace())


def test_chart_counts_every_judged_claim_once():
    cells = re.findall(r"</span>(\d+)</td>", made_by(VerdictChart))
    assert len(cells) == len(chapters()) * len(VERDICTS)
    judged = [status for _, status in statuses() if status in VERDICTS]
    assert sum(map(int, cells)) == len(judged) > 100


def test_bars_are_as_long_as_their_numbers():
    bars = re.findall(r'width:([\d.]+)em"></span>(\d+)<', made_by(VerdictChart))
    assert {float(length) * 4 - int(number) for length, number in bars} == {0.0}


def test_sections_are_the_chapters_in_their_order():
    titles = [
        (ROOT / "book" / name / "index.md").read_text("utf-8").splitlines()[0]
        for name in chapters()
    ]
    board = made_by(Scoreboard)
    headings = [line[1:] for line in board.splitlines() if line.startswith("## ")]
    assert headings == titles
    assert board.startswith("## ")


def test_example_of_a_claim_is_one_that_holds_clearly():
    page = (ROOT / "book/reference/claims.md").read_text("utf-8")
    name = re.search(r"\{claim-example\} (\S+)", page)[1]
    entry = next(e for e in claims.review().entries if e.claim.id == name)
    (finding,), (rival,) = entry.result.findings, entry.result.rivals
    assert all(finding.bound.low <= v <= finding.bound.high for v in finding.values)
    assert finding.verdict is claims.Verdict.HOLDS
    assert rival.verdict is claims.Verdict.FAILS
    directive = SimpleNamespace(arguments=[name])
    assert "our verdict | **✓ holds**" in ClaimExample.markdown(directive)


def claim_of(kind: str) -> str:
    """Return the id of a claim with one bound, of a kind."""
    return next(
        c.id for c in claims.Ledger.read() if [b.kind for b in c.bounds] == [kind]
    )


@pytest.mark.parametrize(
    "name",
    [
        "slow_maps/spectral-gap",
        "slow_maps/none",
        claim_of("sign_test"),
        claim_of("share_at_least"),
    ],
)
def test_example_needs_a_claim_of_one_bound_on_a_median(name):
    with pytest.raises(ValueError, match=rf"{name}.*name another claim"):
        ClaimExample.markdown(SimpleNamespace(arguments=[name]))


def test_values_of_the_example_have_one_precision_and_bars_end_no_cell(monkeypatch):
    bound = claims.Bound("a", "|a|", "at_least", 0.8, math.inf)
    claim = claims.Claim("toy/a", "", "Fig. 1", "|a| is large.", "", "zero", (bound,))
    values = (0.928339, 0.870599, 1.06054, 0.999905, 0.877269)
    result = claims.Result(claim, (judge(bound, values),), (judge(bound, [0.0]),))
    entry = Entry(claim, due=True, result=result, problems=())
    monkeypatch.setattr(claims, "review", lambda: Review((entry,), ()))
    text = ClaimExample.markdown(SimpleNamespace(arguments=["toy/a"]))
    assert "| 0.928, 0.871, 1.061, 1.000, 0.877 |" in text
    assert "| 0.871 to 1.061 |" in text
    assert {line.replace(r"\|", "").count("|") for line in text.splitlines()} == {3}
