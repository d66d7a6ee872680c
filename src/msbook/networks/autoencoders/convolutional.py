"""Convolutional autoencoders of fields on a grid in the plane."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from msbook._registry import serializable
from msbook._validation import check_count, check_widths, finite_array
from msbook.networks.autoencoders.convolutional_layers import (
    Convolutions,
    GridDecoder,
    GridEncoder,
)
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.layers.checks import (
    check_generator,
    check_recipe,
    check_residual,
    check_sizes,
)
from msbook.networks.layers.residual import ResidualDense

PORTION = 512  # states that pass at a time where no gradient is wanted: they fit caches


class GridNetwork(AutoencoderNetwork):
    """Encoder and decoder of fields; see :class:`ConvolutionalAutoencoder`."""

    def encode(self, x: Tensor) -> Tensor:
        """Latent states of scaled states ``x``, shape ``(*, n_features)``."""
        return in_portions(self.encoder, x)

    def decode(self, z: Tensor) -> Tensor:
        """Scaled states of latent states ``z``, shape ``(*, n_latent)``."""
        return in_portions(self.decoder, z)


@serializable
@dataclass(frozen=True)
class ConvolutionalAutoencoder:
    r"""Convolutions between the fields and a few maps, a dense stack from there on.

    The encoder's convolutions reduce the fields, at each point, to as many numbers as
    there are maps, and a dense stack reads the latents off these. The decoder goes the
    way back. Nothing is pooled: where a front stands between two points can be read
    only from values that a pooling layer would drop.

    With filters of one point, what the decoder's dense stack gives to a point can
    change smoothly with the latents, such as the time since a front has passed. What is
    steep is drawn by one small network that all points share, and that learns from all
    of them.

    It is asymmetric for ``every`` above one: the encoder looks only at every such row
    and column, beginning with the first, and the decoder gives all points. What stands
    at the others plays no role for the latents; :func:`on_fine_grid` puts coarse fields
    there.

    Parameters
    ----------
    grid : (int, int)
        Points of the fields, rows and columns.
    n_fields : int
        Fields, which lie in a state one after the other, each row by row.
    n_latent : int
        Number of latent variables.
    channels : sequence of int
        Hidden channels of the encoder's convolutions; the decoder has the same in
        reverse.
    maps : int
        Channels between convolutions and dense stack.
    dense : sequence of int
        Hidden widths of the dense stacks, all the same.
    kernel : int
        Points, in each direction, that a filter sees; odd.
    every : int
        Rows and columns the encoder looks at: all of them, or every second, ...
    activation : {"elu", "tanh", "silu"}

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import ConvolutionalAutoencoder
    >>> recipe = ConvolutionalAutoencoder((20, 20), n_fields=2, n_latent=10, every=2)
    >>> network = recipe.build(800, torch.Generator().manual_seed(0))
    >>> network.encode(torch.zeros(3, 800, dtype=torch.float64)).shape
    torch.Size([3, 10])

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), sections 4.1, 4.2, 7.4 and 8. The layers are
    ours.
    """

    grid: tuple[int, int] = (20, 20)
    n_fields: int = 2
    n_latent: int = 10
    channels: Sequence[int] = (16, 16)
    maps: int = 4
    dense: Sequence[int] = (128, 128)
    kernel: int = 1
    every: int = 1
    activation: str = "silu"

    def __post_init__(self) -> None:
        _check_grid(self.grid, self.every)
        check_sizes(n_fields=self.n_fields, maps=self.maps)
        check_recipe(self.n_latent, (1,), self.activation)
        check_widths("channels", self.channels)
        check_residual(self.dense, "dense")
        if check_count("kernel", self.kernel) % 2 == 0:
            raise ValueError(f"kernel must be odd and positive; got {self.kernel}.")

    def build(self, n_features: int, generator: torch.Generator) -> GridNetwork:
        """The untrained network, its parameters drawn from the generator.

        Raises
        ------
        ValueError
            If a state has another number of components than the fields have values.
        """
        check_sizes(n_features=n_features)
        check_generator(generator)
        if n_features != self.n_fields * prod(self.grid):
            raise ValueError(
                f"{self.n_fields} fields on a grid of {self.grid} points have "
                f"{self.n_fields * prod(self.grid)} values; got states of "
                f"n_features = {n_features}."
            )
        ways = self.kernel, self.activation, generator
        inwards = (self.n_fields, *self.channels, self.maps)
        n_seen = self.maps * prod(-(-n // self.every) for n in self.grid)
        n_drawn = self.maps * prod(self.grid)
        stack = self.dense, self.activation, generator
        return GridNetwork(
            GridEncoder(
                self.grid,
                self.every,
                Convolutions(inwards, *ways),
                ResidualDense(n_seen, self.n_latent, *stack),
            ),
            GridDecoder(
                self.grid,
                ResidualDense(self.n_latent, n_drawn, *stack),
                Convolutions(inwards[::-1], *ways),
            ),
        )


def on_fine_grid(
    coarse: ArrayLike, grid: tuple[int, int], n_fields: int, every: int
) -> NDArray[np.float64]:
    """Coarse fields at the points of a fine grid that an asymmetric encoder looks at.

    Parameters
    ----------
    coarse : array_like, shape (..., dim)
        Fields one after the other, each row by row, at every such row and column.
    grid : (int, int)
        Points of the fine grid.
    n_fields : int
    every : int

    Returns
    -------
    ndarray, shape (..., n_fields * rows * columns)
        With zeros at the points that are not looked at.

    Raises
    ------
    ValueError
        If the coarse fields have another number of values.

    Examples
    --------
    >>> from msbook.networks import on_fine_grid
    >>> on_fine_grid([1, 2, 3, 4], (3, 3), n_fields=1, every=2).reshape(3, 3)
    array([[1., 0., 2.],
           [0., 0., 0.],
           [3., 0., 4.]])
    """
    values = finite_array("coarse", coarse)
    _check_grid(grid, every)
    check_sizes(n_fields=n_fields)
    seen = (n_fields, *(-(-n // every) for n in grid))
    if values.ndim == 0 or values.shape[-1] != prod(seen):
        raise ValueError(
            f"coarse must have {prod(seen)} values, n_fields = {n_fields} on every = "
            f"{every} of the grid's points; got shape {values.shape}."
        )
    fine = np.zeros((*values.shape[:-1], n_fields, *grid))
    fine[..., ::every, ::every] = values.reshape(*values.shape[:-1], *seen)
    return fine.reshape(*values.shape[:-1], -1)


def _check_grid(grid: tuple[int, int], every: int) -> None:
    if len(check_widths("grid", grid)) != 2:
        raise ValueError(f"grid must be (rows, columns); got {grid!r}.")
    if not 1 <= check_count("every", every) <= min(grid):
        raise ValueError(
            f"every must be between 1 and {min(grid)}, the rows or columns there are; "
            f"got {every}."
        )


def in_portions(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """A function of states ``(n, n_in)``, asked for ``(*, n_in)``.

    Where no gradient is wanted, a few states pass at a time: all channels of all states
    of many trajectories would fill the memory.
    """
    rows = x.reshape(-1, x.shape[-1])
    portions = (rows,) if torch.is_grad_enabled() else rows.split(PORTION)
    found = torch.cat([function(portion) for portion in portions])
    return found.reshape(*x.shape[:-1], -1)
