"""What the encoder of a slow map sees, brought to the size of one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from msbook.networks.layers.coordinates import Polar, Standardised
from msbook.networks.layers.dense import EncoderDecoder
from msbook.sampling.circles import find_circle


@dataclass(frozen=True)
class Scaling:
    """What is subtracted from columns, and what they are then divided by.

    Attributes
    ----------
    centre, scale : ndarray, shape (dim,)
    """

    centre: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def none(cls, dim: int) -> Scaling:
        """Columns as they are."""
        return cls(np.zeros(dim), np.ones(dim))

    @classmethod
    def of_points(cls, points: NDArray[np.float64]) -> Scaling:
        """Mean and standard deviation; constant columns are divided by one."""
        spread = standard_deviation(points)
        return cls(points.mean(axis=0), np.where(spread > 0, spread, 1.0))

    @classmethod
    def of_targets(
        cls, targets: NDArray[np.float64], points: NDArray[np.float64]
    ) -> Scaling:
        """Of projections: the units of the points, and one factor for all columns.

        The noise of burst means is a share of what the points spread along their
        fibres. In units of the points it is therefore about the same in all columns,
        and one that holds nothing but noise is not blown up to the size of the others.
        Targets that are not as many as the features are divided by their own spread.
        """
        spread = standard_deviation(targets)
        units = np.where(spread > 0, spread, 1.0)
        if targets.shape[1] == points.shape[1]:
            of_points = standard_deviation(points)
            units = np.where(of_points > 0, of_points, units)
        largest = (spread / units).max()
        return cls(targets.mean(axis=0), units * largest if largest > 0 else units)

    def apply(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Columns brought to the size of one."""
        return (values - self.centre) / self.scale


def standard_deviation(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each column, zero where it is constant up to rounding; safe from overflow."""
    size = np.abs(values).max(axis=0)
    relative = values / np.where(size > 0, size, 1.0)
    spread = (relative - relative.mean(axis=0)).std(axis=0)
    return np.where(spread > 8 * np.finfo(float).eps, spread * size, 0.0)


def encoder_coordinates(
    wanted: str,
    points: NDArray[np.float64],
    targets: NDArray[np.float64],
    scaling: Scaling | None,
) -> tuple[str, Polar | Standardised | None]:
    """Name and layer of what the encoder sees; no layer for the point as it is.

    With scaling, coordinates that are constant are hidden: the data do not tell how
    the slow variables would depend on them.
    """
    dim = points.shape[1]
    if scaling is None:
        centre, factor = np.zeros(dim), np.ones(dim)
    else:
        centre = scaling.centre
        factor = np.where(standard_deviation(points) > 0, 1.0 / scaling.scale, 0.0)
    if wanted == "auto" and targets.shape[1] == dim > 1:
        circle = find_circle(factor * (targets - centre))
        if circle is not None:
            away = np.divide(circle.centre, factor, where=factor > 0, out=np.zeros(dim))
            return "polar", _polar(centre + away, circle.axes * factor)
    if wanted == "polar":
        unit = np.sqrt(np.mean(factor[factor > 0] ** -2.0))
        return "polar", _polar(np.zeros(dim), np.eye(dim) / unit)
    if scaling is None:
        return "cartesian", None
    return "cartesian", Standardised(torch.tensor(centre), torch.tensor(factor))


def kept_coordinates(name: str, dim: int, scaled: bool) -> Polar | Standardised | None:
    """A layer of the right kind, whose numbers a file will fill in."""
    if name == "polar":
        return Polar(dim)
    if not scaled:
        return None
    return Standardised(*(torch.zeros(dim, dtype=torch.float64) for _ in range(2)))


def undo_scaling(network: EncoderDecoder, scaling: Scaling) -> None:
    """Let the decoder of a trained network return targets in the reader's units."""
    last = cast(nn.Linear, network.decoder.linears[-1])
    scale = torch.tensor(scaling.scale)
    with torch.no_grad():
        last.weight.mul_(scale[:, None])
        last.bias.mul_(scale).add_(torch.tensor(scaling.centre))


def _polar(centre: NDArray[np.float64], axes: NDArray[np.float64]) -> Polar:
    return Polar(len(centre), *map(torch.tensor, (centre, axes)))
