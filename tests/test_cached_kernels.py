"""Compiled code is kept where there is a place for it, and done without elsewhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import msbook

PROGRAM = """
import msbook, torch
[getattr(msbook, name) for name in msbook.__all__]
network = msbook.networks.GRU(3).build(2, torch.Generator().manual_seed(0))
start = torch.zeros(1, 2).double().numpy(), torch.zeros(1, 3).double().numpy()
print(*msbook.networks.propagate(network, *start, 3)[0].shape)
"""


@pytest.fixture
def package(tmp_path):
    """A copy of the package beside which nothing can be written.

    Permissions do not stop the superuser, so files stand where folders would be made.
    """
    copy = tmp_path / "src" / "msbook"
    shutil.copytree(
        Path(msbook.__file__).parent,
        copy,
        ignore=shutil.ignore_patterns("__pycache__", "*.pyc"),
    )
    folders = [copy, *(path for path in copy.rglob("*") if path.is_dir())]
    for folder in folders:
        (folder / "__pycache__").write_text("no folder")
    (tmp_path / "home").write_text("no folder")
    return copy


@pytest.mark.parametrize("place", [None, "a folder of the user's"])
def test_everything_is_imported_and_runs_from_a_read_only_place(
    tmp_path, package, place
):
    hidden = ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "PYTHONPATH")
    variables = {name: v for name, v in os.environ.items() if name not in hidden}
    # Without HOME the home of the password file counts, which can be written here.
    variables |= {"HOME": str(tmp_path / "home"), "PYTHONPATH": str(package.parent)}
    variables |= {"MPLCONFIGDIR": str(tmp_path / "matplotlib")}
    if place is not None:
        variables["NUMBA_CACHE_DIR"] = str(tmp_path / place)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["1", "3", "2"]
    assert bool(list(tmp_path.rglob("*.nbi"))) == (place is not None)
