"""`Solver`, a system bound to a method and a step."""

from __future__ import annotations

from concurrent.futures import Executor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._memory import new_array
from msbook._validation import (
    check_count,
    check_number,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.equations.langevin import Langevin
from msbook.equations.ode import ODE
from msbook.equations.periodic_pde import PeriodicPDE
from msbook.equations.reaction_diffusion import ReactionDiffusion
from msbook.equations.reactions import ReactionNetwork
from msbook.equations.sde import SDE
from msbook.integrators.jump.gillespie import Gillespie
from msbook.integrators.method import Method
from msbook.integrators.ode.runge_kutta import RK4
from msbook.integrators.pde.cosine_etdrk4 import CosineETDRK4
from msbook.integrators.pde.etdrk4 import ETDRK4
from msbook.integrators.pde.lattice_boltzmann import LatticeBoltzmannD1Q3
from msbook.integrators.sde.one_step import ExponentialEuler
from msbook.integrators.sde.stormer_verlet import StormerVerlet
from msbook.integrators.solver_advice import advice_on_shape, as_source, shown

Seed = int | np.random.Generator | None
System = SDE | ODE | Langevin | ReactionNetwork | PeriodicPDE | ReactionDiffusion

DEFAULTS: tuple[Method, ...] = (
    ExponentialEuler(),
    RK4,
    StormerVerlet(),
    Gillespie(),
    ETDRK4(),
    CosineETDRK4(),
    LatticeBoltzmannD1Q3(),
)
"""What moves a system where no method is given: the first for its kind, or the one that
the system names as its ``default_method``."""


class Solver:
    """A system bound to a method and a step.

    Parameters
    ----------
    system : SDE, ODE, Langevin, ReactionNetwork, PeriodicPDE or ReactionDiffusion
        What moves.
    method : object of :mod:`msbook.integrators`, optional
        How; by default :class:`ExponentialEuler`, which is Euler–Maruyama for
        systems without linear decay rates, the classical Runge–Kutta method ``RK4``
        for an :class:`msbook.ODE`, :class:`StormerVerlet` for a
        :class:`msbook.systems.Langevin` system, :class:`Gillespie` for reactions,
        :class:`ETDRK4` for a :class:`msbook.systems.PeriodicPDE` and
        :class:`CosineETDRK4` for :class:`msbook.systems.ReactionDiffusion`, but
        :class:`LatticeBoltzmannD1Q3` for :class:`msbook.systems.FitzHughNagumo`, which
        the paper on it takes.
    dt : float
        Step, in the system's unit of time.
    rng : int or numpy.random.Generator, optional
        Seed or source of the noise.
    executor : concurrent.futures.Executor, optional
        Who computes compiled ensembles; the numbers do not depend on it.

    Raises
    ------
    ValueError
        If ``dt`` is not positive, or the method is for another kind of system.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> solver = Solver(ms.systems.PeriodicSlowFast().hidden, dt=1e-4, rng=0)
    >>> solver.advance(np.zeros((5, 2)), n_steps=100).shape
    (5, 2)
    """

    def __init__(
        self,
        system: System,
        method: Method | None = None,
        *,
        dt: float,
        rng: Seed = None,
        executor: Executor | None = None,
    ) -> None:
        dt = check_positive("dt", dt)
        if method is None:
            method = _default_for(system)
        elif not _moves(method, system):
            own = _default_for(system)
            raise ValueError(
                f"method must be one for systems of the kind {type(system).__name__}, "
                f"such as {as_source(own)}; got {shown(method)}."
            )
        self.system: Any = system
        self.method = method
        self.dt = dt
        self.rng: np.random.Generator = check_rng(rng)
        self.executor = executor

    def __repr__(self) -> str:
        kind, dim = type(self.system).__name__, self.system.dim
        return f"Solver(<{kind} of dim {dim}>, {self.method!r}, dt={self.dt!r})"

    def advance(self, y: ArrayLike, t: float = 0.0, n_steps: int = 1) -> np.ndarray:
        """States, shaped as ``y``, after ``n_steps`` steps from time ``t``.

        Nothing is remembered between calls: methods of several steps start anew. No
        steps give the states themselves.
        """
        n_steps = check_count("n_steps", n_steps, least=0)
        if n_steps == 0:
            return self._check_start(y)
        return self.trajectories(y, t, n_steps, save_every=n_steps)[:, -1]

    def trajectories(
        self,
        y: ArrayLike,
        t: float,
        n_steps: int,
        *,
        save_every: int = 1,
        increments: ArrayLike | None = None,
    ) -> np.ndarray:
        """Trajectories from ``y``, the start included.

        Parameters
        ----------
        y : ndarray, shape (n_traj, dim) or (n_traj, n_particles, dim)
            Starts. Those with three axes are clouds of particles that move each by
            itself, for an :class:`msbook.SDE` only.
        t : float
            Start time.
        n_steps : int
            Number of steps.
        save_every : int
            Steps between two stored states.
        increments : ndarray, shape (n_traj, n_steps, noise_dim), optional
            Brownian increments to use in place of random ones; not for clouds.

        Returns
        -------
        ndarray, shape (n_traj, n_time, dim) or (n_traj, n_time, n_particles, dim)
            States, ``n_time = n_steps // save_every + 1``.

        Raises
        ------
        ValueError
            If a start or the increments do not fit.
        IntegrationError
            If a state is not finite, with step and time.
        """
        y = self._check_start(y)
        n_steps = check_count("n_steps", n_steps, least=0)
        save_every = check_count("save_every", save_every, least=1)
        if n_steps % save_every:
            raise ValueError(
                f"save_every must divide the number of steps, {n_steps}; got "
                f"{save_every}."
            )
        check_number("t", t)
        increments = self._check_increments(increments, y, n_steps)
        if n_steps == 0:
            return y[:, None]
        trajectories, out = _allocate(y.shape, n_steps // save_every + 1)
        y = y.reshape(-1, self.system.dim)  # the particles of clouds are paths
        self.method.fill(
            self.system,
            (float(t), self.dt, n_steps, save_every),
            y,
            out,
            increments=increments,
            rng=self.rng,
            executor=self.executor,
        )
        return trajectories

    def _check_start(self, y: Any) -> np.ndarray:
        y = finite_array("the starts, y or y0,", y)
        dim, is_sde = self.system.dim, isinstance(self.system, SDE)
        if y.ndim not in ((2, 3) if is_sde else (2,)) or y.shape[-1] != dim:
            clouds = f", or (n_traj, n_particles, {dim}) for clouds" if is_sde else ""
            raise ValueError(
                f"the starts, y or y0, must have shape (n_traj, {dim}){clouds}; got "
                f"{y.shape}. {advice_on_shape(y.shape, dim)}"
            )
        self.method.check_starts(self.system, y)
        return np.ascontiguousarray(y)

    def _check_increments(self, increments, y, n_steps) -> np.ndarray | None:
        if increments is None:
            return None
        if y.ndim == 3:
            raise ValueError(
                "clouds take no increments; got some. Give the particles as paths, "
                "y0.reshape(-1, dim), each with its own."
            )
        if not self.method.takes_increments:
            raise ValueError(
                f"increments are for systems with noise of their own; got some for a "
                f"system of the kind {type(self.system).__name__}. Leave them out."
            )
        increments = np.ascontiguousarray(finite_array("increments", increments))
        expected = (len(y), n_steps, self.system.noise_dim)
        if increments.shape != expected:
            raise ValueError(
                "increments must have shape (n_traj, n_steps, noise_dim) = "
                f"{expected}; got {increments.shape}."
            )
        return increments


def _moves(method: Any, system: Any) -> bool:
    if not isinstance(method, Method):
        return False
    kind = getattr(method, "moves", None)
    if not isinstance(kind, type):
        raise ValueError(
            f"{type(method).__name__}.moves must be the class of the systems that it "
            f"moves, such as msbook.ODE; got {kind!r}."
        )
    return isinstance(system, kind)


def _default_for(system: Any) -> Method:
    """The method that is taken for a system where none is given."""
    wanted = getattr(system, "default_method", None)
    able = [method for method in DEFAULTS if isinstance(system, method.moves)]
    for method in able:
        if wanted in (None, type(method).__name__):
            return method
    if able:
        known = " or ".join(repr(type(method).__name__) for method in able)
        owner = type(system).__name__
        raise ValueError(f"default_method of {owner} must be {known}; got {wanted!r}.")
    names = ", ".join(dict.fromkeys(method.moves.__name__ for method in DEFAULTS))
    advice = "write it as ms.SDE(drift, diffusion, y0=...) or ms.ODE(drift, y0=...)"
    if isinstance(system, type):
        advice = f"make one first, {system.__name__}(...)"
    elif hasattr(system, "hidden"):
        advice = "take its .hidden or .observed, which are such systems"
    raise ValueError(
        f"system must be one of {names}; got {system!r:.60} of type "
        f"{type(system).__name__}: {advice}."
    )


def _allocate(starts: tuple[int, ...], n_time: int) -> tuple[np.ndarray, np.ndarray]:
    """Trajectories to be filled, and the same memory path by path.

    That of clouds has time first: a cloud at one time is then in one piece.
    """
    what, advice = "the trajectories", "Save fewer of them: give a larger save_every."
    if len(starts) == 2:
        out = new_array(what, (starts[0], n_time, starts[1]), advice)
        return out, out
    memory = new_array(what, (n_time, *starts), advice)
    return memory.swapaxes(0, 1), memory.reshape(n_time, -1, starts[-1]).swapaxes(0, 1)
