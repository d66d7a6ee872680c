import json
from dataclasses import replace

import numpy as np
import pytest

from msbook.book.claims.display import format_number
from msbook.book.claims.result import MIME_TYPE, from_json
from msbook.claims import ClaimError, Ledger, Verdict, settle, table

RIVAL = {"error": 0.5}


def test_holds_when_all_bounds_hold(ledger, error_values):
    result = settle("toy/error", error_values, RIVAL, ledger=ledger)
    assert result.verdict is Verdict.HOLDS
    assert [finding.value for finding in result.findings] == [0.02, 0.9995]


def test_one_bound_that_fails_is_enough(ledger, error_values):
    values = {**error_values, "correlation": [0.5] * 5}
    with pytest.raises(ClaimError, match="the measurements say does not hold"):
        settle("toy/error", values, RIVAL, ledger=ledger)


def test_printing_is_not_holding(ledger, error_values):
    """0.99896 is printed with the digits that tell it from the bound, 0.999."""
    values = {**error_values, "correlation": [0.99896] * 5}
    with pytest.raises(ClaimError, match=r"= 0\.99896 "):
        settle("toy/error", values, RIVAL, ledger=ledger)


def test_undecided_is_not_holding(ledger, error_values):
    values = {**error_values, "error": [0.01, 0.02, 0.03, 0.04, 0.06]}
    with pytest.raises(ClaimError, match="undecided"):
        settle("toy/error", values, RIVAL, ledger=ledger)


def test_a_claim_may_be_expected_to_fail(ledger):
    result = settle("toy/exact", {"count": 5}, {"count": 3}, ledger=ledger)
    assert result.verdict is Verdict.FAILS
    with pytest.raises(ClaimError, match="say holds"):
        settle("toy/exact", {"count": 4}, {"count": 3}, ledger=ledger)


def test_a_verdict_must_be_recorded(ledger):
    with pytest.raises(ClaimError, match="missing"):
        settle(
            "toy/better", {"saved": [1.0] * 10}, {"saved": [-1.0] * 10}, ledger=ledger
        )


@pytest.mark.parametrize(
    "rival",
    [
        {"error": 0.02},
        {"error": [0.01, 0.02, 0.03, 0.04, 0.06]},
        {"error": 0.02, "correlation": 1.0},
    ],
)
def test_a_rival_that_passes_is_an_error(ledger, error_values, rival):
    with pytest.raises(ClaimError, match=r"trivial rival \(a constant\) passes"):
        settle("toy/error", error_values, rival, ledger=ledger)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"error": [0.01] * 4}, "from 5 values, one a seed, .* got 4"),
        ({"error": [0.01] * 6}, "from 5 values, one a seed, .* got 6"),
        ({"error": 0.01}, "from 5 values, one a seed, .* got 1"),
        ({"error": [0.01, np.nan, 0.01, 0.01, 0.01]}, "finite"),
        ({"error": [0.01, np.inf, 0.01, 0.01, 0.01]}, "finite"),
        ({"error": np.zeros((5, 2))}, "shape \\(5, 2\\)"),
        ({"eror": [0.01] * 5}, "needs values for"),
    ],
)
def test_bad_values_are_named(ledger, error_values, change, message):
    with pytest.raises(ValueError, match=message):
        settle("toy/error", {**error_values, **change}, RIVAL, ledger=ledger)


@pytest.mark.parametrize("rival", [{}, {"eror": 1.0}, {"error": np.nan}, {"error": []}])
def test_bad_rivals_are_named(ledger, error_values, rival):
    with pytest.raises(ValueError, match=r"rival|finite|seeds"):
        settle("toy/error", error_values, rival, ledger=ledger)


def test_missing_and_unknown_names(ledger, error_values):
    with pytest.raises(ValueError, match=r"'correlation'\]; got \['error'\]"):
        settle("toy/error", {"error": [0.01] * 5}, RIVAL, ledger=ledger)
    with pytest.raises(ValueError, match="got 'toy/none'"):
        settle("toy/none", error_values, RIVAL, ledger=ledger)


def test_json_gives_the_verdict_again(settled):
    for result in settled:
        document = json.loads(json.dumps(result.to_json()))
        again = from_json(result.claim, document)
        assert again == result
        assert again.to_json() == document


def test_json_keeps_the_verdict_next_to_a_bound(ledger, error_values):
    """Values are rounded before they are judged, not after."""
    values = {**error_values, "error": [0.05 * (1 + 1e-9)] * 5}
    result = settle("toy/error", values, RIVAL, ledger=ledger)
    assert from_json(result.claim, result.to_json()).verdict is result.verdict


def test_json_of_another_ledger_is_refused(settled, ledger):
    with pytest.raises(ValueError, match="run the notebook again"):
        from_json(ledger["toy/exact"], settled[0].to_json())


def test_display(settled):
    bundle = settled[0]._repr_mimebundle_()
    assert set(bundle) == {"text/plain", "text/html", MIME_TYPE}
    html = bundle["text/html"]
    assert "small &amp; &lt;finite&gt;" in html
    assert html.count("✓ holds") == 3
    assert "color" not in html
    assert "rival: 0.500" in html
    assert "✗ does not hold" in table(settled)._repr_mimebundle_()["text/html"]
    assert "The paper miscounts." in table(settled)._repr_mimebundle_()["text/html"]


def test_a_table_keeps_what_it_shows(settled):
    shown = table(settled)._repr_mimebundle_()
    assert shown[MIME_TYPE] == [result.to_json() for result in settled]
    assert str(table(settled)) == "\n".join(map(str, settled))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (0.00273, "0.00273"),
        (-1.5, "-1.50"),
        (999.6, "1000"),
        (1234567.0, "1.23e+06"),
        (1.2345e-7, "1.23e-07"),
        (0.99896, "0.99896"),
        (0.9987, "0.99870"),
        (0.95, "0.950"),
        (0.9999964, "0.99999640"),
        (-0.99987, "-0.999870"),
        (123.4, "123"),
    ],
)
def test_numbers_are_short(value, text):
    assert format_number(value) == text


def test_table_names_the_script_of_precomputed_values(ledger, error_values):
    claim = replace(ledger["toy/error"], precomputed="toy/make.py")
    result = settle("toy/error", error_values, RIVAL, ledger=Ledger([claim]))
    html = result._repr_mimebundle_()["text/html"]
    assert html.count("Precomputed by book/results/toy/make.py.") == 1
