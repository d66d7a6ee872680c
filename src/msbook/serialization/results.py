"""Kept results of the book: where they are, and how they were made."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from msbook._validation import check_count, check_kind
from msbook.serialization.arrays import Facts

PACKAGES = ("numpy", "scipy", "torch", "numba")


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
    if not checkout.is_dir():
        # In a notebook what fetches asks for widgets as it is loaded.
        from msbook.serialization.fetching import STORE, fetch

        if name in STORE.registry:
            return fetch(name)
    raise ValueError(
        f"name must be that of a kept result, a file of book/results; got {name!r}. "
        "`make results` in a checkout makes it again."
    )


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
