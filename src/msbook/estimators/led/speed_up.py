"""How much faster LED is than a solver."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import LARGEST, check_count, check_number
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.integrators.simulators import Simulator, steps_within


@dataclass(frozen=True)
class SpeedUp:
    r"""Computing times of one step of LED, and of a solver over the same time.

    .. math:: S = \frac{T_{\text{solver}}}{T_{\text{latent}}}, \qquad
              S(\rho) = \frac{\rho + 1}{1 + \rho / S}, \qquad \rho = T_m / T_\mu ,

    where :math:`T_\mu` and :math:`T_m` are the times that solver and propagator move
    in their turns. Decoding is in neither: it is done for the states that are wanted.

    :meth:`msbook.LED.speed_up` times stretches of many steps in turn, after one of each
    kind that is not counted, and takes the fastest of each kind: what slows another
    down comes from outside.

    Parameters
    ----------
    n_traj : int
        Trajectories computed together.
    solver, propagation, decoding : float
        Seconds a trajectory takes: to move by ``dt`` with the solver, by one step with
        the propagator, and to decode one state.

    Examples
    --------
    >>> from msbook.estimators import SpeedUp
    >>> times = SpeedUp(n_traj=1, solver=6e-3, propagation=5e-5, decoding=1e-4)
    >>> round(times.latent), round(times.multiscale(1.0), 2)
    (120, 1.98)

    References
    ----------
    Vlachas et al. (2020), where the printed ratio is upside down.
    """

    n_traj: int
    solver: float
    propagation: float
    decoding: float

    def __post_init__(self) -> None:
        check_count("n_traj", self.n_traj)
        for name in ("solver", "propagation"):  # of which the ratio is taken
            check_number(name, getattr(self, name), 1.0 / LARGEST, LARGEST)
        check_number("decoding", self.decoding, 0.0)

    @property
    def latent(self) -> float:
        """Speed-up :math:`S` of a forecast by the propagator alone."""
        return self.solver / self.propagation

    def multiscale(self, rho: float) -> float:
        r"""Speed-up :math:`S(\rho)` of a forecast that takes turns with the solver."""
        rho = check_number("rho", rho, 0.0)
        return (rho + 1.0) / (1.0 + rho / self.latent)


def measured_speed_up(
    dynamics: LatentDynamics,
    solver: Simulator,
    X: ArrayLike,
    dt: float,
    n_steps: int,
    n_repeats: int,
    t: float,
) -> SpeedUp:
    """Times of one step and one trajectory; see :meth:`msbook.LED.speed_up`."""
    n_steps = check_count("n_steps", n_steps)
    n_repeats = check_count("n_repeats", n_repeats)
    states = dynamics.known(X)
    state, start = dynamics.warm_up(X), states[:, -1]
    coder, rng = dynamics.coder, np.random.default_rng(0)
    n_solved = n_steps * steps_within(dt, solver)
    stretches = (
        lambda: solver.advance(start, t, n_solved),
        lambda: dynamics.propagate(state, n_steps),
        lambda: [coder.decode_like(states, state.z, rng) for _ in range(n_steps)],
    )
    seconds = np.empty((n_repeats + 1, len(stretches)))
    for times in seconds:
        for i, stretch in enumerate(stretches):
            begin = perf_counter()
            stretch()
            times[i] = perf_counter() - begin
    each = np.min(seconds[1:], axis=0) / (n_steps * len(states))
    return SpeedUp(len(states), *each.tolist())
