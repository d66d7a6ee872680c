"""Time to the first result: what a new process needs, ours and the peers'."""

import subprocess
import sys
from importlib.util import find_spec
from statistics import median
from typing import Any

RUNS = 5

# Each program imports, and then solves geometric Brownian motion, or its mean, once.
PROGRAMS = {
    "msbook": """
import msbook as ms
mark()
growth = ms.SDE(lambda t, y, p: p[0] * y[0], lambda t, y, p: p[1] * y[0], y0=1.0,
                parameters=(0.5, 0.3))
ms.solve(growth, t_span=(0, 1), dt=0.01, rng=0)
""",
    "torchsde": """
import torch, torchsde
mark()
class Growth:
    noise_type, sde_type = "diagonal", "ito"
    def f(self, t, y): return 0.5 * y
    def g(self, t, y): return 0.3 * y
torchsde.sdeint(Growth(), torch.ones(1, 1), torch.tensor([0.0, 1.0]), dt=0.01)
""",
    "diffrax": """
import diffrax, jax, jax.numpy as jnp
mark()
noise = diffrax.UnsafeBrownianPath((), jax.random.key(0))
terms = diffrax.MultiTerm(
    diffrax.ODETerm(lambda t, y, p: 0.5 * y),
    diffrax.ControlTerm(lambda t, y, p: 0.3 * y, noise),
)
diffrax.diffeqsolve(
    terms, diffrax.Euler(), 0.0, 1.0, 0.01, jnp.ones(()),
    adjoint=diffrax.DirectAdjoint(),
).ys.block_until_ready()
""",
    "SciPy, solve_ivp": """
from scipy.integrate import solve_ivp
mark()
solve_ivp(lambda t, y: 0.5 * y, (0.0, 1.0), [1.0], max_step=0.01)
""",
}
_CLOCK = """
import time
marks = [time.process_time()]
mark = lambda: marks.append(time.process_time())
{program}
mark()
import resource
print(*marks, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def cold_start(runs: int = RUNS) -> dict[str, dict[str, Any]]:
    """Seconds of the processor, and memory, of a new process.

    A first process, not counted, leaves on disk what it keeps there.

    Returns
    -------
    dict
        For each way that is installed, medians of ``import`` and ``first solve`` in
        seconds, and the most memory, in MiB.
    """
    found = {}
    for name, program in PROGRAMS.items():
        if find_spec(name.split(",")[0].lower()) is None:
            continue
        measured = [_measure(program) for _ in range(runs + 1)][1:]
        seconds = [median(column) for column in zip(*measured, strict=True)]
        found[name] = dict(zip(("import", "first solve", "MiB"), seconds, strict=True))
    return found


def _measure(program: str) -> tuple[float, float, float]:
    command = [sys.executable, "-c", _CLOCK.format(program=program)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    start, imported, solved, memory = map(float, done.stdout.split())
    return imported - start, solved - imported, memory
