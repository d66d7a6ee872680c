"""Samples that are fetched when a batch asks for them, in place of arrays."""

from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

N_SAMPLED = 64  # samples by which a source is told from others


@runtime_checkable
class Source(Protocol):
    """Samples of which only those of a batch are in memory."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of all samples as one array."""
        ...

    def rows(self, indices: NDArray[np.int64]) -> NDArray[Any]:
        """Samples by their numbers, finite."""
        ...


@dataclass(frozen=True)
class Fetched:
    """A source as a tensor that gives one batch at a time."""

    source: Source
    like: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """That of all samples."""
        return self.source.shape

    def __len__(self) -> int:
        return self.source.shape[0]

    def __getitem__(self, rows: Tensor) -> Tensor:
        values = self.source.rows(rows.cpu().numpy())
        return torch.as_tensor(values, dtype=self.like.dtype, device=self.like.device)


Batched = Tensor | Fetched


def sampled(values: Batched) -> NDArray[Any]:
    """What tells samples from others: all of an array, and some of a source."""
    if isinstance(values, Tensor):
        return values.cpu().numpy()
    n = len(values)
    return values.source.rows(np.unique(np.linspace(0, n - 1, N_SAMPLED).astype(int)))
