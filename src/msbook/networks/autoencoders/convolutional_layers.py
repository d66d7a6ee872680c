"""Layers between fields on a grid in the plane and a dense stack."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn

from msbook.networks.layers.activations import ACTIVATIONS
from msbook.networks.layers.filters import new_filters
from msbook.networks.layers.residual import ResidualDense


class Convolutions(nn.Module):
    r"""Convolutions, one after the other; the last one is linear.

    .. math:: a_l(x) = \varphi\Bigl( \sum_{|k| \le (K - 1) / 2} W_{l,k}\, a_{l-1}(x + k)
              + b_l \Bigr) ,

    where :math:`a_l(x)` holds the channels of layer :math:`l` at a point :math:`x`;
    beyond the edge there are zeros. With :math:`K = 1` this is one small dense network,
    shared by all points.

    Parameters
    ----------
    channels : sequence of int
        Channels of input, hidden layers and output.
    kernel : int
        Points :math:`K`, in each direction, that a filter sees; odd.
    activation : {"elu", "tanh", "silu"}
        The function :math:`\varphi`.
    generator : torch.Generator
        Source of the initial parameters.
    """

    def __init__(
        self,
        channels: Sequence[int],
        kernel: int,
        activation: str,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.activation = activation
        self.filters: nn.ModuleList = nn.ModuleList(
            new_filters(n_in, n_out, kernel, generator)
            for n_in, n_out in pairwise(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        function = ACTIVATIONS[self.activation]
        # The channels of a point side by side in memory: half the time of a pass.
        x = x.contiguous(memory_format=torch.channels_last)
        for filters in self.filters[:-1]:
            x = function(filters(x))
        return self.filters[-1](x)


class GridEncoder(nn.Module):
    """From fields to latents: convolutions, then a dense stack; may leave out points.

    Parameters
    ----------
    grid : (int, int)
        Points of the fields, rows and columns.
    every : int
        Which rows and columns are looked at: every first, second, ...
    convolutions : Convolutions
    dense : ResidualDense
        From all channels at all points that are looked at.
    """

    grid: tuple[int, int]
    every: int
    convolutions: Convolutions
    dense: ResidualDense

    def __init__(
        self,
        grid: tuple[int, int],
        every: int,
        convolutions: Convolutions,
        dense: ResidualDense,
    ) -> None:
        super().__init__()
        self.grid, self.every = grid, every
        self.convolutions, self.dense = convolutions, dense

    def forward(self, x: Tensor) -> Tensor:
        fields = x.reshape(len(x), -1, *self.grid)
        seen = fields[:, :, :: self.every, :: self.every]
        return self.dense(self.convolutions(seen).flatten(1))


class GridDecoder(nn.Module):
    """From latents to fields: a dense stack that draws maps, then convolutions.

    Parameters
    ----------
    grid : (int, int)
        Points of the fields, rows and columns.
    dense : ResidualDense
        To all maps at all points.
    convolutions : Convolutions
        From the maps to the fields.
    """

    grid: tuple[int, int]
    dense: ResidualDense
    convolutions: Convolutions

    def __init__(
        self, grid: tuple[int, int], dense: ResidualDense, convolutions: Convolutions
    ) -> None:
        super().__init__()
        self.grid, self.dense, self.convolutions = grid, dense, convolutions

    def forward(self, z: Tensor) -> Tensor:
        maps = self.dense(z).reshape(len(z), -1, *self.grid)
        return self.convolutions(maps).flatten(1)
