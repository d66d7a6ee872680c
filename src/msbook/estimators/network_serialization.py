"""The history of a network's training, back from a file."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook.serialization.numbers import checked_array
from msbook.training.by_loss import LossHistory


def losses_from_arrays(arrays: dict[str, NDArray[Any]], prefix: str) -> LossHistory:
    """The history of a training from its arrays, whose names begin with a prefix."""
    n_looks = len(arrays[f"{prefix}steps"])
    kinds = {"steps": np.int64, "train_loss": float, "validation_loss": float}
    return LossHistory(
        **{
            name: checked_array(arrays, prefix + name, (n_looks,), kind)
            for name, kind in kinds.items()
        }
    )
