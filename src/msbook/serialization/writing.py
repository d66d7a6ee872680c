"""What all files share: how they are found and written, and what a bad one ends in."""

import os
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from glob import escape
from pathlib import Path
from shutil import copymode
from typing import Any
from uuid import uuid4

try:
    import fcntl
except ImportError:  # there are no such locks on Windows
    fcntl = None


_LONGEST_STEM = 200  # bytes, of the 255 that a name may have


class FileFormatError(ValueError):
    """A file is truncated, was changed, is too large, or is not one of ours."""


def sentence(error: Exception) -> str:
    """What an error says, with a full stop, or else its kind."""
    text = str(error) or type(error).__name__
    return text if text.endswith((".", ".)")) else f"{text}."


def file_path(path: str | os.PathLike[str], name: str = "path") -> Path:
    """A path that may be that of a file, or a ValueError that names the argument."""
    given: Any = path
    if not isinstance(given, str | os.PathLike) or not os.fspath(path):
        raise ValueError(f"{name} must name a file; got {path!r}.")
    found = Path(path)
    if found.is_dir():
        raise ValueError(
            f"{name} must name a file; {found} is a folder. Name one in it."
        )
    return found


def file_to_read(path: str | os.PathLike[str], name: str = "path") -> Path:
    """The path of a file that is there."""
    found = file_path(path, name)
    if not found.is_file():
        raise FileNotFoundError(f"there is no file {found}.")
    return found


def file_to_write(path: str | os.PathLike[str], name: str = "path") -> Path:
    """The path of a file that can be made, or a ValueError that says why it cannot.

    Of a symbolic link it is that of the file which the link leads to.
    """
    found = file_path(path, name)
    if found.is_symlink():
        found = Path(os.path.realpath(found))
        if found.is_symlink():
            raise ValueError(
                f"{name} must name a file; {path} is a symbolic link that leads back "
                "to itself. Remove it."
            )
    if not found.parent.is_dir():
        raise ValueError(
            f"{name} must lie in a folder that is there; there is no folder "
            f"{found.parent} for {found.name}. Make it first."
        )
    return found


def write_aside(path: Path, data: bytes) -> None:
    """Write to a neighbouring file, and rename it once it is safely on disk.

    Every writer has a neighbouring file of its own, so that of two who write the same
    path both succeed, and the later one wins. What writers that were killed left behind
    is removed. Who may read and write the file stays as it was.
    """
    path = file_to_write(path)
    _remove_abandoned_parts(path)
    with _own_part(path) as part:
        with open(part, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            copymode(path, part)
        os.replace(part, path)


@contextmanager
def _own_part(path: Path) -> Generator[Path]:
    """A new neighbouring file, locked for as long as its writer lives."""
    with ExitStack() as locks:
        while True:
            part = path.with_name(f".{_stem(path)}.{uuid4().hex[:12]}.part")
            part.touch(exist_ok=False)
            # Before it was locked, another writer may have taken it for abandoned.
            with suppress(BlockingIOError, FileNotFoundError):
                _lock(part, locks)
                part.stat()
                break
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)


def _stem(path: Path) -> str:
    """A name that is short enough to be part of a longer one."""
    return path.name.encode()[:_LONGEST_STEM].decode(errors="ignore")


def _remove_abandoned_parts(path: Path) -> None:
    """The system gives back the locks of a process however it ends."""
    for part in path.parent.glob(f".{escape(_stem(path))}.*.part"):
        with ExitStack() as locks, suppress(OSError):
            if _lock(part, locks):
                part.unlink()


def _lock(part: Path, locks: ExitStack) -> bool:
    """Lock a file until ``locks`` are closed; False where there are no locks.

    Raises a BlockingIOError if another has the lock.
    """
    if fcntl is None:
        return False
    file = locks.enter_context(part.open("r+b"))
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:  # some file systems of clusters have none
        return False
    return True
