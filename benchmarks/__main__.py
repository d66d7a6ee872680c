"""Compare the package with its peers: one line a workload and peer.

Costs are medians of seven runs on one thread, ours and the peer's in turn, after two
that are not counted; compilation is never timed. The ratio is the peer's cost by ours,
with its least and greatest value in brackets.
"""

import argparse
import json
import os
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.cold_start import cold_start
from benchmarks.timing import Workload, compare, use_one_thread

RESULTS = Path(__file__).parent.parent / "book" / "results" / "benchmarks.json"
RUNS = 7
PEERS = ("torchsde", "diffrax", "jax", "jaxlib", "deeptime")


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmarks that the command line asks for."""
    known = all_workloads()
    parser = _parser(list(known))
    options = parser.parse_args(arguments)
    if options.write and options.only:
        parser.error("--write stores all workloads: leave out --only")
    chosen = known if options.only is None else [options.only]
    records = []
    for name in chosen:
        for comparison in compare(known[name], RUNS):
            records.append(comparison.record())
            if not options.json:
                print(line(records[-1]), flush=True)
    report = facts() | {"comparisons": records}
    if "large-steps" in chosen:
        from benchmarks.large_steps import paper_size

        report["paper_size"] = size = paper_size()
        if not options.json:
            print(
                f"{size['workload']:<15} {size['steps']:.3g} steps on "
                f"{size['threads']} threads: {size['seconds']:.1f} s"
            )
    if "ode-cells" in chosen:
        from benchmarks.oscillators import report_size

        report["report_size"] = size = report_size()
        if not options.json:
            for workers, seconds in size["seconds"].items():
                print(f"{size['workload']:<15} by {workers}: {seconds:.1f} s")
    if options.only is None:
        report["cold_start"] = starts = cold_start()
        if not options.json:
            for name, found in starts.items():
                figures = ", ".join(
                    f"{key} {value:.3g}" for key, value in found.items()
                )
                print(f"{'cold start':<15} {name:<21} {figures}")
    if options.json:
        print(json.dumps(report, indent=1))
    if options.write:
        store(report, RESULTS)


def all_workloads() -> dict[str, Workload]:
    """Every workload by its name."""
    # The libraries read the environment when they are loaded: not before it is set.
    from benchmarks import (
        ensembles,
        fields,
        large_steps,
        oscillators,
        particles,
        training,
    )

    files = (ensembles, training, large_steps, fields, particles, oscillators)
    everything = [workload for file in files for workload in file.workloads()]
    return {workload.name: workload for workload in everything}


def line(record: dict[str, Any]) -> str:
    """A comparison for reading.

    Examples
    --------
    >>> line({"workload": "bursts", "peer": "diffrax", "installed": False})
    'bursts          diffrax               not installed'
    """
    head = f"{record['workload']:<15} {record['peer']:<21} "
    if not record["installed"]:
        return head + "not installed"
    low, high = record["spread"]
    text = (
        f"ours {record['ours']:8.3g}  peer {record['theirs']:8.4g} {record['unit']:<18}"
        f"  ratio {record['ratio']:6.1f} ({low:.1f}–{high:.1f})"
    )
    if record["target"] is None:
        return head + text
    verdict = "reached" if record["ratio"] >= record["target"] else "missed"
    return f"{head}{text}  target {record['target']:g} {verdict}"


def facts() -> dict[str, Any]:
    """What the numbers depend on."""
    from msbook.io import provenance

    made = provenance("python -m benchmarks --write", seed=list(range(RUNS)))
    for name in PEERS:
        try:
            made["versions"][name] = version(name)
        except PackageNotFoundError:
            made["versions"][name] = None
    return made | {
        "processor": _processor(),
        "threads": 1,
        "load": round(os.getloadavg()[0], 2),  # at the end, and one of it is ours
    }


def store(report: dict[str, Any], path: Path) -> None:
    """Write a report aside, and rename it once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    beside.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    os.replace(beside, path)


def _processor() -> str:
    """Name of the processor, where the system tells it."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    except OSError:
        return "unknown"
    names = [row.split(":")[1] for row in text.splitlines() if "model name" in row]
    return names[0].strip() if names else "unknown"


def _parser(names: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=names, help="one workload")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--write", action="store_true", help=f"store in {RESULTS.name}")
    return parser


if __name__ == "__main__":
    use_one_thread()
    sys.exit(main())
