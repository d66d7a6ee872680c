"""A propagator of fields on a grid, which moves each point by what is near it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import prod

import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_count, check_flag, check_widths
from msbook.networks.layers.checks import check_generator, check_sizes
from msbook.networks.layers.filters import LongWaves, new_filters
from msbook.networks.propagators.networks import PropagatorNetwork, zeros_at_first

MOST_WATCHED = 2**15  # points of all windows on which it is judged
N_FILTERED = 4  # fields that a filter of long waves adds to those that are seen


class LocalNetwork(PropagatorNetwork):
    """Gated convolutions; see :class:`LocalMap`. There is no memory."""

    # It is trained in single precision, in which filters are up to ten times as fast.
    precision: torch.dtype = torch.float32

    def __init__(
        self,
        n_fields: int,
        grid: tuple[int, ...],
        recipe: LocalMap,
        generator: torch.Generator,
    ) -> None:
        super().__init__(n_fields * prod(grid), 0, increments=True)
        self.fields: tuple[int, ...] = (n_fields, *grid)
        # A step of a large field is dear.
        self.most_watched: int = max(8, min(32, MOST_WATCHED // prod(grid)))
        edge = "circular" if recipe.periodic else "replicate"

        def filters(n_in: int, n_out: int) -> nn.Module:
            n_axes, kernel = len(grid), recipe.kernel
            return new_filters(n_in, n_out, kernel, generator, n_axes=n_axes, edge=edge)

        self.long_waves: LongWaves | None = None
        n_seen = n_fields
        if recipe.n_waves:
            waves = recipe.n_waves, generator
            self.long_waves = LongWaves(n_fields, N_FILTERED, grid, *waves)
            n_seen += N_FILTERED
        widths = [n_seen, *[recipe.width] * recipe.n_layers]
        self.gated: nn.ModuleList = nn.ModuleList(
            filters(n_in, 2 * n_out) for n_in, n_out in pairwise(widths)
        )
        self.output: nn.Module = zeros_at_first(filters(recipe.width, n_fields))
        self.linear: nn.Module = zeros_at_first(filters(n_fields, n_fields))

    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        fields = z.reshape(len(z), *self.fields)
        x = fields
        if self.long_waves is not None:
            x = torch.cat((fields, self.long_waves(fields)), dim=1)
        for filters in self.gated:
            value, gate = filters(x).chunk(2, dim=1)
            x = value * torch.tanh(gate)
        return (self.output(x) + self.linear(fields)).flatten(1), memory


@serializable
@dataclass(frozen=True)
class LocalMap:
    r"""Convolutions: a field moves by what is near, by the same law at every point.

    .. math:: a_{l+1} = (U_l * a_l + b_l) \odot \tanh(V_l * a_l + c_l), \qquad
              o = W * a_L + K * a_0 + d ,

    where :math:`a_0` holds the fields and, with ``n_waves``, four filters of their
    longest waves, which see the whole grid. Products, of which laws of motion are
    full, are one layer. Latent variables are the fields themselves, ``(n_fields,
    *grid)`` in one row, as :class:`Identity` has them. What holds at one point is
    learned from all: few trajectories suffice.

    Parameters
    ----------
    grid : sequence of int
        Points in each direction, of which there are one to three.
    periodic : bool
        Whether the grid closes; else what lies beyond an edge is as at the edge.
    width, n_layers : int
        Channels of a layer, and number of layers.
    kernel : int
        Points that a filter sees in each direction; odd.
    n_waves : int
        Waves that are filtered, of no more than so many periods a side; 0 for none.

    Raises
    ------
    ValueError
        If a size is out of range, or waves are asked for on a grid that is not closed.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import LocalMap
    >>> network = LocalMap((64,)).build(128, torch.Generator().manual_seed(0))
    >>> network.rollout(torch.zeros(3, 1, 128).double(), n_steps=4)[0].shape
    torch.Size([3, 4, 128])

    References
    ----------
    Dauphin, Fan, Auli & Grangier (2017), gated convolutions; Li et al. (2021), filters
    of long waves.
    """

    grid: Sequence[int]
    periodic: bool = True
    width: int = 32
    n_layers: int = 2
    kernel: int = 5
    n_waves: int = 0

    def __post_init__(self) -> None:
        if not 1 <= len(check_widths("grid", self.grid)) <= 3:
            raise ValueError(
                f"grid must have one to three directions; got {tuple(self.grid)}."
            )
        check_flag("periodic", self.periodic)
        sizes = {"width": self.width, "n_layers": self.n_layers, "kernel": self.kernel}
        check_sizes(**sizes)
        if self.kernel % 2 == 0 or self.kernel > min(self.grid):
            raise ValueError(
                "kernel must be odd, and no wider than the grid, which has "
                f"{tuple(self.grid)} points; got {self.kernel}."
            )
        if check_count("n_waves", self.n_waves, 0) and not self.periodic:
            raise ValueError(
                "n_waves must be 0 where the grid is not periodic, for its waves do "
                f"not close; got {self.n_waves}."
            )

    @property
    def n_warm_up(self) -> int:
        """Known states before a stretch of forecast: the last one tells all."""
        return 1

    def n_fields(self, n_latent: int) -> int:
        """Fields of a latent state, which share one mean and one scale each."""
        n_points = prod(self.grid)
        if check_count("n_latent", n_latent) % n_points:
            raise ValueError(
                f"n_latent must be n_fields times the {n_points} points of the grid "
                f"{tuple(self.grid)}; got {n_latent}. Use Identity as autoencoder."
            )
        return n_latent // n_points

    def build(self, n_latent: int, generator: torch.Generator) -> LocalNetwork:
        """The untrained network, its parameters drawn from the generator."""
        check_generator(generator)
        n_fields = self.n_fields(n_latent)
        return LocalNetwork(n_fields, tuple(self.grid), self, generator)
