"""Checksums of the kept results, by which an installed package fetches them.

``python book/_tools/registry.py`` writes them into the package, after results have
been made again.
"""

from hashlib import sha256

from project import ROOT

RESULTS = ROOT / "book" / "results"
REGISTRY = ROOT / "src" / "msbook" / "serialization" / "results_registry.txt"
NOT_READ = ("make*.py", "execution.json", "*.pyc")  # by no reader of a chapter


def registry() -> str:
    """One line a result: its path, and its checksum."""
    found = sorted(
        path
        for path in RESULTS.rglob("*")
        if path.is_file() and not any(map(path.match, NOT_READ))
    )
    return "".join(
        f"{path.relative_to(RESULTS).as_posix()} "
        f"sha256:{sha256(path.read_bytes()).hexdigest()}\n"
        for path in found
    )


if __name__ == "__main__":
    REGISTRY.write_text(registry(), encoding="utf-8")
