"""Run a study: ``python -m benchmarks.elsewhere slow_map --write``."""

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.__main__ import store
from benchmarks.timing import use_one_thread

RESULTS = Path(__file__).parents[2] / "book" / "results" / "elsewhere"


def main(arguments: list[str] | None = None) -> None:
    """Run the study that the command line asks for, a line a row."""
    parser = argparse.ArgumentParser(
        "python -m benchmarks.elsewhere", description=__doc__
    )
    parser.add_argument("estimator", help="name of the study")
    parser.add_argument("--write", action="store_true", help="store the rows")
    options = parser.parse_args(arguments)
    module = importlib.import_module(f"benchmarks.elsewhere.{options.estimator}")
    rows = module.study(module.SEEDS)
    for row in rows:
        print(row, flush=True)
    if options.write:
        from msbook.io import provenance

        command = f"python -m benchmarks.elsewhere {options.estimator} --write"
        facts = provenance(command, seed=list(module.SEEDS))
        store(facts | {"rows": rows}, RESULTS / f"{options.estimator}.json")


if __name__ == "__main__":
    use_one_thread()
    sys.exit(main())
