"""Forecasts that run on while their propagator is trained, beyond the data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from msbook.networks.propagators.networks import PropagatorNetwork
from msbook.networks.propagators.rollouts import rollout

N_STEPS = 4  # an update; few, for the gradient of a long chaotic forecast is of no use
MEAN_LIFE = 100  # updates, so that young and old forecasts are among them


class FreeForecasts:
    """Forecasts that begin at known states and are carried on from update to update.

    What follows a forecast is known only where there are data. A penalty needs no
    data, so it is asked where it says something new: along forecasts that have left
    their start behind. Those that leave the range of the known latents, where no
    decoder knows anything, begin again, and so does one in a hundred of the others.

    Parameters
    ----------
    physics : callable
        The penalty, on stretches of latent forecasts ``(n, n_time, n_latent)``.
    network : PropagatorNetwork
        In training, on the device where the forecasts are made.
    starts : ndarray, shape (n_starts, n_warm_up, n_latent)
        Known windows.
    n_forecasts : int
        How many are carried on.
    rng : numpy.random.Generator
        Chooses where and when they begin.
    """

    physics: Callable[[Tensor], Tensor]
    network: PropagatorNetwork
    rng: np.random.Generator
    low: Tensor
    high: Tensor

    def __init__(
        self,
        physics: Callable[[Tensor], Tensor],
        network: PropagatorNetwork,
        starts: NDArray[np.float64],
        n_forecasts: int,
        rng: np.random.Generator,
    ) -> None:
        like = next(network.parameters())
        self.physics, self.network, self.rng = physics, network, rng
        self.starts: Tensor = torch.as_tensor(
            starts, dtype=like.dtype, device=like.device
        )
        self.low, self.high = self.starts.amin((0, 1)), self.starts.amax((0, 1))
        self.known: Tensor = self._begun(n_forecasts)

    def penalty(self) -> Tensor:
        """The penalty on the next stretch."""
        return self.physics(self.carried_on())

    def carried_on(self) -> Tensor:
        """The last states and what follows, shape ``(n, 1 + N_STEPS, n_latent)``."""
        n_known = self.known.shape[1]
        predicted, _ = rollout(self.network, self.known, N_STEPS)
        path = torch.cat((self.known, predicted[:, -N_STEPS:]), dim=1)
        ends = path[:, -n_known:].detach()
        inside = ((self.low <= ends) & (ends <= self.high)).all(dim=(1, 2))
        lives = self.rng.random(len(ends)) > 1 / MEAN_LIFE
        stay = inside & torch.from_numpy(lives).to(ends.device)
        begun = self._begun(len(ends))
        self.known = torch.where(stay[:, None, None], ends, begun)
        return path[:, n_known - 1 :]

    def state(self) -> dict[str, NDArray[Any]]:
        """Copy of where the forecasts stand, and of what chooses their starts."""
        chooser = json.dumps(self.rng.bit_generator.state)
        return {
            "known": self.known.cpu().numpy().copy(),
            "rng": np.frombuffer(chooser.encode(), dtype=np.uint8),
        }

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Carry on from such a copy."""
        self.known = torch.from_numpy(state["known"]).to(self.starts.device)
        self.rng.bit_generator.state = json.loads(state["rng"].tobytes())

    def _begun(self, n: int) -> Tensor:
        rows = self.rng.integers(len(self.starts), size=n)
        return self.starts[torch.from_numpy(rows).to(self.starts.device)]
