"""What all files share: how they are written, and what a bad one ends in."""

import os
from pathlib import Path


class FileFormatError(ValueError):
    """A file is truncated, was changed, or is not one of ours."""


def write_aside(path: Path, data: bytes) -> None:
    """Write to a neighbouring file, and rename it once it is safely on disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(beside, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)
