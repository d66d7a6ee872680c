"""Freshly shuffled batches, which a checkpoint can take up again."""

import numpy as np
from numpy.typing import NDArray

from msbook.serialization.arrays import Arrays


class Batches:
    """Rows of one batch after the other; what is left of a pass is dropped."""

    def __init__(
        self, n_samples: int, batch_size: int, rng: np.random.Generator
    ) -> None:
        self.n_samples, self.rng = n_samples, rng
        self.batch_size = min(batch_size, n_samples)
        self.order: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
        self.first = 0

    def following(self) -> NDArray[np.int64]:
        """Rows of the next batch."""
        if self.first + self.batch_size > len(self.order):
            self.order, self.first = self.rng.permutation(self.n_samples), 0
        rows = self.order[self.first : self.first + self.batch_size]
        self.first += self.batch_size
        return rows

    def state(self) -> Arrays:
        """The pass that is going on."""
        return {"order": self.order, "first": np.array(self.first)}

    def resume(self, state: Arrays) -> None:
        """Go on with such a pass."""
        self.order, self.first = state["order"], int(state["first"])
