"""One claim of the ledger judged step by step, from its stored values."""

from decimal import Decimal

from markdown_directive import MarkdownDirective

from msbook import claims
from msbook.book.claims.display import format_number, mark, target

KINDS = ("at_most", "at_least", "within")  # bounds on a median, which the steps explain


def decimals_of(value: float) -> int:
    """Return how many decimals a number is printed with where it stands alone."""
    exponent = Decimal(format_number(value)).as_tuple().exponent
    return max(-int(exponent), 0)


class ClaimExample(MarkdownDirective):
    """A claim with one bound on a median: each seed's value, the rule, the verdict."""

    required_arguments = 1

    def markdown(self) -> str:
        """Return the steps as Markdown."""
        entries = {entry.claim.id: entry for entry in claims.review().entries}
        name = self.arguments[0]
        if name not in entries:
            raise ValueError(
                "claim-example needs the id of a claim in book/claims.toml; "
                f"got {name!r}; name another claim."
            )
        claim, result = entries[name].claim, entries[name].result
        kinds = [bound.kind for bound in claim.bounds]
        if result is None or len(kinds) != 1 or kinds[0] not in KINDS:
            raise ValueError(
                f"{claim.id} has no result of one bound on a median, which the example "
                f"needs; its bounds are {kinds}; name another claim."
            )
        (finding,), (bound,) = result.findings, claim.bounds
        decimals = decimals_of(finding.value)
        *values, median, low, high = (
            f"{value:.{decimals}f}"
            for value in (*finding.values, finding.value, *finding.interval)
        )
        rows = [
            ("the claim", f"{claim.where}: {claim.statement}"),
            ("what is measured", bound.label),
            ("in the paper", claim.printed or "no value"),
            ("the bound", f"the median is {target(bound)}"),
            ("the rival", claim.rival),
            ("our values, one a seed", ", ".join(values)),
            ("their median", median),
            ("the interval of the median", f"{low} to {high}"),
            ("the rival's median", format_number(result.rivals[0].value)),
            ("the rival's verdict", mark(result.rivals[0].verdict)),
            ("our verdict", f"**{mark(finding.verdict)}**"),
        ]
        escaped = ((step, text.replace("|", r"\|")) for step, text in rows)
        lines = (f"| {step} | {text} |" for step, text in escaped)
        return "\n".join(("| step | here |", "|---|---|", *lines))
