"""What the encoder of a slow map sees: the point as it is, or polar coordinates."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from msbook.networks.layers.coordinates import Polar
from msbook.sampling.circles import Circle, find_circle


def choose_coordinates(
    wanted: str, targets: NDArray[np.float64], n_features: int
) -> tuple[str, Circle | None]:
    """Cartesian or polar, and the circle to go round where one had to be found."""
    if wanted != "auto":
        return wanted, None
    circle = find_circle(targets) if targets.shape[1] == n_features > 1 else None
    return "cartesian" if circle is None else "polar", circle


def encoder_coordinates(
    coordinates: str, n_features: int, circle: Circle | None
) -> Polar | None:
    """The layer before the encoder; None for the point as it is."""
    if coordinates == "cartesian":
        return None
    place = () if circle is None else (circle.centre, circle.axes)
    return Polar(n_features, *map(torch.tensor, place))
