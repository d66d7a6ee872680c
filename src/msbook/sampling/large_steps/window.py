"""Steps and frictions with which chains neither rest nor go to infinity."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.equations.gradients import HasGradient
from msbook.equations.matrices import as_matrix
from msbook.sampling.large_steps.chains import run_groups
from msbook.sampling.large_steps.starting import fewest_steps, set_out

FRICTIONS = (0.1, 0.2, 0.4, 0.8)
"""To be tried in this order: the less, the more of a landscape is seen."""

SHARES = (0.05, 0.1, 0.2, 0.4)
"""The same in units of the rate of the coarse part, where it is known."""

# Of the least step that makes noise of a scale. Far above it the noise is normal; close
# to it some chains still rest.
_FACTORS = (2.0, 1.68, 1.41, 1.19)
_FEWEST_CHAINS, _MOST_CHAINS = 8, 128
_N_STEPS = 1000  # of each, once it has forgotten its start
_MOST_STEPS = 1_000_000  # of all of them together, unless the fewest take more
_MOST_LOCKED = 0.1


Friction = TypeVar("Friction", float, NDArray[np.float64])


@dataclass(frozen=True)
class Window:
    """A step that makes noise of fine scales, and a friction that keeps the chains.

    Attributes
    ----------
    step_size : float
        In units of time, for unit mass.
    friction : float
        In units of mass over time.
    """

    step_size: float
    friction: float


def find_window(
    potential: HasGradient,
    q0: NDArray[np.float64],
    least_step: float,
    rng: np.random.Generator,
    frictions: Sequence[float],
) -> Window | None:
    """The widest step of a few above the least one that works, by short trials.

    Parameters
    ----------
    potential : object with ``gradient`` and ``dim``
    q0 : ndarray, shape (n, d)
        Where chains start.
    least_step : float
        Of a scale, see ``Scales.least_steps``.
    rng : numpy.random.Generator
        Source of the trials.
    frictions : sequence of float
        To be tried, in this order.

    Returns
    -------
    Window or None
    """
    for factor in _FACTORS:
        step_size = factor * least_step
        friction = find_friction(potential, q0, step_size, rng, frictions)
        if friction is not None:
            return Window(float(step_size), friction)
    return None


def find_friction(
    potential: HasGradient,
    q0: NDArray[np.float64],
    step_size: float,
    rng: np.random.Generator,
    frictions: Sequence[Friction],
) -> Friction | None:
    """The first of some frictions with which chains are kept, or None."""
    for friction in frictions:
        if _keeps_chains(potential, q0, step_size, friction, rng):
            return friction
    return None


def _keeps_chains(
    potential: HasGradient,
    q0: NDArray[np.float64],
    step_size: float,
    friction: ArrayLike,
    rng: np.random.Generator,
) -> bool:
    """Whether in a short trial few chains rest and none goes to infinity."""
    matrix = as_matrix("friction", friction, potential.dim)
    length = fewest_steps(matrix, step_size) + _N_STEPS
    n_chains = int(np.clip(_MOST_STEPS // length, _FEWEST_CHAINS, _MOST_CHAINS))
    chains, schedule, x, p = set_out(
        potential, q0, step_size, n_steps=n_chains * length, n_chains=n_chains,
        friction=matrix, rng=rng,
    )  # fmt: skip
    everything = tuple((length, True) for length, _ in schedule)  # the way there too
    locked, diverged = run_groups(
        chains, everything, x, p, keep=0, rng=rng, executor=None
    ).dropped_shares
    return locked < _MOST_LOCKED and diverged == 0.0
