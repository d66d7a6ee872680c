"""The surrogate of adaptive LED: one autoencoder, several propagators."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.estimators.led.led import LED
from msbook.estimators.led.settings import plan_of, propagator_recipe
from msbook.estimators.led.training import MOST_WINDOWS, Windows, train_propagator
from msbook.training.session import session

MOST_SCORES = 100  # comparisons that the factor is taken from
MOST_WATCHED = 500  # windows that choose the best look
ROUNDING = 1e-12  # members may agree to the last digit


class Surrogate:
    """Propagators of one latent space, trained on stretches of the solver's states.

    Parameters
    ----------
    led : LED
        Its networks and scalings are fitted on the first stretch; its propagator is
        replaced, and its rollouts are the stages of every training.
    first : ndarray, shape (n_time, dim)
        The first stretch.
    n_members : int
        Number of propagators.
    rng : numpy.random.Generator
        Fixes initial parameters and batches.

    Raises
    ------
    ValueError
        If the first stretch is too short for a rollout, or a setting is out of range.
    """

    rollouts: Sequence[tuple[int, int]]
    rng: np.random.Generator

    def __init__(
        self,
        led: LED,
        first: NDArray[np.float64],
        n_members: int,
        rng: np.random.Generator,
    ) -> None:
        recipe, plan = propagator_recipe(led.propagator), plan_of(led, len(first))
        self.rollouts, self.rng = plan.rollouts, rng
        self.n_warm_up: int = plan.n_warm_up
        longest = self.n_warm_up + plan.n_steps
        if len(first) < longest:
            raise ValueError(
                f"the longest window has {longest} states, warm-up and forecast; got "
                f"n_first = {len(first) - 1}. Make the first stretch longer, or the "
                "rollouts shorter."
            )
        # All propagators are trained alike by learn, so that here one update is enough.
        with session() as trainings:
            led.set_params(rollouts=((1, 1),)).fit(first[None], validation=first[None])
            if trainings.interruption is not None:
                raise KeyboardInterrupt(trainings.interruption)
        self.members: list[LED] = []
        for _ in range(n_members):
            generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
            member = copy(led)
            member.propagator_ = recipe.build(len(led.latent_scaling_.mean), generator)
            self.members.append(member)
        self.scores: list[float] = []

    @property
    def scale(self) -> NDArray[np.float64]:
        """Unit of the errors, shape (dim,)."""
        return self.members[0].scaling_.scale

    def learn(self, stretches: Sequence[NDArray[np.float64]]) -> None:
        """Train every member on stretches ``(n_time, n_latent)`` of latent states."""
        for n_steps, n_updates in self.rollouts:
            length = self.n_warm_up + n_steps
            windows = np.concatenate(
                [Windows([z], length).all() for z in stretches if len(z) >= length]
            )
            windows = windows[:: -(-len(windows) // MOST_WINDOWS)]
            for member in self.members:
                train_propagator(
                    member.propagator_,
                    windows,
                    windows[:: -(-len(windows) // MOST_WATCHED)],
                    rollouts=((n_steps, n_updates),),
                    n_warm_up=self.n_warm_up,
                    batch_size=member.n_windows,
                    learning_rate=member.learning_rate,
                    physics=None,
                    device="cpu",
                    rng=self.rng,
                )

    def encode(self, y: NDArray[np.float64]) -> NDArray[np.float64]:
        """Latent states of states."""
        return self.members[0].transform(y)

    def forecast(
        self, known: NDArray[np.float64], n_steps: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """States that follow known ones, and how far the members are apart.

        Parameters
        ----------
        known : ndarray, shape (n_known, dim)
            Consecutive states; the last few warm the members up.
        n_steps : int
            States to forecast.

        Returns
        -------
        states : ndarray, shape (n_steps, dim)
            Decoded mean of the members.
        spread : ndarray, shape (n_steps,)
            The largest standard deviation of the members up to each step, a root mean
            square over latent variables.
        """
        seen = known[None, -self.n_warm_up :]
        latents = np.stack(
            [member.forecast_latent(seen, n_steps)[0] for member in self.members]
        )
        variance = latents.var(axis=0, ddof=1).mean(axis=-1)
        states = self.members[0].inverse_transform(latents.mean(axis=0))
        return states, np.sqrt(np.maximum.accumulate(variance))

    def score(self, error: float, spread: float) -> None:
        """Remember what the error was where members were that far apart."""
        self.scores = [*self.scores, error / (spread + ROUNDING)][-MOST_SCORES:]

    @property
    def factor(self) -> float:
        """Most that the error has been over the spread, in the last comparisons."""
        return max(self.scores)
