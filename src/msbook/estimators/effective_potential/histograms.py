"""What a histogram must be like for a potential to be fitted to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_kind, finite_array
from msbook.estimators.effective_potential.splines import TensorSplines, check_axes
from msbook.estimators.effective_potential.uniform_splines import check_edges


def check_histogram(
    splines: Any, edges: Sequence[ArrayLike], counts: ArrayLike
) -> NDArray[np.float64]:
    """Samples in each bin, one axis a coordinate of the splines."""
    check_kind("splines", splines, TensorSplines, "msbook.estimators.TensorSplines")
    check_axes(edges, len(splines.axes))
    shape = tuple(len(check_edges(along)) - 1 for along in edges)
    numbers = finite_array("counts", counts)
    if numbers.shape != shape or (numbers < 0).any():
        raise ValueError(
            f"counts must have shape {shape}, as the edges say, and not be negative; "
            f"got shape {numbers.shape} and {np.count_nonzero(numbers < 0)} negative "
            "ones."
        )
    if not numbers.any():
        raise ValueError(
            "counts must hold samples; got none in any bin. Choose edges that the run "
            "visits."
        )
    return numbers
