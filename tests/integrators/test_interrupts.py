"""Ctrl-C ends a run, whoever computes it, and leaves nobody behind."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from msbook._compile.kernels.interrupts import (
    NobodyWaitsError,
    Slices,
    run_in_slices,
    stopping_when,
)

HEADER = """
import signal
import numpy as np
import msbook as ms
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

def drift(t, y, p):
    return -y[0], -y[1]

def noise(t, y, p):
    return 0.1, 0.1

class Hopping(ms.systems.ReactionDiffusion):
    @staticmethod
    def rates(u, v, p):
        return 0.0 * u, 0.0 * v

V = ms.systems.ripple(0.1)
sde = ms.SDE(drift, noise, y0=(1.0, 1.0))
plain = ms.SDE(drift, noise, y0=(1.0, 1.0), compiled=False)
ode = ms.ODE(drift, y0=(1.0, 1.0))
field = Hopping(64, 1.0, (1e-3, 1e-3))
network = ms.systems.ReactionNetwork([[0], [1]], [[1], [-1]], rates=[1e6, 1.0], y0=[9])
many = np.ones((64, 2))

def run(n):  # n steps
    fine = {"t_span": (0, n / 128), "dt": 1 / 128, "save_every": n}
"""

RUNS = {
    "sde": "ms.solve(sde, rng=0, **fine)",
    "numpy": "ms.solve(plain, rng=0, **fine)",
    "ode": "ms.solve(ode, **fine)",
    "implicit": "ms.solve(ode, method=ms.Theta(0.5), **fine)",
    "langevin": "ms.solve(ms.systems.Langevin(V, 0.1, 1.0), rng=0, **fine)",
    "reactions": "ms.solve(network, t_span=(0, n), dt=n, rng=0)",
    "lattice": (
        "ms.solve(field, np.ones(128), method=ms.LatticeBoltzmannD1Q3(), **fine)"
    ),
    "field": "ms.solve(ms.systems.KuramotoSivashinsky(), **fine)",
    "threads": (
        "with ThreadPoolExecutor(2) as pool:\n"
        "        ms.solve(sde, many, rng=0, executor=pool, **fine)"
    ),
    "processes": (
        "with ProcessPoolExecutor(2) as pool:\n"
        "        ms.solve(sde, many, rng=0, executor=pool, **fine)"
    ),
}
MAIN = """
if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in background
    run(4)  # compiles
    print("on", flush=True)
    run(2**50)
"""


def children(pid):
    """Processes that this one started, from the table of processes."""
    found = []
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[1]) == pid and fields[0] != "Z":
            found.append(int(entry))
    return found


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="reads /proc")
@pytest.mark.parametrize("name", RUNS)
def test_ctrl_c_ends_a_run(name, tmp_path):
    """The signal goes to the one process, and all of its workers end too."""
    script = tmp_path / "run.py"
    script.write_text(f"{HEADER}    {RUNS[name]}\n{MAIN}")
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [sys.executable, str(script)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "on\n"
        time.sleep(2.0)  # so that it runs, in worker processes too
        assert process.poll() is None
        workers = children(process.pid)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert "KeyboardInterrupt" in errors
    assert not [pid for pid in workers if os.path.isdir(f"/proc/{pid}")]


def test_slices_do_everything_once():
    done = np.zeros((7, 30_000), dtype=int)

    def run(blocks, steps):
        done[slice(*blocks), slice(*steps)] += 1

    assert run_in_slices(*done.shape, run) is None
    assert (done == 1).all()
    assert run_in_slices(3, 5, lambda blocks, steps: blocks) == (0, 3)


def test_work_that_is_over_ends():
    slices, over = Slices(), [False]
    with stopping_when(lambda: over[0]):
        slices.take(10)
        slices.take(10)
        over[0] = True
        with pytest.raises(NobodyWaitsError):
            slices.take(10)
    slices.take(10)  # nobody stops this thread outside
