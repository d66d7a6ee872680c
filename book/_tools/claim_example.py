"""One claim of the ledger judged step by step, from its stored values."""

from markdown_directive import MarkdownDirective

from msbook import claims
from msbook.book.claims.display import format_number, mark, target


class ClaimExample(MarkdownDirective):
    """A claim with one bound: each seed's value, the rule, the verdict, the rival."""

    required_arguments = 1

    def markdown(self) -> str:
        """Return the steps as Markdown."""
        entries = claims.review().entries
        entry = next(e for e in entries if e.claim.id == self.arguments[0])
        claim, result = entry.claim, entry.result
        if result is None or len(result.findings) != 1:
            raise ValueError(
                f"{claim.id} has no result of one bound, which the example needs; "
                "name another claim."
            )
        (finding,), bound = result.findings, claim.bounds[0]
        low, high = finding.interval
        rows = [
            ("the claim", f"{claim.where}: {claim.statement}"),
            ("what is measured", bound.label),
            ("in the paper", claim.printed or "no value"),
            ("the bound", f"the median is {target(bound)}"),
            ("the rival", claim.rival),
            ("our values, one a seed", ", ".join(map(format_number, finding.values))),
            ("their median", format_number(finding.value)),
            (
                "the interval of the median",
                f"{format_number(low)} to {format_number(high)}",
            ),
            ("the rival's median", format_number(result.rivals[0].value)),
            ("the rival's verdict", mark(result.rivals[0].verdict)),
            ("our verdict", f"**{mark(finding.verdict)}**"),
        ]
        lines = (f"| {name} | {text} |" for name, text in rows)
        return "\n".join(("| step | here |", "|---|---|", *lines))
