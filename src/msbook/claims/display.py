"""How findings are written: numbers, bounds, and the table of paper against ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

from msbook.claims.verdict import Bound, Finding, Verdict

if TYPE_CHECKING:
    from msbook.claims.result import Result

_MARKS = {Verdict.HOLDS: "✓", Verdict.UNDECIDED: "?", Verdict.FAILS: "✗"}
_HEADINGS = ("claim", "paper", "ours (median)", "spread", "holds when", "verdict")


def format_number(value: float) -> str:
    """Print three digits; more for a number near one, where its distance counts.

    Examples
    --------
    >>> from msbook.claims.display import format_number
    >>> [format_number(value) for value in (0.00273, 1000.0, 12.5, 0.99987)]
    ['0.00273', '1000', '12.5', '0.99987']
    """
    if 0.9 <= abs(value) < 1.0:
        return f"{value:.{max(3, 1 - math.floor(math.log10(1.0 - abs(value))))}f}"
    text = f"{value:#.3g}"
    if "e" in text and abs(value) >= 1000 and abs(value) < 1e6:
        return f"{float(text):.0f}"
    return text.rstrip(".") if "e" not in text else text.replace("e-0", "e-")


def target(bound: Bound) -> str:
    """Return when the bound holds, in words and signs."""
    unit = f" {bound.unit}" if bound.unit else ""
    match bound.kind:
        case "at_most":
            return f"≤ {bound.high:g}{unit}"
        case "at_least":
            return f"≥ {bound.low:g}{unit}"
        case "within":
            return f"in [{bound.low:g}, {bound.high:g}]{unit}"
        case "share_at_least":
            return f"in ≥ {100 * bound.low:g} % of seeds"
    return f"{'positive' if bound.low == 0 else 'negative'} (sign test, 5 %)"


def spread(finding: Finding) -> str:
    """Return the interval over seeds; the count for a share of seeds."""
    if finding.bound.kind == "share_at_least":
        return f"{sum(finding.values):.0f} of {len(finding.values)}"
    if len(finding.values) == 1:
        return "—"
    text = "–".join(map(format_number, finding.interval))
    if finding.bound.kind == "sign_test":
        wanted = sum(finding.bound.low < v < finding.bound.high for v in finding.values)
        text += f"; {wanted} of {len(finding.values)}"
    return text


def describe(finding: Finding) -> str:
    """Return value, spread and number of seeds in one phrase."""
    unit = f" {finding.bound.unit}" if finding.bound.unit else ""
    value = f"{format_number(finding.value)}{unit}"
    count = len(finding.values)
    if count == 1:
        return value
    if finding.bound.kind == "share_at_least":
        return f"{value} ({spread(finding)} seeds)"
    return f"{value} ({spread(finding)}, {count} seeds)"


def mark(verdict: Verdict) -> str:
    """Return a verdict as a sign and in words."""
    return f"{_MARKS[verdict]} {verdict}"


def html_table(results: Sequence[Result]) -> str:
    """One row a bound, under a row with the claim's statement.

    No colour is set: the class ``dataframe`` takes the theme's, light and dark.
    """
    head = "".join(f"<th>{heading}</th>" for heading in _HEADINGS)
    body = "".join(_html_rows(result) for result in results)
    return (
        '<table class="dataframe msbook-claims">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _html_rows(result: Result) -> str:
    claim = result.claim
    star = "★ " if claim.beyond_paper else ""
    rows = [
        '<tr><th colspan="6" style="text-align:left">'
        f"{star}{escape(claim.where)}: {escape(claim.statement)} "
        f"<code>{escape(claim.id)}</code>{_overall(result)}</th></tr>"
    ]
    rivals = {finding.bound.name: finding for finding in result.rivals}
    for position, finding in enumerate(result.findings):
        holds_when = escape(target(finding.bound))
        if finding.bound.name in rivals:
            value = format_number(rivals[finding.bound.name].value)
            holds_when += f"<br><small>rival: {value}</small>"
        cells = (
            escape(finding.bound.label),
            (escape(claim.printed) or "—") if position == 0 else "",
            escape(_value_with_count(finding)),
            escape(spread(finding)),
            holds_when,
            f"<strong>{mark(finding.verdict)}</strong>",
        )
        rows.append(
            "<tr>"
            + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells)
            + "</tr>"
        )
    if claim.reason:
        rows.append(
            '<tr><td colspan="6" style="text-align:left">'
            f"<em>{escape(claim.reason)}</em></td></tr>"
        )
    return "".join(rows)


def _value_with_count(finding: Finding) -> str:
    unit = f" {finding.bound.unit}" if finding.bound.unit else ""
    count = len(finding.values)
    seeds = f", {count} seeds" if count > 1 else ""
    return f"{format_number(finding.value)}{unit}{seeds}"


def _overall(result: Result) -> str:
    return f" {mark(result.verdict)}" if len(result.findings) > 1 else ""
