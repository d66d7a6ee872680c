"""The stored benchmarks as a table: ours beside the peers, in one run."""

import json

from project import ROOT

RECORD = ROOT / "book" / "results" / "benchmarks.json"


def table() -> str:
    """Return the stored comparisons and what they were made with, as Markdown."""
    report = json.loads(RECORD.read_text("utf-8"))
    installed = [record for record in report["comparisons"] if record["installed"]]
    parts = []
    for workload in dict.fromkeys(record["workload"] for record in installed):
        records = [record for record in installed if record["workload"] == workload]
        parts.append(f"**{workload}**, {records[0]['unit']}")
        rows = [
            "| peer | ours | peer's | ratio | spread | target |",
            "|---|--:|--:|--:|---|---|",
            *(f"| {' | '.join(_cells(record))} |" for record in records),
        ]
        parts.append("\n".join(rows))
    size = report["paper_size"]
    low, high = size["spread"]
    parts.append(
        "The longest run of {cite:t}`li2024effective`, "
        f"{size['steps'] / 1e9:.1f} · 10⁹ steps, took {size['seconds']:.1f} s "
        f"({low:.1f}–{high:.1f}) on {size['threads']} threads."
    )
    parts.append(_cold_start(report["cold_start"]))
    versions = ", ".join(f"{name} {v}" for name, v in report["versions"].items() if v)
    parts.append(
        f"Made on {report['date'][:10]} by `{report['command']}` on one thread of "
        f"{report['processor']} ({report['hardware']}; load {report['load']} at the "
        f"end), with {versions}."
    )
    return "\n\n".join(parts)


def _cold_start(found: dict[str, dict[str, float]]) -> str:
    """What a new process needs for its first result."""
    rows = [
        "| a new process | import, s | first solution, s | memory, MiB |",
        "|---|--:|--:|--:|",
        *(
            f"| {name} | {one['import']:.2f} | {one['first solve']:.2g} | "
            f"{one['MiB']:.0f} |"
            for name, one in found.items()
        ),
    ]
    head = (
        "**cold start**: seconds of the processor that a new process needs to import, "
        "and then to solve geometric Brownian motion once over 100 steps; SciPy solves "
        "the equation of its mean"
    )
    return head + "\n\n" + "\n".join(rows)


def _cells(record: dict) -> list[str]:
    low, high = record["spread"]
    target = "—"
    if record["target"] is not None:
        reached = "reached" if record["ratio"] >= record["target"] else "missed"
        target = f"≥ {record['target']:g}: {reached}"
    return [
        record["peer"],
        f"{record['ours']:.3g}",
        f"{record['theirs']:.4g}",
        f"**{record['ratio']:.1f}**",
        f"{low:.1f}–{high:.1f}",
        target,
    ]
