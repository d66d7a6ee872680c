import math
from dataclasses import replace

import pytest

from msbook.claims import Ledger, LedgerError, Verdict


def test_fields_and_defaults(ledger):
    claim = ledger["toy/error"]
    assert claim.chapter == "toy"
    assert claim.seeds == 5
    assert [ledger[name].seeds for name in ("toy/exact", "toy/better")] == [1, 10]
    assert claim.precomputed == ""
    assert claim.expected is Verdict.HOLDS
    assert [(b.name, b.low, b.high) for b in claim.bounds] == [
        ("error", -math.inf, 0.05),
        ("correlation", 0.999, math.inf),
    ]
    assert ledger["toy/better"].expected is None


def test_order_of_the_file_is_kept(ledger):
    assert [claim.id for claim in ledger] == ["toy/error", "toy/exact", "toy/better"]
    assert len(ledger) == 3
    assert "toy/exact" in ledger
    assert "toy/else" not in ledger


def test_unknown_claim_names_the_nearest(ledger):
    with pytest.raises(ValueError, match="nearest: \\['toy/error'"):
        ledger["toy/eror"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"toy/exact"', '"toy/error"', "unique"),
        ('"toy/exact"', '"exact"', "chapter/claim"),
        ('"toy/exact"', '"/"', "chapter/claim"),
        ('"toy/exact"', '"toy/"', "chapter/claim"),
        ("at_most = 0.05", "", "exactly one of"),
        ("at_most = 0.05", "at_most = 0.05\nat_least = 0.01", "exactly one of"),
        ("at_most = 0.05", 'at_most = "small"', "cannot be 'small'"),
        ("within = [4, 4]", "within = [4, 5, 6]", "cannot be"),
        ("within = [4, 4]", "within = [5, 4]", "empty"),
        ("within = [4, 4]", "within = [nan, 4]", "empty"),
        ("within = [4, 4]", "share_at_least = 1.2", "empty"),
        ('"positive"', '"up"', "cannot be 'up'"),
        ("beyond_paper = true", "single = true", "there is one value"),
        ("single = true", "single = 1", "True or False"),
        ("single = true", "seeds = 4", "unknown keys"),
        ("single = true", "precomputed = 3", "a string"),
        ("single = true", 'precomputed = "../../x"', "within book/results"),
        ("single = true", 'precomputed = "/x.py"', "within book/results"),
        ('expected = "holds"', 'expected = "yes"', "must be one of"),
        ('reason = "The paper miscounts."', "", "needs its reason"),
        ('rival = "a constant"', "", "missing keys \\['rival'\\]"),
        ('rival = "a constant"', 'rival = "a constant"\nprinte = "1"', "unknown keys"),
        ('name = "correlation"', 'name = "error"', "distinct names"),
        ('label = "count"', "", "missing keys \\['label'\\]"),
    ],
)
def test_what_is_not_well_formed_is_named(ledger_text, read_ledger, old, new, message):
    assert old in ledger_text
    with pytest.raises(LedgerError, match=message):
        read_ledger(ledger_text.replace(old, new, 1))


def test_one_value_cannot_be_counted(ledger):
    with pytest.raises(LedgerError, match="there is one value"):
        replace(ledger["toy/better"], single=True)


def test_the_books_own_ledger_is_found():
    assert "slow_maps/hidden-scales" in Ledger.read()


@pytest.mark.parametrize(
    "content", [b"[[claim", b"\xff\xfe", b"claim = 3", b"a = " + b"[" * 9_999]
)
def test_a_file_that_is_no_ledger_is_named(tmp_path, content):
    path = tmp_path / "claims.toml"
    path.write_bytes(content)
    with pytest.raises(LedgerError, match=r"claims\.toml is no ledger of claims"):
        Ledger.read(path)
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Ledger.read(tmp_path / "nowhere.toml")
    with pytest.raises(ValueError, match="is a folder"):
        Ledger.read(tmp_path)
