"""What fixes the random numbers of an estimator, as scikit-learn has it."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import utils


def check_random_state(value: Any) -> np.random.RandomState:
    """A source of random numbers from itself, or from its seed."""
    try:
        return utils.check_random_state(value)
    except ValueError as error:
        raise ValueError(
            "random_state must be None, a seed, which is a whole number from 0 to "
            f"2**32 - 1, or a numpy.random.RandomState; got {value!r:.60}."
        ) from error
