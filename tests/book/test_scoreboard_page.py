"""The page of the scoreboard: its chart and its sections agree with the ledger."""

import re
from types import SimpleNamespace

import pytest
from claim_example import ClaimExample
from contents import chapters
from project import ROOT
from scoreboard import VERDICTS, Scoreboard, VerdictChart, statuses

from msbook import claims


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


def test_example_needs_a_claim_of_one_bound():
    directive = SimpleNamespace(arguments=["slow_maps/spectral-gap"])
    with pytest.raises(ValueError, match="name another claim"):
        ClaimExample.markdown(directive)
