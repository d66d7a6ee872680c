"""What a training by a loss leaves behind, and what interrupts or ends one."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


class TrainingError(ValueError):
    """The training loss stopped being a finite number."""


class TrainingInterrupted(KeyboardInterrupt):
    """A training was interrupted, and its network is the best one seen.

    Attributes
    ----------
    history : LossHistory or History
        Losses up to there.
    """

    def __init__(self, message: str, history: Any) -> None:
        super().__init__(message)
        self.history = history


@dataclass(frozen=True)
class LossHistory:
    """Losses of one training, an entry a look at the validation set.

    Of a training that was interrupted before its first look, the only entry is that of
    the network at the start, with a training loss of NaN.

    Attributes
    ----------
    steps : ndarray, shape (n_looks,)
        Updates made before the look.
    train_loss : ndarray, shape (n_looks,)
        Mean loss over the batches since the look before.
    validation_loss : ndarray, shape (n_looks,)
        What chose the network, on the validation set.
    """

    steps: NDArray[np.int64]
    train_loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]

    @property
    def best(self) -> int:
        """Index of the look whose network was kept."""
        return int(np.argmin(self.validation_loss))

    @property
    def best_loss(self) -> float:
        """Validation loss of the network that was kept."""
        return float(self.validation_loss[self.best])
