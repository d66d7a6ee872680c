"""The stored studies of estimators on systems from elsewhere, as tables."""

import json
from typing import Any

from docutils import nodes
from project import ROOT
from sphinx.util.docutils import SphinxRole

RESULTS = ROOT / "book" / "results" / "elsewhere"

# The tables of a study: which of its rows, by a fact that they all have, and which of
# their facts, under which heading.
_SLOW_MAP = {
    "system": "system",
    "settings": "settings",
    "angle": "median angle, °",
    "worst_angle": "worst angle, °",
    "worst_spearman": "worst rank correlation",
    "good": "called good",
    "seconds": "s a fit",
}
_LEAD_TIMES = {f"{n} steps": str(n) for n in (1, 10, 30, 60, 100, 150)}
TABLES: dict[str, list[tuple[str, dict[str, str]]]] = {
    "slow_map": [
        ("angle", _SLOW_MAP),
        (
            "beyond_5_degrees",
            {
                "settings": "fits",
                "beyond_5_degrees": "beyond 5°",
                "flagged_of_these": "flagged",
                "within_2.5_degrees": "within 2.5°",
                "flagged_of_those": "flagged all the same",
            },
        ),
        (
            "right",
            {
                "system": "system",
                "fits": "fits",
                "right": "right number",
                "refused": "refused",
            },
        ),
    ],
    "flow_map": [
        (
            "statistic",
            {
                "system": "system",
                "statistic": "statistic",
                "model": "model",
                "median": "median",
                "worst": "worst",
                "seconds": "s a fit",
            },
        )
    ],
    "fields": [
        (
            "model",
            {"system": "system", "model": "model", **_LEAD_TIMES, "seconds": "s a fit"},
        ),
        (
            "over the best peer",
            {
                "system": "system",
                "over the best peer": "LED over best",
                **_LEAD_TIMES,
            },
        ),
    ],
    "effective_potential": [
        (
            "error",
            {
                "system": "landscape",
                "settings": "settings",
                "fits": "fits",
                "failed": "failed",
                "error": "median error",
                "worst_error": "worst error",
                "seconds": "s a fit",
            },
        )
    ],
}


# What a row calls an estimator with its defaults, as its settings or as its model.
OURS = {"defaults", "flow map", "LED"}


def fit_time(name: str) -> str:
    """How long a fit with the defaults takes, over the systems of a study, in words."""
    seconds = [
        row["seconds"]
        for row in _load(name)["rows"]
        if "seconds" in row and OURS & {row.get("settings"), row.get("model")}
    ]
    return f"{min(seconds):.2g} to {max(seconds):.2g} seconds"


class FitTime(SphinxRole):
    """A study, by its name, as the time of a fit."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the phrase; the page is read again when the study changes."""
        self.env.note_dependency(str(RESULTS / f"{self.text}.json"))
        return [nodes.Text(fit_time(self.text))], []


def tables(name: str) -> str:
    """The tables of a study, and what they were made with, as Markdown."""
    report = _load(name)
    parts = []
    for fact, headings in TABLES[name]:
        rows = [row for row in report["rows"] if fact in row]
        numbers = (isinstance(rows[0].get(key), int | float) for key in headings)
        rule = "|".join("--:" if is_number else "---" for is_number in numbers)
        lines = [f"| {' | '.join(headings.values())} |", f"|{rule}|"]
        for row in rows:
            cells = (_cell(row.get(key)) for key in headings)
            lines.append(f"| {' | '.join(cells)} |")
        parts.append("\n".join(lines))
    versions = ", ".join(f"{name} {v}" for name, v in report["versions"].items())
    seeds = f"{min(report['seed'])}–{max(report['seed'])}"
    parts.append(
        f"Made on {report['date'][:10]} by `{report['command']}` with seeds {seeds}, "
        f"on one thread ({report['hardware']}), with {versions}."
    )
    return "\n\n".join(parts)


def _load(name: str) -> dict[str, Any]:
    return json.loads((RESULTS / f"{name}.json").read_text("utf-8"))


def _cell(value: Any) -> str:
    if value is None:
        return "—"
    if not isinstance(value, float):
        return str(value)
    return f"{value:.5f}" if 0.99 < value < 1.0 else f"{value:.3g}"
