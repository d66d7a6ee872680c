"""Kept results of the book: where they are, and how they were made."""

import os
import platform
import sys
from datetime import UTC, datetime
from functools import lru_cache
from importlib.metadata import metadata, version
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import lazy_loader
from requests import RequestException

from msbook._validation import check_count, check_kind
from msbook.serialization.arrays import Facts

# In a notebook it asks for widgets as it is loaded: not before it is needed.
pooch: Any = lazy_loader.load("pooch")

PACKAGES = ("numpy", "scipy", "torch", "numba")
REGISTRY = "results_registry.txt"  # beside this file; book/_tools/registry.py writes it


def find_results(name: str) -> Path:
    """Path of a kept result of the book: in its checkout, or fetched from its address.

    An installed package holds no results. It fetches a file once, into the user's
    cache or the folder that the variable ``MSBOOK_RESULTS`` names, and compares its
    checksum with the one that the package knows.

    Parameters
    ----------
    name : str
        Path below ``book/results``; none leads out of it.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    ValueError
        If there is no such result.
    OSError
        If it cannot be fetched, or is not the one that this version knows.

    Examples
    --------
    >>> import msbook as ms
    >>> ms.io.find_results("slow_maps/table_2.safetensors").name
    'table_2.safetensors'
    """
    check_kind("name", name, str, "the path of a kept result below book/results")
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(
            f"name must be the path of a kept result below book/results; got {name!r}. "
            "Other files are read by their own path, as by load_arrays."
        )
    checkout = Path(__file__).resolve().parents[3] / "book" / "results"
    if (checkout / name).is_file():
        return checkout / name
    if checkout.is_dir() or name not in _store().registry:
        raise ValueError(
            f"name must be that of a kept result, a file of book/results; got {name!r}."
            " `make results` in a checkout makes it again."
        )
    return _fetch(name)


@lru_cache(maxsize=1)
def _store() -> Any:
    addresses = metadata("msbook").get_all("Project-URL") or []
    [repository] = [a.split(", ")[1] for a in addresses if a.startswith("Repository")]
    store = pooch.create(
        path=pooch.os_cache("msbook"),
        base_url=f"{repository}/raw/main/book/results/",
        env="MSBOOK_RESULTS",
    )
    with as_file(files("msbook.serialization") / REGISTRY) as registry:
        store.load_registry(registry)
    return store


def _fetch(name: str) -> Path:
    store = _store()
    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(store.fetch(name, progressbar=sys.stderr.isatty()))
    except RequestException as error:
        raise OSError(
            f"{name} could not be fetched from {store.get_url(name)}: "
            f"{type(error).__name__}. Try again with a connection; or copy the folder "
            "book/results of a checkout, and name it by the variable MSBOOK_RESULTS."
        ) from error
    except ValueError as error:  # the checksum is another
        raise OSError(
            f"{store.get_url(name)} is not the file that msbook {version('msbook')} "
            "knows. Update the package, or work in a checkout of this version."
        ) from error


def provenance(command: str, seed: int | list[int]) -> Facts:
    """Facts to keep beside a result: how, when and with what it was made.

    Parameters
    ----------
    command : str
        The one command that makes the result again.
    seed : int or list of int

    Returns
    -------
    dict
        With the keys command, seed, date, versions and hardware.

    Raises
    ------
    ValueError
        If the command is no text, or the seed not whole numbers from 0 on.
    """
    check_kind("command", command, str, "the command that makes the result again")
    for one in seed if isinstance(seed, list) and seed else [seed]:
        check_count("seed", one, least=0)
    versions = {name: version(name) for name in PACKAGES}
    return {
        "command": command,
        "seed": seed,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {"python": platform.python_version(), **versions},
        "hardware": f"{platform.machine()}, {os.cpu_count()} cores",
    }
