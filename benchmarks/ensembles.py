"""Ensembles of paths, and bursts.

Every equation is spelled three times: as the system of msbook, as functions of arrays
``(..., dim)`` for PyTorch and JAX, and as a step by hand on rows of paths.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

import msbook as ms
from benchmarks import ensemble_peers as by
from benchmarks.ensemble_peers import Ensemble
from benchmarks.timing import Implementation, Run, Workload

EPS = 1e-3
N_SLOW = 2
START = 0.5
BETA = 4.0  # inverse temperature of deeptime's quadruple well

Peer = tuple[str, Callable[[Ensemble], Run], str | None]

HANDMADE: list[Peer] = [
    ("NumPy", by.numpy_by_hand, None),
    ("NumPy, SFC64", partial(by.numpy_by_hand, bits=np.random.SFC64), None),
    ("numba", by.numba_by_hand, None),
    ("PyTorch", by.torch_by_hand, None),
    ("msbook, not compiled", by.plain, None),
]
TORCHSDE: list[Peer] = [
    ("torchsde", partial(by.torchsde, told_step=False), "torchsde"),
    ("torchsde, told dt", partial(by.torchsde, told_step=True), "torchsde"),
]
DIFFRAX: list[Peer] = [
    ("diffrax", by.diffrax_by_path, "diffrax"),
    ("diffrax, rows", by.diffrax_by_rows, "diffrax"),
]
# Milstein's method of diffrax costs the square of the size of a state: not by rows.
MILSTEIN = [("msbook, not compiled", by.plain, None), *TORCHSDE, DIFFRAX[0]]
HEUN = [*MILSTEIN, DIFFRAX[1]]
TREE: list[Peer] = [("diffrax, tree", by.diffrax_tree, "diffrax")]
DEEPTIME: list[Peer] = [("deeptime", by.deeptime_quadruple_well, "deeptime")]

# How many times faster ours shall be on the two slow–fast systems, in whatever manner
# the peer is used.
TARGETS = {
    "NumPy": 4.0,
    "NumPy, SFC64": 4.0,
    "torchsde": 20.0,
    "torchsde, told dt": 20.0,
    "diffrax": 10.0,
    "diffrax, rows": 10.0,
}


def workloads(
    n_paths: int = 4096,
    n_steps: int = 500,
    n_points: int = 2000,
    n_bursts: int = 200,
    burst_steps: int = 50,
) -> list[Workload]:
    """Ensembles of three systems from one start, and bursts from many points."""
    slow_fast = periodic(np.full((n_paths, 2), START), n_steps)
    ten = quadratic(np.full((n_paths, 10), START), n_steps)
    wells = quadruple_well(np.full((n_paths, 2), START), n_steps)
    points = np.random.default_rng(0).uniform(-1.0, 1.0, (n_points, 2))
    bursts = periodic(np.repeat(points, n_bursts, axis=0), burst_steps)
    everyone = HANDMADE + TORCHSDE + DIFFRAX + TREE
    return [
        _workload("periodic", slow_fast, everyone, TARGETS),
        _workload("quadratic-10d", ten, everyone, TARGETS),
        _workload("quadruple-well", wells, HANDMADE + DEEPTIME, {}),
        _workload("bursts", bursts, HANDMADE + DIFFRAX, {}),
        _workload(
            "milstein", saturating(n_paths, n_steps, ms.Milstein()), MILSTEIN, {}
        ),
        _workload(
            "heun", saturating(n_paths, n_steps, ms.StratonovichHeun()), HEUN, {}
        ),
    ]


def _workload(
    name: str, ensemble: Ensemble, peers: list[Peer], targets: dict[str, float]
) -> Workload:
    return Workload(
        name,
        unit="ns a step and path",
        units_per_second=1e9,
        steps=ensemble.n_steps,
        ours=Implementation("msbook", partial(by.compiled, ensemble)),
        peers=tuple(
            Implementation(name, partial(prepare, ensemble), needs, targets.get(name))
            for name, prepare, needs in peers
        ),
    )


def periodic(starts: NDArray[np.float64], n_steps: int) -> Ensemble:
    """The periodic slow–fast system, hidden."""
    dt = EPS / 10
    slow, fast = math.sqrt(dt), math.sqrt(dt / EPS)

    def drift(xp, y):
        fast_drift = (xp.sin(y[..., 0]) - y[..., 1]) / EPS
        return xp.stack((xp.sin(y[..., 1]), fast_drift), -1)

    def diffusion(xp, y):
        z = y[..., 1]
        root = xp.sqrt(1.0 + 0.5 * xp.sin(z))
        return xp.stack((root, xp.full_like(z, EPS**-0.5)), -1)

    def step(xp, y, noise):
        sine = xp.sin(y[1])
        y[1] += (xp.sin(y[0]) - y[1]) * (dt / EPS) + fast * noise[1]
        y[0] += sine * dt + slow * xp.sqrt(1.0 + 0.5 * sine) * noise[0]

    system = ms.systems.PeriodicSlowFast(eps=EPS).hidden
    return Ensemble(system, drift, diffusion, step, starts, dt, n_steps)


def quadratic(starts: NDArray[np.float64], n_steps: int) -> Ensemble:
    """The quadratic slow–fast system of ten dimensions, hidden."""
    dt = EPS / 10
    slow, fast = math.sqrt(dt), math.sqrt(dt / EPS)
    is_fast = np.arange(starts.shape[1]) >= N_SLOW
    forcing = np.where(is_fast, 0.0, 1.0)
    rates = np.where(is_fast, 1.0 / EPS, 0.0)
    noise_sizes = np.where(is_fast, EPS**-0.5, 1.0)
    torch_forcing, torch_rates = torch.tensor(forcing), torch.tensor(rates)

    def drift(xp, y):
        if xp is torch:  # which does not fuse the two operations by itself
            return torch.addcmul(torch_forcing, torch_rates, y, value=-1.0)
        return forcing - rates * y

    def diffusion(xp, y):
        return xp.broadcast_to(xp.asarray(noise_sizes), y.shape)

    def step(xp, y, noise):
        noise[:N_SLOW] *= slow
        noise[N_SLOW:] *= fast
        y[:N_SLOW] += dt
        y[N_SLOW:] *= 1.0 - dt / EPS
        y += noise

    system = ms.systems.QuadraticSlowFast(
        n_slow=N_SLOW, n_fast=starts.shape[1] - N_SLOW, eps=EPS
    ).hidden
    return Ensemble(system, drift, diffusion, step, starts, dt, n_steps)


def _saturating_drift(t, y, p):
    return (-p[0] * (1.0 - y[0] * y[0]),)


def _saturating_diffusion(t, y, p):
    return (p[1] * (1.0 - y[0] * y[0]),)


def saturating(n_paths: int, n_steps: int, method: ms.EulerMaruyama) -> Ensemble:
    r"""One component that saturates, :math:`dy = (1 - y^2)(-a\,dt + b\,dW)`.

    Its noise depends on the state: Milstein's method has a derivative to take, and the
    senses of Itô and of Stratonovich differ.
    """
    a, b = 0.6, 0.8

    def drift(xp, y):
        return -a * (1.0 - y * y)

    def diffusion(xp, y):
        return b * (1.0 - y * y)

    def step(xp, y, noise):
        raise ValueError("a step by hand is one of Euler's; got another method.")

    system = ms.SDE(_saturating_drift, _saturating_diffusion, y0=0.2, parameters=(a, b))
    starts = np.full((n_paths, 1), 0.2)
    return Ensemble(system, drift, diffusion, step, starts, 1e-3, n_steps, method)


def _well_drift(t, y, p):
    return -4.0 * y[0] * (y[0] * y[0] - 1.0), -4.0 * y[1] * (y[1] * y[1] - 1.0)


def _well_diffusion(t, y, p):
    return p[0], p[0]


def quadruple_well(starts: NDArray[np.float64], n_steps: int) -> Ensemble:
    r"""Overdamped motion in :math:`V = (y_1^2 - 1)^2 + (y_2^2 - 1)^2`.

    To msbook it is a reader's own system, written in plain NumPy.
    """
    dt = 1e-3
    size = math.sqrt(2.0 / BETA)

    def drift(xp, y):
        return -4.0 * y * (y * y - 1.0)

    def diffusion(xp, y):
        return xp.full_like(y, size)

    def step(xp, y, noise):
        noise *= size * math.sqrt(dt)
        y += drift(xp, y) * dt + noise

    system = ms.SDE(_well_drift, _well_diffusion, y0=(0.0, 0.0), parameters=(size,))
    return Ensemble(system, drift, diffusion, step, starts, dt, n_steps)
