"""Importing the package loads nothing that nobody has asked for."""

import subprocess
import sys
from importlib.metadata import version

import pytest

import msbook

HEAVY = ("numpy", "scipy", "numba", "torch", "sklearn", "matplotlib", "pooch")


def loaded(program: str) -> set[str]:
    """Heavy modules that a program has loaded at its end."""
    program += (
        f"\nimport sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("program", "wanted"),
    [
        ("import msbook", set()),
        ("import msbook as ms; ms.SDE, ms.solve", {"numpy", "scipy", "numba"}),
        ("import msbook as ms; ms.sampling", {"numpy", "scipy", "numba"}),
        ("import msbook as ms; ms.metrics.fibre_angle", {"numpy", "scipy"}),
    ],
)
def test_what_is_loaded(program, wanted):
    assert loaded(program) == wanted


def test_all_public_names_are_there():
    missing = [name for name in msbook.__all__ if not hasattr(msbook, name)]
    assert not missing
    assert set(msbook.__all__) <= set(dir(msbook))


def test_an_unknown_name_is_an_attribute_error():
    name = "sovle"
    with pytest.raises(AttributeError, match="No msbook attribute sovle"):
        getattr(msbook, name)


def test_what_asks_for_widgets_is_not_loaded():
    """In a notebook ``tqdm.auto`` warns where there are none."""
    program = (
        "import msbook as ms; ms.io.save_arrays, ms.claims.settle, ms.solve, ms.LED"
    )
    program += "\nimport sys; print('tqdm.auto' in sys.modules)"
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_the_version_is_that_of_the_installed_package():
    assert msbook.__version__ == version("msbook")
