"""Keep how long each notebook ran, when, and with which versions.

The record stands apart from the notebooks: their stored outputs are compared
with a new run, and times never repeat.
"""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from project import ROOT, replace_file

RECORD = ROOT / "book" / "results" / "execution.json"
PACKAGES = ("numpy", "scipy", "torch", "numba", "scikit-learn", "matplotlib")


class Stopwatch:
    """Context manager that measures the processor time of child processes in seconds.

    A notebook runs on one thread. Where nothing else runs this is the time that one
    waits, and on a busy machine it is what one would wait on an idle one.
    """

    def __enter__(self) -> "Stopwatch":
        self._start = self._used()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = self._used() - self._start

    @staticmethod
    def _used() -> float:
        times = os.times()
        return times.children_user + times.children_system


def load() -> dict[str, dict]:
    """Return the record, one entry a notebook, by its path in the repository."""
    return json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}


def record(source: Path, seconds: float) -> None:
    """Keep the run of one chapter that has just ended."""
    entries = load()
    versions = {"python": platform.python_version()}
    versions |= {package: version(package) for package in PACKAGES}
    entries[source.with_suffix(".ipynb").relative_to(ROOT).as_posix()] = {
        "seconds": round(seconds, 1),
        "date": datetime.now(UTC).date().isoformat(),
        "versions": versions,
    }
    replace_file(RECORD, json.dumps(entries, indent=2, sort_keys=True) + "\n")


def table(pages: set[str]) -> str:
    """Return the record as a Markdown table, linked to those notebooks in ``pages``."""
    rows = []
    for path, entry in load().items():
        page = "/" + path.removesuffix(".ipynb")
        link = f"{{doc}}`{page}`" if page[1:] in pages else f"`{path}`"
        versions = ", ".join(f"{name} {v}" for name, v in entry["versions"].items())
        rows.append(
            f"| {link} | {entry['seconds']:.1f} | {entry['date']} | {versions} |"
        )
    if not rows:
        return "No notebook has been run yet."
    total = sum(entry["seconds"] for entry in load().values())
    head = ["| notebook | seconds | run on | versions |", "|---|--:|---|---|"]
    return "\n".join([*head, *rows, f"| **all** | **{total:.1f}** | | |"])
