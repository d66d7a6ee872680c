"""How much faster LED is than a solver."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from msbook._validation import LARGEST, check_count, check_number
from msbook.estimators.led.forecasting import LEDForecasting
from msbook.estimators.simulators import Simulator, steps_within
from msbook.estimators.state_checks import check_trajectories


@dataclass(frozen=True)
class SpeedUp:
    r"""Computing times of one step of LED, and of a solver over the same time.

    .. math:: S = \frac{T_{\text{solver}}}{T_{\text{latent}}}, \qquad
              S(\rho) = \frac{\rho + 1}{1 + \rho / S}, \qquad \rho = T_m / T_\mu ,

    where :math:`T_\mu` and :math:`T_m` are the times that solver and propagator move
    in their turns. Decoding is in neither: it is done for the states that are wanted.

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


class LEDSpeedUp(LEDForecasting):
    """Mixin for :class:`msbook.LED`."""

    def speed_up(
        self,
        solver: Simulator,
        X: ArrayLike,
        *,
        n_steps: int = 100,
        n_repeats: int = 7,
        t: float = 0.0,
    ) -> SpeedUp:
        """Time the solver, the propagator and the decoder.

        Stretches are timed in turn, after one of each that is not counted, and the
        fastest of each kind is taken: what slows another down comes from outside.

        Parameters
        ----------
        solver : Solver or Simulator
            What LED is to replace.
        X : array_like, shape (n_traj, n_known, ...)
            Consecutive states, the warm-up; all its trajectories are moved together.
        n_steps : int
            Steps of length ``dt`` in a stretch.
        n_repeats : int
            Stretches timed.
        t : float
            Time of the last known state, for a solver that depends on it.

        Returns
        -------
        SpeedUp
            For one step and one trajectory.

        Raises
        ------
        ValueError
            If the states do not fit, the solver's step does not divide ``dt``, or
            ``n_steps`` or ``n_repeats`` is not positive.
        """
        n_steps = check_count("n_steps", n_steps)
        n_repeats = check_count("n_repeats", n_repeats)
        check_is_fitted(self, "propagator_")
        states = check_trajectories("X", X, self.n_features_in_, self.network_.n_axes)
        state, start = self.warm_up(states), states[:, -1]
        rng = np.random.default_rng(0)
        n_solved = n_steps * steps_within(self.dt, solver)
        stretches = (
            lambda: solver.advance(start, t, n_solved),
            lambda: self.propagate(state, n_steps),
            lambda: [self._states_like(states, state.z, rng) for _ in range(n_steps)],
        )
        seconds = np.empty((n_repeats + 1, len(stretches)))
        for times in seconds:
            for i, stretch in enumerate(stretches):
                begin = perf_counter()
                stretch()
                times[i] = perf_counter() - begin
        each = np.min(seconds[1:], axis=0) / (n_steps * len(states))
        return SpeedUp(len(states), *each.tolist())
