"""Scaled states of trajectories, a portion or a batch at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.led.inputs.paths import Paths, rows_within

SMALL = 2**27  # bytes in double precision that may be in memory as a whole


@dataclass(frozen=True)
class ScaledStates:
    """States as a network sees them, which can be gone through again and again.

    Iteration gives tensors ``(n, *state)`` in double precision, a portion of all each.

    Attributes
    ----------
    paths : Paths
    scaling : FieldScaling
    """

    paths: Paths
    scaling: FieldScaling

    @property
    def shape(self) -> tuple[int, ...]:
        """That of all states as one array."""
        return len(self.paths), *self.paths.state

    def __len__(self) -> int:
        return len(self.paths)

    def __iter__(self) -> Iterator[Tensor]:
        for states in self.paths:
            yield torch.from_numpy(self.scaling.scaled(states))

    def rows(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """States by their numbers, such as those of a batch."""
        return self.scaling.scaled(self.paths.rows(indices))

    def some(self) -> NDArray[np.float64]:
        """Evenly spread states, all of them where they make up one portion."""
        return self.scaling.scaled(self.paths.some())

    @property
    def is_small(self) -> bool:
        """Whether all states may be in memory together."""
        return len(self) <= rows_within(SMALL, self.paths.state)
