"""What an effective potential refuses, and what it warns of."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import (
    check_choice,
    check_count,
    check_kind,
    check_positive,
    finite_array,
)
from msbook.estimators.effective_potential.splines import TensorSplines, check_axes
from msbook.estimators.effective_potential.uniform_splines import check_edges


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise a ValueError if an argument of the constructor is out of range."""
    check_choice("method", parameters["method"], ("force", "density"))
    check_count("n_steps", parameters["n_steps"])
    for name in ("friction", "step_size"):
        if parameters[name] is not None:
            check_positive(name, parameters[name])
    scale = parameters["scale"]
    if not isinstance(scale, str):
        check_positive("scale", scale)
        return
    if scale != "auto":
        raise ValueError(f'scale must be "auto" or a positive number; got {scale!r}.')
    if parameters["step_size"] is not None:
        raise ValueError(
            'scale="auto" chooses the step, too; got step_size = '
            f"{parameters['step_size']}. Give a scale, or leave step_size out."
        )


def check_coordinates(q: ArrayLike, dim: int) -> NDArray[np.float64]:
    """Finite points (n, dim) as an array, or a ValueError."""
    points = finite_array("q", q)
    if points.ndim != 2 or points.shape[1] != dim:
        raise ValueError(
            f"q must have shape (n, {dim}), coordinates last; got {points.shape}."
        )
    return points


def warn_outside(
    points: NDArray[np.float64],
    visited: NDArray[np.float64],
    splines: TensorSplines,
) -> None:
    """Say, where the caller was called, how many points (n, d) leave a range (d, 2)."""
    on_a_line = [not axis.periodic for axis in splines.axes]
    beyond = (points < visited[:, 0]) | (points > visited[:, 1])
    outside = np.any(beyond[:, on_a_line], axis=-1)
    if outside.any():
        warnings.warn(
            f"{outside.mean():.0%} of the points lie beyond the visited range "
            f"{visited.round(3).tolist()}; the potential goes on as a parabola there.",
            UserWarning,
            stacklevel=3,
        )


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
