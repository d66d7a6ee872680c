"""The page of the scoreboard: its chart and its sections agree with the ledger."""

import re

from contents import chapters
from project import ROOT
from scoreboard import VERDICTS, Scoreboard, VerdictChart, statuses

from msbook import claims


def made_by(directive) -> str:
    return directive.markdown(None)


def test_chart_counts_every_claim_once():
    cells = re.findall(r"</span>(\d+)</td>", made_by(VerdictChart))
    assert len(cells) == len(chapters()) * len(VERDICTS)
    assert sum(map(int, cells)) == len(claims.Ledger.read()) == len(statuses())


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
