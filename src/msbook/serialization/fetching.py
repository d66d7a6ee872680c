"""Kept results of the book where there is no checkout: fetched once, by checksum."""

import sys
from importlib.metadata import metadata, version
from importlib.resources import as_file, files
from pathlib import Path

import pooch
from requests import RequestException

REGISTRY = "results_registry.txt"  # beside this file; book/_tools/registry.py writes it


def _new_store() -> pooch.Pooch:
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


STORE = _new_store()
"""Where results come from and are kept, and the checksum of each."""


def fetch(name: str) -> Path:
    """Path of a result in the user's cache, fetched if it is not there yet.

    Parameters
    ----------
    name : str
        One of ``STORE.registry``.

    Returns
    -------
    pathlib.Path

    Raises
    ------
    OSError
        If it cannot be fetched, or is not the one that this version knows.
    """
    pooch.get_logger().setLevel("WARNING")
    try:
        return Path(STORE.fetch(name, progressbar=sys.stderr.isatty()))
    except RequestException as error:
        raise OSError(
            f"{name} could not be fetched from {STORE.get_url(name)}: "
            f"{type(error).__name__}. Try again with a connection; or copy the folder "
            "book/results of a checkout, and name it by the variable MSBOOK_RESULTS."
        ) from error
    except ValueError as error:  # the checksum is another
        raise OSError(
            f"{STORE.get_url(name)} is not the file that msbook {version('msbook')} "
            "knows. Update the package, or work in a checkout of this version."
        ) from error
