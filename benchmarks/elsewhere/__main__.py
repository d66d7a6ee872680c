"""Run the study of one estimator: a line a row, and with --write a stored result."""

import argparse
import json
import os
from importlib import import_module
from pathlib import Path

from benchmarks.timing import use_one_thread

RESULTS = Path(__file__).parents[2] / "book" / "results" / "elsewhere"


def main(arguments: list[str] | None = None) -> None:
    """Run the study that the command line asks for."""
    parser = argparse.ArgumentParser("python -m benchmarks.elsewhere")
    parser.add_argument("estimator")
    parser.add_argument("--write", action="store_true", help="store the rows")
    options = parser.parse_args(arguments)
    module = import_module(f"benchmarks.elsewhere.{options.estimator}")
    rows = module.study(module.SEEDS)
    for row in rows:
        print(json.dumps(row, ensure_ascii=False), flush=True)
    if options.write:
        from msbook.io import provenance

        command = f"python -m benchmarks.elsewhere {options.estimator} --write"
        report = provenance(command, seed=list(module.SEEDS)) | {"rows": rows}
        store(report, RESULTS / f"{options.estimator}.json")


def store(report: dict, path: Path) -> None:
    """Write a report aside, and rename it once it is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.part")
    text = json.dumps(report, indent=1, ensure_ascii=False) + "\n"
    beside.write_text(text, encoding="utf-8")
    os.replace(beside, path)


if __name__ == "__main__":
    use_one_thread()
    main()
