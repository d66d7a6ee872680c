"""The scoreboard: a chart of verdicts by chapter, then every claim, and a filter."""

from collections import Counter
from functools import cache

from docutils import nodes
from markdown_directive import MarkdownDirective
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxRole

from msbook import claims

PAGE = "book/reference/scoreboard"
VERDICTS = tuple(map(str, claims.Verdict))


@cache
def statuses() -> tuple[tuple[str, str], ...]:
    """Return chapter and verdict of each claim, read once a build."""
    return tuple((e.claim.chapter, e.status) for e in claims.review().entries)


def chart(titles: dict[str, str]) -> str:
    """Return a table whose cells are bars as long as the numbers that they show."""
    counts = Counter(statuses())
    rows = []
    for chapter, title in titles.items():
        cells = [
            f'<td class="{verdict.replace(" ", "-")}">'
            f'<span style="width:{counts[chapter, verdict] / 4:g}em"></span>'
            f"{counts[chapter, verdict]}</td>"
            for verdict in VERDICTS
        ]
        rows.append(f'<tr><th scope="row">{title}</th>{"".join(cells)}</tr>')
    heads = "".join(f'<th scope="col">{verdict}</th>' for verdict in VERDICTS)
    return (
        '<table class="verdicts"><caption>Verdicts by chapter</caption>'
        f'<thead><tr><th scope="col">chapter</th>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )


def chapter_titles(board: str) -> dict[str, str]:
    """Return the titles of the chapters, which are the headings of the board."""
    headings = [line[3:] for line in board.splitlines() if line.startswith("## ")]
    chapters = dict.fromkeys(chapter for chapter, _ in statuses())
    return dict(zip(chapters, headings, strict=True))


class VerdictChart(MarkdownDirective):
    """How many claims of each chapter hold."""

    def markdown(self) -> str:
        """Return the counts of all chapters, and the chart."""
        summary, board = claims.scoreboard_markdown().split("\n\n", 1)
        picture = chart(chapter_titles(board))
        return f"{summary}\n\n```{{raw}} html\n{picture}\n```"


class Scoreboard(MarkdownDirective):
    """The ledger of claims, read from the stored notebooks, a section a chapter."""

    def markdown(self) -> str:
        """Return the sections; they must come first, or they would change places."""
        return claims.scoreboard_markdown().split("\n\n", 1)[1]


class ClaimCount(SphinxRole):
    """The number of all claims, or of those with a verdict."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number; the page is read in each build anew."""
        self.env.note_reread()
        if self.text not in ("all", *VERDICTS):
            raise ValueError(f"claim-count takes all or a verdict; got {self.text!r}.")
        number = sum(self.text in ("all", status) for _, status in statuses())
        return [nodes.Text(str(number))], []


def load_filter(app: Sphinx, pagename, templatename, context, doctree) -> None:
    """Load the script of the filter on the page of the scoreboard alone."""
    if pagename == PAGE:
        app.add_js_file("scoreboard.js")
