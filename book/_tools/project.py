"""Facts about the project, each read from the one file that states it."""

import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def metadata() -> dict[str, Any]:
    """Return the ``[project]`` table of ``pyproject.toml``."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def repository() -> str:
    """Return the address of the repository, without a trailing slash."""
    return metadata()["urls"]["Repository"].rstrip("/")


def site() -> str:
    """Return the address at which GitHub serves the repository's site."""
    owner, name = repository().split("/")[-2:]
    return f"https://{owner}.github.io/{name}/"


def replace_file(path: Path, text: str) -> None:
    """Write ``text`` to ``path`` so that a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{path.name}.partial")
    aside.write_text(text, "utf-8")
    aside.replace(path)
