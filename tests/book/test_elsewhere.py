"""The page of studies shows what is stored, and all of it."""

import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
STORED = sorted(path.stem for path in (ROOT / "book/results/elsewhere").glob("*.json"))


@pytest.fixture
def elsewhere(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "book" / "_tools")
    monkeypatch.delitem(sys.modules, "elsewhere", raising=False)
    import elsewhere

    return elsewhere


def test_every_stored_study_has_its_tables_on_the_page(elsewhere):
    page = (ROOT / "book/reference/elsewhere.md").read_text("utf-8")
    shown = [line.split()[1] for line in page.splitlines() if "{study}" in line]
    assert sorted(shown) == sorted(elsewhere.TABLES) == STORED


def test_what_the_page_says_of_its_bounds_is_so(elsewhere):
    def rows(name):
        text = (elsewhere.RESULTS / f"{name}.json").read_text("utf-8")
        return json.loads(text)["rows"]

    maps = [row for row in rows("slow_map") if row["settings"] == "defaults"]
    assert max(row["worst_angle"] for row in maps) <= 4.0
    ranks = {row["system"]: row.get("worst_spearman", 1.0) for row in maps}
    missed = {system for system, rank in ranks.items() if rank < 0.998}
    assert missed == {"unlike units", "four coordinates"}
    flows = [row for row in rows("flow_map") if row["model"] == "flow map"]
    (prinz,) = (row for row in flows if row["system"] == "prinz"
                and row["statistic"].startswith("total"))  # fmt: skip
    assert sum(value > 1.2 for value in prinz["values"]) == 1


def test_what_the_page_says_of_fields_is_so(elsewhere):
    rows = json.loads((elsewhere.RESULTS / "fields.json").read_text("utf-8"))["rows"]

    def over_peers(word):
        chosen = (row for row in rows if row.get("over the best peer") == word)
        return {
            row["system"]: [row[f"{n} steps"] for n in (1, 10, 30, 60, 100, 150)]
            for row in chosen
        }

    median, worst = over_peers("median"), over_peers("worst")
    beyond = {system for system, ratios in median.items() if max(ratios) > 1.0}
    assert beyond == {"forced heat"}
    assert max(median["forced heat"]) < 1.02
    assert len(median) == 7
    cells = sorted(ratio for ratios in median.values() for ratio in ratios)
    assert cells[len(cells) // 2] < 0.4
    assert max(worst.pop("forced heat")) < 1.11
    assert max(worst.pop("vortices")[:4]) < 1.0 < max(over_peers("worst")["vortices"])
    assert max(over_peers("worst")["vortices"]) < 1.05
    assert max(ratio for ratios in worst.values() for ratio in ratios) < 1.01
    seconds = {r["system"]: r["seconds"] for r in rows if r.get("model") == "LED"}
    assert {system for system, s in seconds.items() if s > 60} == {"vortices"}


def test_the_time_of_a_fit_is_that_of_the_defaults(elsewhere):
    assert elsewhere.fit_time("effective_potential") == "0.33 to 7.9 seconds"


@pytest.mark.parametrize("name", STORED)
def test_every_row_is_shown_with_its_facts(elsewhere, name):
    report = json.loads((elsewhere.RESULTS / f"{name}.json").read_text("utf-8"))
    facts = {fact for row in report["rows"] for fact in row}
    for fact, headings in elsewhere.TABLES[name]:
        assert {fact, *headings} - {"fits"} <= facts
    shown = [row for row in report["rows"]
             if any(fact in row for fact, _ in elsewhere.TABLES[name])]  # fmt: skip
    assert shown == report["rows"]
    text = elsewhere.tables(name)
    heads = sum(2 for _ in elsewhere.TABLES[name])
    assert sum(line.startswith("|") for line in text.splitlines()) == heads + len(shown)
