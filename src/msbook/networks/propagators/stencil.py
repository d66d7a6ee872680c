"""A linear propagator of fields on a grid: one stencil for all points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import pad

from msbook._registry import serializable
from msbook._validation import check_number
from msbook.networks.layers.checks import check_generator, check_sizes
from msbook.networks.layers.filters import new_filters
from msbook.networks.propagators.local import LocalMap
from msbook.networks.propagators.networks import PropagatorNetwork, zeros_at_first

MOST_ROWS = 200_000  # points and times that are regressed on; more tell nothing new
PORTION = 20_000  # of them at a time


class StencilNetwork(PropagatorNetwork):
    """A stencil over the last states, found at once; see :class:`LinearStencil`."""

    def __init__(
        self,
        n_fields: int,
        recipe: LinearStencil,
        generator: torch.Generator,
    ) -> None:
        grid = tuple(recipe.grid)
        n_latent = n_fields * prod(grid)
        super().__init__(n_latent, n_latent * (recipe.n_delays - 1), increments=True)
        self.n_fields, self.grid, self.ridge = n_fields, grid, recipe.ridge
        self.edge = "circular" if recipe.periodic else "replicate"
        n_seen = n_fields * recipe.n_delays
        self.stencil: nn.Conv1d | nn.Conv2d | nn.Conv3d = zeros_at_first(
            new_filters(
                n_seen,
                n_fields,
                recipe.kernel,
                generator,
                n_axes=len(grid),
                edge=self.edge,
            )
        )
        self.n_delays, self.kernel = recipe.n_delays, recipe.kernel
        self.least_known: int = recipe.n_delays

    def fit(self, latents: Sequence[NDArray[np.float64]]) -> bool:
        """Regress increments on what is near, at all points; returns True."""
        n_seen, n_fields = self.stencil.in_channels, self.n_fields
        n_known = n_seen * self.kernel ** len(self.grid) + 1
        products = np.zeros((n_known, n_known + n_fields))
        n_times = sum(len(path) - self.n_delays for path in latents)
        every = max(1, n_times * prod(self.grid) // MOST_ROWS)
        at_a_time = max(1, PORTION // prod(self.grid))
        done = 0
        for path in latents:
            # The stride goes on from path to path, so that all times are met.
            lasts = np.arange(self.n_delays - 1 + -done % every, len(path) - 1, every)
            done += len(path) - self.n_delays
            for first in range(0, len(lasts), at_a_time):
                some = lasts[first : first + at_a_time]
                lags = [path[some - lag] for lag in range(self.n_delays)]
                seen = self._near(np.concatenate(lags, axis=1))
                change = self._by_points(path[some + 1] - path[some])
                products += seen.T @ np.concatenate((seen, change), axis=1)
        among, onto = np.split(products, [n_known], axis=1)
        penalty = self.ridge * np.trace(among) / n_known * np.eye(n_known)
        found = torch.from_numpy(np.linalg.lstsq(among + penalty, onto)[0].T)
        weight = found[:, :-1].reshape(self.stencil.weight.shape)
        self.stencil.load_state_dict({"weight": weight, "bias": found[:, -1]})
        return True

    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat((z, memory), dim=1)
        output = self.stencil(seen.reshape(len(z), -1, *self.grid))
        return output.flatten(1), seen[:, : self.n_memory]

    def _near(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """What the stencil sees at each point, a row a point, and a column of ones."""
        fields = torch.from_numpy(states).reshape(len(states), -1, *self.grid)
        n_axes = len(self.grid)
        near = pad(fields, [self.kernel // 2] * (2 * n_axes), mode=self.edge)
        for axis in range(2, 2 + n_axes):
            near = near.unfold(axis, self.kernel, 1)
        rows = near.movedim(1, 1 + n_axes)  # points first, then lags and neighbours
        seen = rows.reshape(len(states) * prod(self.grid), -1).numpy()
        return np.concatenate((seen, np.ones((len(seen), 1))), axis=1)

    def _by_points(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        fields = states.reshape(len(states), self.n_fields, -1)
        return np.swapaxes(fields, 1, 2).reshape(-1, self.n_fields)


@serializable
@dataclass(frozen=True)
class LinearStencil:
    r"""One linear map of the last few states near a point, the same at every point.

    .. math:: z_{t+1}(x) = z_t(x) + b
              + \sum_{j=0}^{k-1} \sum_{|r| \le (K - 1) / 2} A_{j, r}\, z_{t-j}(x + r)

    It is found at once, by least squares with a ridge, and has few coefficients: those
    of a difference scheme. A step ahead it is hard to beat; run on, it may grow without
    bound. Latent variables are as for :class:`LocalMap`.

    Parameters
    ----------
    grid : sequence of int
        Points in each direction, of which there are one to three.
    periodic : bool
        Whether the grid closes; else what lies beyond an edge is as at the edge.
    kernel : int
        Points :math:`K` of the stencil in each direction; odd.
    n_delays : int
        Number :math:`k` of states it sees.
    ridge : float
        Penalty on squared coefficients, in units of the mean square of what is seen.

    Examples
    --------
    Waves that run a tenth of a grid step at a time:

    >>> import numpy as np, torch
    >>> from msbook.networks import LinearStencil
    >>> x, t = 2 * np.pi / 32 * np.arange(32), 0.02 * np.arange(40)[:, None]
    >>> waves = np.sin(x - t) + np.cos(2 * (x - t))
    >>> network = LinearStencil((32,), n_delays=1).build(32, torch.Generator())
    >>> network.fit([waves])
    True
    >>> ahead = network.rollout(torch.tensor(waves[None, :1]), n_steps=39)[0]
    >>> bool(np.abs(ahead.detach().numpy()[0] - waves[1:]).max() < 1e-3)
    True
    """

    grid: Sequence[int]
    periodic: bool = True
    kernel: int = 5
    n_delays: int = 5
    ridge: float = 1e-10

    def __post_init__(self) -> None:
        LocalMap(self.grid, self.periodic, kernel=self.kernel)  # for its checks
        check_sizes(n_delays=self.n_delays)
        check_number("ridge", self.ridge, 0.0)

    @property
    def n_warm_up(self) -> int:
        """Known states before each stretch of forecast: as many as it sees."""
        return self.n_delays

    def n_fields(self, n_latent: int) -> int:
        """Fields of a latent state, which share one mean and one scale each."""
        return LocalMap(self.grid, kernel=self.kernel).n_fields(n_latent)

    def build(self, n_latent: int, generator: torch.Generator) -> StencilNetwork:
        """The network, still to be fitted; nothing is drawn that stays."""
        check_generator(generator)
        return StencilNetwork(self.n_fields(n_latent), self, generator)
