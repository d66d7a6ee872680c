"""Compiled code is kept where there is a place for it, and done without elsewhere."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import msbook
from msbook.integrators.ode import method_kernels
from msbook.integrators.sde import stepping_kernels

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


SDES = (
    msbook.SDE(lambda t, y, p: -y[0], lambda t, y, p: 1.0, y0=1.0),
    msbook.SDE(
        lambda t, y, p: (y[1], -p[0] * y[0] - p[1] * y[1]),
        lambda t, y, p: ((p[2], 0.0, 0.1), (0.2, np.sin(y[0]), t)),
        y0=(1.0, 0.0), parameters=(1.0, 2.0, 0.3), noise="general",
    ),
    msbook.systems.Langevin(msbook.systems.mueller_brown()),
)  # fmt: skip
ODES = (
    msbook.ODE(lambda t, y, p: -y[0], y0=1.0),
    msbook.ODE(lambda t, y, p: (y[1], -p[0] * y[0]), y0=(1.0, 0.0), parameters=(2.0,)),
)


@pytest.mark.parametrize(
    ("systems", "kernels"), [(SDES, stepping_kernels), (ODES, method_kernels)]
)
def test_the_loop_over_steps_is_compiled_once_for_all_systems(systems, kernels):
    seen = set()
    for system in systems:
        msbook.solve(system, t_span=(0.0, 0.1), dt=0.01, rng=0)
        seen.add(len(kernels._integrate.signatures))
    starts = np.tile(systems[0].y0, (3, 1))
    msbook.solve(systems[0], starts, t_span=(0, 1), dt=0.1, save_every=2, rng=0)
    # Other tests of this process may have asked for arrays in another order.
    assert seen == {len(kernels._integrate.signatures)}
