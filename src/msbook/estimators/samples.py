"""Samples and their targets, a row each, checked as scikit-learn has it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from msbook._validation import check_unmasked, finite_array

# scikit-learn carries no types; checkers guess them from default values, wrongly.
_validate_data: Any = validate_data


def check_first_samples(
    estimator: BaseEstimator, X: Any, least: int = 2
) -> NDArray[np.float64]:
    """Samples (n, n_features) to fit to, at least so many; the columns are noted."""
    return _check(estimator, X, reset=True, ensure_min_samples=least)


def check_samples(estimator: BaseEstimator, X: Any) -> NDArray[np.float64]:
    """Samples (n, n_features) with the columns that the estimator was fitted to."""
    return _check(estimator, X, reset=False)


def _check(estimator: BaseEstimator, X: Any, **options: Any) -> NDArray[np.float64]:
    check_unmasked("X", X)
    try:
        samples = _validate_data(
            estimator, X, dtype=np.float64, ensure_all_finite=False, **options
        )
    except (TypeError, ValueError) as error:
        kind = TypeError if isinstance(error, TypeError) else ValueError
        reason = str(error).split("\n")[0].rstrip(":. ")  # then comes the array
        raise kind(
            "X must be an array of real numbers, of shape (n, n_features); got "
            f"{_shown(X)}: {reason}.{_advice(getattr(X, 'ndim', 2))}"
        ) from error
    return finite_array("X", samples)


def _shown(X: Any) -> str:
    shape = getattr(X, "shape", None)
    return type(X).__name__ if shape is None else f"shape {shape}"


def _advice(ndim: int) -> str:
    if ndim == 1:
        return " Reshape your data: X[:, None] is one column, X[None] one row."
    if ndim == 3:
        return " Trajectories are cut into rows by msbook.sampling.pairs."
    return ""


def check_changing(X: NDArray[np.float64]) -> None:
    """Samples that are not all one, of which there is nothing to learn."""
    if not np.ptp(X, axis=0).any():
        raise ValueError(
            "X must change from row to row, or there is nothing to learn; got "
            f"{len(X)} equal rows."
        )


def check_targets(
    name: str, values: Any, n: int, what: str, n_outputs: int | None = None
) -> NDArray[np.float64]:
    """Finite targets of so many samples, (n, n_outputs), or (n,) for one output.

    ``what`` they are, and where they come from, is for the messages.
    """
    if values is None:
        raise ValueError(
            f"{name} must hold the {what}, a row for each row of X; got None. The fit "
            f"requires {name} to be passed, but the target {name} is None."
        )
    targets = finite_array(name, values)
    columns = targets.shape[1] if targets.ndim == 2 else 1
    fits = targets.ndim in (1, 2) and len(targets) == n and columns > 0
    if not fits or n_outputs not in (None, columns):
        wanted = "n_outputs" if n_outputs is None else n_outputs
        raise ValueError(
            f"{name} must have shape ({n}, {wanted}), the {what}, a row for each row "
            f"of X; got {targets.shape}."
        )
    return targets


def check_weights(values: Any, n: int) -> NDArray[np.float64] | None:
    """Weights of so many samples, (n,), or None where all count alike."""
    if values is None:
        return None
    weights = finite_array("sample_weight", values)
    if weights.shape != (n,) or (weights < 0).any() or not weights.any():
        raise ValueError(
            f"sample_weight must have shape ({n},), a weight a sample, none negative "
            f"and not all zero; got shape {weights.shape} and a sum of "
            f"{weights.sum():.3g}."
        )
    return weights
