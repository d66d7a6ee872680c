"""Forecasts of LED: warm-up, latent steps, and turns taken with a solver."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray

from msbook._validation import check_count, check_number, check_rng, finite_array
from msbook.estimators.led.coding import Coder
from msbook.estimators.led.inputs.labels import continued, is_labelled
from msbook.estimators.led.inputs.states import read_known
from msbook.integrators.simulators import Simulator, steps_within, trajectories
from msbook.integrators.solver import Seed
from msbook.networks.propagators.networks import PropagatorNetwork
from msbook.networks.propagators.recurrent_kernels import propagate
from msbook.training.by_loss import LossHistory


class Forecaster(Protocol):
    """What forecasts states without latents of its own, such as several models."""

    @property
    def least_known(self) -> int:
        """Known states that it needs."""
        ...

    def forecast(self, known: NDArray[np.float64], n_steps: int) -> NDArray[np.float64]:
        """States ``(n, n_steps, dim)`` after known ones ``(n, n_known, dim)``."""
        ...


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


class Turns(NamedTuple):
    """Whether a forecast takes turns; :meth:`msbook.LED.forecast` explains each."""

    micro: Simulator | None
    n_macro: int
    n_micro: int
    t: float


@dataclass(frozen=True)
class LatentDynamics:
    """What LED learned, and forecasts with; :class:`msbook.LED` explains each.

    Attributes
    ----------
    coder : Coder
        Takes states to latent states, and back.
    propagator : PropagatorNetwork
        Of latent states.
    history : LossHistory or None
        Losses of the autoencoder, if it was trained.
    propagator_histories : list of LossHistory
        Losses of the propagator, stage by stage.
    floor : float or None
        Relative error of a reconstruction, where it is known.
    stack : Forecaster or None
        What forecasts in place of this model alone.
    """

    coder: Coder
    propagator: PropagatorNetwork
    history: LossHistory | None
    propagator_histories: list[LossHistory]
    floor: float | None = None
    stack: Forecaster | None = None

    @classmethod
    def of(cls, led: Any) -> Self:
        """What an LED learned, from its attributes."""
        scalings = led.scaling_, led.latent_scaling_
        coder = Coder(led.network_, *scalings, led.state_shape_, led.largest_size_)
        losses = led.history_, led.propagator_histories_
        return cls(coder, led.propagator_, *losses, led.floor_, led.stack_)

    def handed_to(self, led: Any) -> Any:
        """The LED, with what was learned in its attributes."""
        coder = self.coder
        led.network_, led.propagator_ = coder.network, self.propagator
        led.scaling_, led.latent_scaling_ = coder.scaling, coder.latent_scaling
        led.largest_size_ = coder.largest
        led.state_shape_, led.n_features_in_ = coder.shape, coder.dim
        led.n_particles_, led.floor_ = coder.n_particles, self.floor
        led.history_ = self.history
        led.propagator_histories_ = self.propagator_histories
        led.stack_, led.candidates_ = self.stack, []
        return led

    @property
    def least_known(self) -> int:
        """Known states without which its forecasts stand on nothing."""
        if self.stack is not None:
            return self.stack.least_known
        return self.propagator.least_known

    def known(self, X: Any, name: str = "X") -> NDArray[np.float64]:
        """Trajectories ``(n_traj, n_known, ...)`` of states as networks take them."""
        return read_known(name, X, self.coder.shape, self.coder.network.n_axes)

    def warm_up(self, X: Any) -> LatentState:
        """The forecast of what follows known states, and the memory it stands on."""
        return self._warmed_up(self.known(X))

    def _warmed_up(self, known: NDArray[np.float64]) -> LatentState:
        least = self.propagator.least_known
        if known.shape[1] < least:
            raise ValueError(
                f"X must have {least} known states or more, which the propagator sees; "
                f"got {known.shape[1]}."
            )
        if not self.propagator.n_memory:
            known = known[:, -1:]  # what was before is of no use
        latents = torch.tensor(self.coder.encode_flat(known))
        with torch.no_grad():
            predicted, memory = self.propagator.rollout(latents, 1)
        return LatentState(predicted[:, -1].numpy(), memory.numpy())

    def propagate(
        self, state: LatentState, n_steps: int
    ) -> tuple[NDArray[np.float64], LatentState]:
        """Latent states from where a forecast stands, and where it then stands."""
        n_steps = check_count("n_steps", n_steps)
        latents, *following = propagate(self.propagator, *self._checked(state), n_steps)
        return latents, LatentState(*following)

    def free_forecast(
        self, known: NDArray[np.float64], n_steps: int
    ) -> NDArray[np.float64]:
        """States ``(n, n_steps, dim)`` after known ones, both as networks take them."""
        if self.stack is not None:
            return self.stack.forecast(known, n_steps)
        latents, *_ = propagate(self.propagator, *self._warmed_up(known), n_steps)
        return self.coder.decode_flat(latents)

    def forecast(
        self, X: Any, n_steps: int, dt: float, turns: Turns, rng: Seed
    ) -> NDArray[np.float64]:
        """States that follow known ones, like them, each ``dt`` after that before."""
        known = self.known(X)
        self.coder.warn_far_outside(known)
        states = self._following(known, n_steps, dt, turns, rng)
        found = self.coder.as_given(states)
        return continued(X, found, dt) if is_labelled(X) else found

    def _following(
        self,
        known: NDArray[np.float64],
        n_steps: int,
        dt: float,
        turns: Turns,
        rng: Seed,
    ) -> NDArray[np.float64]:
        n_steps, t = check_count("n_steps", n_steps), check_number("t", turns.t)
        rng, micro = check_rng(rng), turns.micro
        least = 0 if micro is None else 1
        n_macro = check_count("n_macro", turns.n_macro, least)
        n_micro = check_count("n_micro", turns.n_micro, least)
        if micro is None:
            if n_macro or n_micro:
                raise ValueError(
                    "n_macro and n_micro are for turns with a solver; got no micro. "
                    "Give one, or leave them out."
                )
            if self.stack is not None:
                return self.free_forecast(known, n_steps)
            latents, _ = self.propagate(self._warmed_up(known), n_steps)
            _check_bounded(latents)
            return self.coder.decode_like(known, latents, rng)
        substeps = steps_within(dt, micro, "micro")
        position, pieces, done = self._warmed_up(known), [], 0
        while done < n_steps:
            latents, position = self.propagate(position, n_macro)
            _check_bounded(latents)
            pieces.append(self.coder.decode_like(known, latents, rng))
            done += n_macro
            solved = trajectories(
                micro, pieces[-1][:, -1], t + done * dt, n_micro, substeps
            )[:, 1:]
            pieces.append(solved)
            done += n_micro
            for z in np.moveaxis(self.coder.encode_flat(solved), 1, 0):
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
        network = self.propagator
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
            following, memory = self.propagator.step(
                torch.tensor(z), torch.tensor(position.memory)
            )
        return LatentState(following.numpy(), memory.numpy())


def _check_bounded(latents: NDArray[np.float64]) -> None:
    """Raise a ValueError if a propagator has run away from all that it knows."""
    lost = ~np.isfinite(latents).all(axis=(0, 2))
    if lost.any():
        raise ValueError(
            "n_steps must be less, or the propagator another one: its forecast grows "
            f"without bound and is not finite after {int(np.argmax(lost))} steps. "
            "Train it on longer rollouts, or leave the choice of the parts to LED."
        )
