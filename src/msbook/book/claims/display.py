"""How findings are written: numbers, bounds, and the table of paper against ours."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from msbook.book.claims.ledger import Claim
from msbook.book.claims.verdict import Bound, Finding, Verdict

Row = tuple[Claim, Sequence[Finding], Sequence[Finding]]  # what was found, the rival's

_MARKS = {Verdict.HOLDS: "✓", Verdict.UNDECIDED: "?", Verdict.FAILS: "✗"}
_HEADINGS = ("measured", "ours (median)", "spread", "holds when", "verdict")
# The site makes a link of what is cited; a notebook does not know where the page is.
_CAPTION = (
    "Bound, rival, seeds and verdict are explained in the book under "
    '<cite class="msbook-judged">How claims are judged</cite>.'
)
_CELL = "text-align:left;padding:.25em .6em"


def format_number(value: float) -> str:
    """Print three digits; more for a number near one, where its distance counts.

    Examples
    --------
    >>> from msbook.book.claims.display import format_number
    >>> [format_number(value) for value in (0.00273, 1000.0, 12.5, 0.99987)]
    ['0.00273', '1000', '12.5', '0.999870']
    """
    if 0.99 <= abs(value) < 1.0:
        return f"{value:.{2 - math.floor(math.log10(1.0 - abs(value)))}f}"
    rounded = float(f"{value:.2e}")
    if 1e3 <= abs(rounded) < 1e6:
        return f"{rounded:.0f}"
    return f"{rounded:#.3g}".rstrip(".")


def target(bound: Bound) -> str:
    """Return when the bound holds, in words and signs."""
    unit = _unit(bound)
    match bound.kind:
        case "at_most":
            return f"≤ {bound.high:g}{unit}"
        case "at_least":
            return f"≥ {bound.low:g}{unit}"
        case "within":
            return f"in [{bound.low:g}, {bound.high:g}]{unit}"
        case "share_at_least" if bound.low == 1.0:
            return "in all seeds"
        case "share_at_least":
            return f"in ≥ {100 * bound.low:g} % of seeds"
    return f"{'positive' if bound.low == 0 else 'negative'} (sign test, 5 %)"


def spread(finding: Finding) -> str:
    """Return the interval over seeds; the count for a share of seeds."""
    if finding.bound.kind == "share_at_least":
        return f"{sum(finding.values):.0f} of {len(finding.values)}"
    if len(finding.values) == 1:
        return "—"
    # A dash before a minus sign cannot be read.
    dash = " to " if finding.interval[0] < 0 else "–"
    text = dash.join(map(format_number, finding.interval))
    if finding.bound.kind == "sign_test":
        wanted = sum(finding.bound.low < v < finding.bound.high for v in finding.values)
        text += f"; {wanted} of {len(finding.values)}"
    return text


def describe(finding: Finding) -> str:
    """Return value, spread and number of seeds in one phrase."""
    value = f"{format_number(finding.value)}{_unit(finding.bound)}"
    count = len(finding.values)
    if count == 1:
        return value
    if finding.bound.kind == "share_at_least":
        return f"{value} ({spread(finding)} seeds)"
    return f"{value} ({spread(finding)}, {count} seeds)"


def mark(verdict: Verdict) -> str:
    """Return a verdict as a sign and in words."""
    return f"{_MARKS[verdict]} {verdict}"


def html_table(rows: Sequence[Row]) -> str:
    """One row a bound, under a row with the claim's statement.

    No colour is set: the class ``dataframe`` takes the theme's, light and dark.
    """
    head = "".join(f'<th style="{_CELL}">{heading}</th>' for heading in _HEADINGS)
    body = "".join(_html_rows(*row) for row in rows)
    return (
        f'<table class="dataframe msbook-claims"><caption>{_CAPTION}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    )


def _html_rows(
    claim: Claim, findings: Sequence[Finding], rivals: Sequence[Finding]
) -> str:
    statement = f"{claim.where}: {claim.statement}"
    if claim.beyond_paper:
        statement = f"★ {statement}"
    if claim.printed:
        statement += f" In the paper: {claim.printed}."
    if claim.precomputed:
        statement += f" Precomputed by book/results/{claim.precomputed}."
    worst = Verdict.worst([finding.verdict for finding in findings])
    overall = mark(worst) if len(findings) > 1 else ""
    rows = [
        _html_wide_row(
            f"{escape(statement)} <code>{escape(claim.id)}</code> "
            f"<strong>{overall}</strong>"
        )
    ]
    of_rival = {finding.bound.name: finding for finding in rivals}
    for finding in findings:
        holds_when = escape(target(finding.bound))
        if finding.bound.name in of_rival:
            value = format_number(of_rival[finding.bound.name].value)
            holds_when += f"<br><small>rival: {value}</small>"
        cells = (
            escape(finding.bound.label),
            escape(_value_with_count(finding)),
            escape(spread(finding)),
            holds_when,
            f"<strong>{mark(finding.verdict)}</strong>",
        )
        row = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in cells)
        rows.append(f"<tr>{row}</tr>")
    if claim.reason:
        rows.append(_html_wide_row(f"<em>{escape(claim.reason)}</em>"))
    return "".join(rows)


def _html_wide_row(content: str) -> str:
    return f'<tr><td colspan="{len(_HEADINGS)}" style="{_CELL}">{content}</td></tr>'


def _value_with_count(finding: Finding) -> str:
    count = len(finding.values)
    seeds = f", {count} seeds" if count > 1 else ""
    return f"{format_number(finding.value)}{_unit(finding.bound)}{seeds}"


def _unit(bound: Bound) -> str:
    return bound.unit if bound.unit in ("", "°") else f" {bound.unit}"
