"""Forecasts of LED: warm-up, latent steps, and turns taken with a solver."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from msbook._validation import check_count, check_number, check_rng, finite_array
from msbook.estimators.led.coding import LEDCoding
from msbook.estimators.simulators import Simulator, steps_within, trajectories
from msbook.estimators.state_checks import check_trajectories
from msbook.integrators.solver import Seed
from msbook.networks.propagators.recurrent_kernels import propagate


class LatentState(NamedTuple):
    """Where a forecast stands.

    Attributes
    ----------
    z : ndarray, shape (n_traj, n_latent)
        Forecast of the next latent state.
    memory : ndarray, shape (n_traj, n_memory)
        The propagator's memory.
    """

    z: NDArray[np.float64]
    memory: NDArray[np.float64]


class LEDForecasting(LEDCoding):
    """Mixin for :class:`msbook.LED`."""

    dt: float

    def warm_up(self, X: ArrayLike) -> LatentState:
        """Feed known states to the propagator.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, ...)
            Consecutive states.

        Returns
        -------
        LatentState
            The forecast of what follows, and the memory it stands on.
        """
        check_is_fitted(self, "propagator_")
        n_axes = self.network_.n_axes
        known = check_trajectories("X", X, self.n_features_in_, n_axes)
        with torch.no_grad():
            predicted, memory = self.propagator_.rollout(
                torch.tensor(self.transform(known)), 1
            )
        return LatentState(predicted[:, -1].numpy(), memory.numpy())

    def forecast_latent(self, X: ArrayLike, n_steps: int) -> NDArray[np.float64]:
        """Latent states that follow known states; nothing is decoded.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, ...)
            Consecutive states, the warm-up.
        n_steps : int
            States to forecast.

        Returns
        -------
        ndarray, shape (n_traj, n_steps, n_latent)
        """
        return self.propagate(self.warm_up(X), n_steps)[0]

    def propagate(
        self, state: LatentState, n_steps: int
    ) -> tuple[NDArray[np.float64], LatentState]:
        """Latent states from where a forecast stands, and where it then stands.

        Parameters
        ----------
        state : LatentState
            From :meth:`warm_up`, or from here.
        n_steps : int
            States to forecast, the one that ``state`` holds included.

        Returns
        -------
        latents : ndarray, shape (n_traj, n_steps, n_latent)
        state : LatentState

        Raises
        ------
        ValueError
            If the state is none, or not of this network.
        """
        check_is_fitted(self, "propagator_")
        n_steps = check_count("n_steps", n_steps)
        latents, *following = propagate(
            self.propagator_, *self._checked(state), n_steps
        )
        return latents, LatentState(*following)

    def forecast(
        self,
        X: ArrayLike,
        n_steps: int,
        *,
        micro: Simulator | None = None,
        n_macro: int = 0,
        n_micro: int = 0,
        t: float = 0.0,
        rng: Seed = None,
    ) -> NDArray[np.float64]:
        """States that follow known states.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, ...)
            Consecutive states, the warm-up.
        n_steps : int
            States to forecast.
        micro : Solver or Simulator, optional
            With it the forecast takes turns: ``n_macro`` steps of the propagator, the
            last of which is decoded as a start, then ``n_micro`` times ``dt`` of the
            solver, whose states are fed back to the propagator.
        n_macro, n_micro : int
            Steps of each turn, in steps of the data.
        t : float
            Time of the last known state, for a solver that depends on it.
        rng : int or numpy.random.Generator, optional
            Fixes the particles that are drawn, if states are sets of particles.

        Returns
        -------
        ndarray, shape (n_traj, n_steps, ...)
            States like the known ones, with as many particles.

        Raises
        ------
        ValueError
            If the states do not fit, the solver's step does not divide ``dt``, or
            turns are without a solver or of no steps.
        """
        n_steps, t, rng = (
            check_count("n_steps", n_steps),
            check_number("t", t),
            check_rng(rng),
        )
        least = 0 if micro is None else 1
        n_macro = check_count("n_macro", n_macro, least)
        n_micro = check_count("n_micro", n_micro, least)
        if micro is None:
            if n_macro or n_micro:
                raise ValueError(
                    "n_macro and n_micro are for turns with a solver; got no micro. "
                    "Give one, or leave them out."
                )
            return self._states_like(X, self.forecast_latent(X, n_steps), rng)
        substeps = steps_within(self.dt, micro, "micro")
        position, pieces, done = self.warm_up(X), [], 0
        while done < n_steps:
            latents, position = self.propagate(position, n_macro)
            pieces.append(self._states_like(X, latents, rng))
            done += n_macro
            solved = trajectories(
                micro, pieces[-1][:, -1], t + done * self.dt, n_micro, substeps
            )[:, 1:]
            pieces.append(solved)
            done += n_micro
            for z in np.moveaxis(self.transform(solved), 1, 0):
                position = self._fed(z, position)
        return np.concatenate(pieces, axis=1)[:, :n_steps]

    def _checked(self, state: Any) -> LatentState:
        """Where a forecast stands, from a caller."""
        if not isinstance(state, tuple) or len(state) != 2:
            raise ValueError(
                "state must be a LatentState, such as warm_up returns; got "
                f"{state!r:.60}."
            )
        z, memory = (
            finite_array(f"{name} of state", values)
            for name, values in zip(LatentState._fields, state, strict=True)
        )
        network = self.propagator_
        fits = z.ndim == 2 and z.shape[1] == network.n_latent
        if not fits or memory.shape != (len(z), network.n_memory):
            raise ValueError(
                f"state must have z of shape (n_traj, {network.n_latent}) and memory "
                f"of shape (n_traj, {network.n_memory}); got {z.shape} and "
                f"{memory.shape}."
            )
        return LatentState(z, memory)

    def _fed(self, z: NDArray[np.float64], position: LatentState) -> LatentState:
        """One step with a known latent state in place of the forecast one."""
        with torch.no_grad():
            following, memory = self.propagator_.step(
                torch.tensor(z), torch.tensor(position.memory)
            )
        return LatentState(following.numpy(), memory.numpy())
