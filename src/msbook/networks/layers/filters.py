"""Convolutions on a grid of one, two or three axes, drawn from a generator."""

from __future__ import annotations

import torch
from torch import Tensor, nn

_KINDS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}


def new_filters(
    n_in: int,
    n_out: int,
    kernel: int,
    generator: torch.Generator,
    *,
    n_axes: int = 2,
    edge: str = "zeros",
) -> nn.Conv1d | nn.Conv2d | nn.Conv3d:
    """Convolution with PyTorch's default law of initial parameters.

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    kernel : int
        Points that a filter sees in each direction; odd.
    generator : torch.Generator
        Source of the initial parameters.
    n_axes : {1, 2, 3}
        Axes of the grid.
    edge : {"zeros", "circular", "replicate"}
        What lies beyond the edge.
    """
    # Without storage the constructor draws nothing from the global generator.
    filters = _KINDS[n_axes](
        n_in,
        n_out,
        kernel,
        padding=kernel // 2,
        padding_mode=edge,
        device="meta",
        dtype=torch.float64,
    )
    filters.to_empty(device="cpu")
    bound = (n_in * kernel**n_axes) ** -0.5
    for parameter in filters.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return filters


class LongWaves(nn.Module):
    r"""A filter of the longest waves of periodic fields, which sees the whole grid.

    .. math:: \hat y_o(k) = \sum_i W_{oi}(k)\, \hat x_i(k)
              \quad (|k_1|, \dots, |k_d| < m), \qquad \hat y_o(k) = 0 \text{ else}

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    grid : tuple of int
        Points in each direction.
    n_waves : int
        The number :math:`m`; no more than half of the points in a direction are used.
    generator : torch.Generator
        Source of the initial weights.

    References
    ----------
    Li, Kovachki, Azizzadenesheli et al. (2021), section 4, has such filters in every
    layer.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        grid: tuple[int, ...],
        n_waves: int,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.grid, self.n_out = grid, n_out
        kept = [_numbers(n, last) < n_waves for n, last in _directions(grid)]
        inside = kept[0]
        for one in kept[1:]:
            inside = inside[..., None] & one
        self.n_numbers: int = inside.numel()
        self.index: Tensor
        self.register_buffer("index", inside.flatten().nonzero()[:, 0], False)
        drawn = torch.randn(
            (n_in, n_out, len(self.index), 2), generator=generator, dtype=torch.float64
        )
        self.weights: nn.Parameter = nn.Parameter(0.5 / n_in * drawn)

    def forward(self, x: Tensor) -> Tensor:
        """Filtered fields ``(n, n_out, *grid)`` of fields ``(n, n_in, *grid)``."""
        axes = tuple(range(2, x.ndim))
        waves = torch.fft.rfftn(x, dim=axes)
        weights = torch.view_as_complex(self.weights)
        long = waves.flatten(2)[..., self.index]
        passed = torch.einsum("nik,iok->nok", long, weights)
        full = waves.new_zeros(len(x), self.n_out, self.n_numbers)
        full[..., self.index] = passed
        shaped = full.reshape(len(x), self.n_out, *waves.shape[2:])
        return torch.fft.irfftn(shaped, s=self.grid, dim=axes)


def _directions(grid: tuple[int, ...]) -> list[tuple[int, bool]]:
    """Points in each direction, and whether it is the last."""
    return [(n, i == len(grid) - 1) for i, n in enumerate(grid)]


def _numbers(n_points: int, last: bool) -> Tensor:
    """Sizes of wavenumbers along a direction, as a real transform has them.

    The shortest wave of an even number of points, which has no sine, counts as too
    short for any filter.
    """
    numbers = torch.arange(n_points // 2 + 1)
    if n_points % 2 == 0:
        numbers[-1] = n_points
    backward = numbers[1 : (n_points + 1) // 2].flip(0)
    return numbers if last else torch.cat((numbers, backward))
