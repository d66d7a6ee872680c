"""The linear propagator: a regression on the last few latent states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_number
from msbook.networks.layers.checks import check_generator, check_sizes
from msbook.networks.layers.dense import new_linear
from msbook.networks.propagators.networks import PropagatorNetwork, zeros_at_first

PORTION = 4096  # states that are regressed on together


class LinearDelayNetwork(PropagatorNetwork):
    """A linear map of the last states, found at once; see :class:`LinearMap`."""

    def __init__(
        self, n_latent: int, n_delays: int, ridge: float, generator: torch.Generator
    ) -> None:
        super().__init__(n_latent, n_latent * (n_delays - 1), increments=True)
        self.n_delays, self.ridge = n_delays, ridge
        self.least_known: int = n_delays
        self.linear: nn.Linear = zeros_at_first(
            new_linear(n_latent * n_delays, n_latent, generator)
        )

    def fit(self, latents: Sequence[NDArray[np.float64]]) -> bool:
        """Regress increments on the states before them; returns True."""
        n, k = self.n_delays, self.n_latent
        # Sums of products by portions: no array of all delayed states is made.
        products = np.zeros((n * k + 1, n * k + 1 + k))
        for path in latents:
            for first in range(0, len(path) - n, PORTION):
                part = path[first : first + PORTION + n]
                n_rows = len(part) - n
                lags = [part[n - 1 - lag :][:n_rows] for lag in range(n)]
                seen = np.concatenate([*lags, np.ones((n_rows, 1))], axis=1)
                increments = part[n:] - part[n - 1 : -1]
                products += seen.T @ np.concatenate((seen, increments), axis=1)
        among, onto = np.split(products, [n * k + 1], axis=1)
        penalty = self.ridge * np.trace(among) / len(among) * np.eye(len(among))
        found = np.linalg.lstsq(among + penalty, onto)[0].T
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(found[:, :-1]))
            self.linear.bias.copy_(torch.from_numpy(found[:, -1]))
        return True

    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat((z, memory), dim=1)
        return self.linear(seen), seen[:, : self.n_memory]


@serializable
@dataclass(frozen=True)
class LinearMap:
    r"""A linear map of the last few states, by least squares with a ridge.

    .. math:: z_{t+1} = z_t + b + \sum_{j=0}^{k-1} A_j z_{t-j}

    It is found at once, and is what every other propagator must beat.

    Parameters
    ----------
    n_delays : int
        Number :math:`k` of states it sees.
    ridge : float
        Penalty on squared coefficients, in units of the mean square of what is seen.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from msbook.networks import LinearMap
    >>> network = LinearMap(n_delays=2).build(1, torch.Generator())
    >>> turns = np.cos(0.3 * np.arange(50))[:, None]
    >>> network.fit([turns])
    True
    >>> known = torch.tensor(turns[None, :2])
    >>> ahead = network.rollout(known, n_steps=48)[0].detach().numpy()[0, 1:]
    >>> bool(np.abs(ahead - turns[2:]).max() < 1e-3)
    True
    """

    n_delays: int = 5
    ridge: float = 1e-10

    def __post_init__(self) -> None:
        check_sizes(n_delays=self.n_delays)
        check_number("ridge", self.ridge, 0.0)

    @property
    def n_warm_up(self) -> int:
        """Known states before each stretch of forecast: as many as it sees."""
        return self.n_delays

    def build(self, n_latent: int, generator: torch.Generator) -> LinearDelayNetwork:
        """The network, still to be fitted; nothing is drawn that stays."""
        check_sizes(n_latent=n_latent)
        check_generator(generator)
        return LinearDelayNetwork(n_latent, self.n_delays, self.ridge, generator)
