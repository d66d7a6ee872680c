"""One ensemble by many libraries.

Each function takes an :class:`Ensemble` and returns a run: from a seed to the end
points, shape ``(n_paths, dim)``. All take the same steps in float64 and keep nothing
on the way, those by hand Euler–Maruyama steps only. Where we found a faster manner to
use a library than its documented one, both are here. (In two dimensions diffrax gains
another tenth with components last in groups of 1024, and in ten it then loses a factor
of three.)
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from types import ModuleType, SimpleNamespace
from typing import Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray

import msbook as ms
from benchmarks.timing import Run

BLOCK = 4096
"""Paths side by side in NumPy and PyTorch: their states stay in the cache."""

GROUP = 256
"""Paths in one state of diffrax, where it is not one path a state."""

TREE_PATHS = 128
"""Paths for diffrax's Brownian tree, whose cost a path is high and constant."""

THEIR_METHODS = {
    ms.EulerMaruyama: ("euler", "ito", "Euler"),
    ms.Milstein: ("milstein", "ito", "ItoMilstein"),
    ms.StratonovichHeun: ("heun", "stratonovich", "Heun"),
}
"""Names in torchsde, with the sense of the equation, and in diffrax."""


@dataclass(frozen=True)
class Ensemble:
    """A job: an equation in three spellings, starts, and steps.

    Attributes
    ----------
    system : SDE
        For msbook.
    drift, diffusion : callable
        ``f(xp, y)`` of states ``(..., dim)``, ``xp`` being PyTorch or jax.numpy; noise
        is diagonal.
    step : callable
        ``step(xp, y, noise)``, a step by hand in NumPy or PyTorch: both arrays of
        shape ``(dim, n_paths)``, the states changed in place, the noise of variance 1.
    starts : ndarray, shape (n_paths, dim)
    dt : float
    n_steps : int
    method : object of msbook.integrators
        Euler–Maruyama, Milstein, or Heun for an equation in Stratonovich's sense.
    """

    system: ms.SDE
    drift: Callable[[ModuleType, Any], Any]
    diffusion: Callable[[ModuleType, Any], Any]
    step: Callable[[ModuleType, Any, Any], None]
    starts: NDArray[np.float64]
    dt: float
    n_steps: int
    method: ms.EulerMaruyama = field(default_factory=ms.EulerMaruyama)

    @property
    def duration(self) -> float:
        """Time from start to end."""
        return self.n_steps * self.dt


def compiled(ensemble: Ensemble) -> Run:
    """Ours, the public way."""

    def run(seed: int) -> NDArray[np.float64]:
        solution = ms.solve(
            ensemble.system,
            ensemble.starts,
            t_span=(0.0, ensemble.duration),
            dt=ensemble.dt,
            method=ensemble.method,
            rng=seed,
            save_every=ensemble.n_steps,
        )
        return solution.y[:, -1]

    return run


def plain(ensemble: Ensemble) -> Run:
    """Ours with ``compiled=False``: a system that stays in NumPy."""
    return compiled(replace(ensemble, system=replace(ensemble.system, compiled=False)))


def numpy_by_hand(ensemble: Ensemble, bits: type = np.random.PCG64) -> Run:
    """NumPy over rows of paths, in place; ``bits`` makes the random numbers."""

    def run(seed: int) -> NDArray[np.float64]:
        rng = np.random.Generator(bits(seed))
        ends = np.empty_like(ensemble.starts)
        for first in range(0, len(ends), BLOCK):
            y = ensemble.starts[first : first + BLOCK].T.copy()
            noise = np.empty_like(y)
            for _ in range(ensemble.n_steps):
                rng.standard_normal(out=noise)
                ensemble.step(np, y, noise)
            ends[first : first + BLOCK] = y.T
        return ends

    return run


def torch_by_hand(ensemble: Ensemble) -> Run:
    """The same loop in PyTorch."""

    def run(seed: int) -> NDArray[np.float64]:
        rng = torch.Generator().manual_seed(seed)
        ends = np.empty_like(ensemble.starts)
        for first in range(0, len(ends), BLOCK):
            y = torch.tensor(ensemble.starts[first : first + BLOCK].T.copy())
            noise = torch.empty_like(y)
            for _ in range(ensemble.n_steps):
                noise.normal_(generator=rng)
                ensemble.step(torch, y, noise)
            ends[first : first + BLOCK] = y.T
        return ends

    return run


def numba_by_hand(ensemble: Ensemble) -> Run:
    """Path after path in numba, with NumPy's generator."""
    drift = numba.njit(fastmath=True)(ensemble.system.drift_rows)
    diffusion = numba.njit(fastmath=True)(ensemble.system.diffusion_rows)
    parameters = ensemble.system.parameters
    dt, n_steps, root = ensemble.dt, ensemble.n_steps, math.sqrt(ensemble.dt)

    @numba.njit(fastmath=True)
    def advance(y, rng):
        for path in range(y.shape[0]):
            for step in range(n_steps):
                a = drift(step * dt, y[path], parameters)
                b = diffusion(step * dt, y[path], parameters)
                for i in range(y.shape[1]):
                    y[path, i] += a[i] * dt + b[i] * root * rng.standard_normal()

    def run(seed: int) -> NDArray[np.float64]:
        y = ensemble.starts.copy()
        advance(y, np.random.default_rng(seed))
        return y

    return run


def torchsde(ensemble: Ensemble, *, told_step: bool) -> Run:
    """The method of torchsde.

    ``told_step`` builds the Brownian motion for the step, as its docstring advises;
    by default the library guesses the step from the first few queries.
    """
    import torchsde as library

    name, sense, _ = THEIR_METHODS[type(ensemble.method)]
    system = SimpleNamespace(
        noise_type="diagonal",
        sde_type=sense,
        f=lambda t, y: ensemble.drift(torch, y),
        g=lambda t, y: ensemble.diffusion(torch, y),
    )
    y0 = torch.tensor(ensemble.starts)
    times = torch.tensor([0.0, ensemble.duration], dtype=y0.dtype)

    def run(seed: int) -> NDArray[np.float64]:
        brownian = library.BrownianInterval(
            t0=0.0,
            t1=ensemble.duration,
            size=tuple(y0.shape),
            dtype=y0.dtype,
            entropy=seed,
            dt=ensemble.dt if told_step else None,
        )
        with torch.no_grad():
            y = library.sdeint(
                system, y0, times, bm=brownian, dt=ensemble.dt, method=name
            )
        return y[-1].numpy()

    return run


def diffrax_by_path(ensemble: Ensemble) -> Run:
    """Compiled and mapped over paths, with the quick Brownian motion."""
    return _diffrax(ensemble, ensemble.starts, "UnsafeBrownianPath")


def diffrax_by_rows(ensemble: Ensemble) -> Run:
    """Groups of paths as one state, components first: XLA then vectorises better."""
    group = math.gcd(len(ensemble.starts), GROUP)
    starts = ensemble.starts.reshape(-1, group, ensemble.system.dim)
    return _diffrax(ensemble, starts.transpose(0, 2, 1), "UnsafeBrownianPath")


def diffrax_tree(ensemble: Ensemble) -> Run:
    """Few paths, with the Brownian motion that adaptive steps would need."""
    return _diffrax(ensemble, ensemble.starts[:TREE_PATHS], "VirtualBrownianTree")


def _diffrax(ensemble: Ensemble, starts: NDArray[np.float64], noise: str) -> Run:
    import diffrax
    import jax
    import lineax

    jax.config.update("jax_enable_x64", True)

    def drift(t, y, args):
        return ensemble.drift(jax.numpy, y.T).T

    def diffusion(t, y, args):
        return lineax.DiagonalLinearOperator(ensemble.diffusion(jax.numpy, y.T).T)

    def end(y0, key):
        if noise == "VirtualBrownianTree":
            brownian = diffrax.VirtualBrownianTree(
                0.0, ensemble.duration, tol=ensemble.dt / 2, shape=y0.shape, key=key
            )
        else:
            brownian = diffrax.UnsafeBrownianPath(y0.shape, key)
        solution = diffrax.diffeqsolve(
            diffrax.MultiTerm(
                diffrax.ODETerm(drift), diffrax.ControlTerm(diffusion, brownian)
            ),
            getattr(diffrax, THEIR_METHODS[type(ensemble.method)][2])(),
            t0=0.0,
            t1=ensemble.duration,
            dt0=ensemble.dt,
            y0=y0,
            adjoint=diffrax.ForwardMode(),  # nothing is kept for a backward pass
            max_steps=None,
            throw=False,
        )
        return solution.ys[-1]

    @jax.jit
    def ends(y0, key):
        return jax.vmap(end)(y0, jax.random.split(key, len(y0)))

    def run(seed: int) -> NDArray[np.float64]:
        y = np.asarray(ends(starts, jax.random.key(seed)))
        return np.moveaxis(y, 1, -1).reshape(-1, ensemble.system.dim)

    return run


def deeptime_quadruple_well(ensemble: Ensemble) -> Run:
    """The C++ code of deeptime, for the one system here that it has."""
    from deeptime.data import quadruple_well

    system = quadruple_well(h=ensemble.dt, n_steps=ensemble.n_steps)
    return lambda seed: system(ensemble.starts, seed=seed, n_jobs=1)
