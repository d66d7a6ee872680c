"""Gillespie's direct method: every reaction, one by one, at its own random time."""

from __future__ import annotations

from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

import numpy as np
from numba import njit

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.elementary import INLINED, log_of_normal
from msbook._compile.kernels.interrupts import Slices
from msbook._compile.kernels.normals import rotate_left, uniform
from msbook._validation import check_count
from msbook.equations.reactions import ReactionNetwork
from msbook.integrators.ensembles import run_ensemble
from msbook.integrators.method import Grid, Method
from msbook.integrators.solution import IntegrationError


@dataclass(frozen=True)
class Gillespie(Method):
    r"""Gillespie's direct method, exact for reaction networks.

    With propensities :math:`a_k(x)` and their sum :math:`a(x)`, the next reaction
    comes after an exponential time and is chosen in proportion to :math:`a_k`:

    .. math:: T = -\frac{\ln u_1}{a(x)}, \qquad
              k = \min\Bigl\{k : \sum_{j \le k} a_j(x) > u_2\, a(x)\Bigr\}, \qquad
              x \leftarrow x + \nu_k .

    There is no step: the ``dt`` of :func:`msbook.solve` is only the distance of the
    saved states. Where no reaction is possible the state stays for ever. Each
    trajectory has a random generator of its own.

    Parameters
    ----------
    max_reactions : int
        Most reactions in one trajectory; more end in an error, for a network that
        grows without bound would never return.

    Examples
    --------
    Molecules decay at rate 1; a share :math:`e^{-1}` is left at time 1.

    >>> import msbook as ms
    >>> decay = ms.systems.ReactionNetwork([[1]], [[-1]], rates=[1.0], y0=[10**6])
    >>> paths = ms.solve(decay, t_span=(0, 1), dt=0.5, method=Gillespie(), rng=0)
    >>> round(float(paths.y[0, -1, 0]) / 10**6, 2)
    0.37

    References
    ----------
    Gillespie (1977), Exact stochastic simulation of coupled chemical reactions.
    """

    moves = ReactionNetwork

    max_reactions: int = 10**9

    def __post_init__(self) -> None:
        check_count("max_reactions", self.max_reactions)

    def check_starts(self, system: ReactionNetwork, y: np.ndarray) -> None:
        """Raise a ValueError where a start is no counts."""
        wrong = ((y < 0) | (y % 1 != 0)).any(axis=1)
        if wrong.any():
            raise ValueError(
                "the starts, y or y0, must be counts, whole and not negative; got "
                f"{y[wrong][0].tolist()}."
            )

    def fill(
        self, system: ReactionNetwork, grid: Grid, y: np.ndarray, out: np.ndarray, *,
        increments: np.ndarray | None, rng: np.random.Generator,
        executor: Executor | None,
    ) -> None:  # fmt: skip
        """Fill trajectories, the starts included; see ``Method``."""
        t, dt, _, save_every = grid
        states = self.new_states(rng, len(y))
        run = partial(self.run, system, t, dt * save_every)
        run_ensemble(run, states, out, (y,), executor)

    def new_states(self, rng: np.random.Generator, n_traj: int) -> np.ndarray:
        """Draw the states of the generators, shape ``(n_traj, 4)``."""
        return rng.integers(0, 2**64, size=(n_traj, 4), dtype=np.uint64)

    def run(
        self,
        network: ReactionNetwork,
        t: float,
        spacing: float,
        states: np.ndarray,
        out: np.ndarray,
        y: np.ndarray,
    ) -> None:
        """Simulate and save.

        Parameters
        ----------
        network : ReactionNetwork
            What reacts.
        t : float
            Start time.
        spacing : float
            Time between saved states.
        states : ndarray of uint64, shape (n_traj, 4)
            From :meth:`new_states`, advanced in place.
        out : ndarray, shape (n_traj, n_time, n_species)
            Filled in place, the start included.
        y : ndarray, shape (n_traj, n_species)
            Starts.

        Raises
        ------
        IntegrationError
            If a trajectory has more than ``max_reactions`` reactions.
        """
        first, second = _pairs(network)
        out[:, 0] = y
        rates, changes = np.array(network.rates), np.array(network.changes, dtype=float)
        x = np.ones(network.dim + 1)  # the last entry stands for "no reactant"
        clock, path, save, n_done = np.zeros(1), 0, 1, 0
        slices = Slices()
        while path < len(y) and n_done < self.max_reactions:
            until = n_done + slices.take(self.max_reactions - n_done)
            path, save, n_done = _react(
                rates, first, second, changes, y, spacing, until, states, out,
                path, save, n_done, x, clock,
            )  # fmt: skip
        if path < len(y):
            raise IntegrationError(
                f"a trajectory had more than max_reactions = {self.max_reactions} "
                f"reactions before t = {t + save * spacing:.6g}; its counts "
                f"were {out[path, save].tolist()}. If the network does not grow "
                "without bound, shorten t_span or use Gillespie(max_reactions=...)."
            )


def _pairs(network: ReactionNetwork) -> tuple[np.ndarray, np.ndarray]:
    """The two reactants of every reaction; ``dim`` where there is none."""
    pairs = np.full((len(network.rates), 2), network.dim)
    for pair, orders in zip(pairs, network.reactants, strict=True):
        needed = np.repeat(np.arange(network.dim), orders)
        pair[: len(needed)] = needed
    return pairs[:, 0].copy(), pairs[:, 1].copy()


@njit(**INLINED)
def _draw(state):
    """A number in [1, 2) from one xoshiro256++ generator."""
    a, b, c, d = state[0], state[1], state[2], state[3]
    number = rotate_left(a + d, 23) + a
    shifted = b << np.uint64(17)
    c ^= a
    d ^= b
    state[1] = b ^ c
    state[0] = a ^ d
    state[2] = c ^ shifted
    state[3] = rotate_left(d, 45)
    return uniform(number)


@cached_kernel
def _react(
    rates, first, second, changes, y, spacing, most, states, out,
    path, save, n_done, x, clock,
):  # fmt: skip
    """Fill ``out`` from a path and a save on; return where it came to.

    It ends with the last path, or where one has had ``most`` reactions. Its counts
    ``x`` and its time, the entry of ``clock``, last until the next call.
    """
    n_reactions, dim = changes.shape
    n_time = out.shape[1]
    cumulative = np.empty(n_reactions)
    twice = np.zeros(n_reactions)
    for k in range(n_reactions):
        twice[k] = first[k] == second[k] and first[k] < dim
    while path < y.shape[0]:
        if n_done == 0:
            clock[0] = 0.0
            for i in range(dim):
                x[i] = y[path, i]
        state = states[path]
        time = clock[0]
        while True:
            if n_done == most:
                for i in range(dim):
                    out[path, save, i] = x[i]
                clock[0] = time
                return path, save, n_done
            total = 0.0
            for k in range(n_reactions):
                total += rates[k] * x[first[k]] * (x[second[k]] - twice[k])
                cumulative[k] = total
            if total > 0.0:
                time -= log_of_normal(2.0 - _draw(state)) / total
            else:
                time = np.inf
            while save < n_time and time > save * spacing:
                for i in range(dim):
                    out[path, save, i] = x[i]
                save += 1
            if save == n_time:
                break
            n_done += 1
            target = (_draw(state) - 1.0) * total
            chosen = 0
            for k in range(n_reactions - 1):  # counting is faster than stopping
                chosen += cumulative[k] <= target
            for i in range(dim):
                x[i] += changes[chosen, i]
        path, save, n_done = path + 1, 1, 0
    return path, save, n_done
