"""Regressions by name."""

from __future__ import annotations

from typing import cast

from msbook._validation import check_methods
from msbook.estimators.coarse_pde.pointwise_regression import (
    GaussianProcessRegression,
    NetworkRegression,
    Regression,
)

REGRESSORS: dict[str, Regression] = {
    "gp": GaussianProcessRegression(),
    "network": NetworkRegression(),
}


def regression_of(regressor: str | Regression) -> Regression:
    """The regression of this name, or the given one."""
    if isinstance(regressor, str) and regressor in REGRESSORS:
        return REGRESSORS[regressor]
    check_methods(
        "regressor",
        regressor,
        ("fit", "n_samples"),
        f"one of {', '.join(REGRESSORS)}, or a recipe such as "
        "msbook.estimators.GaussianProcessRegression(1000)",
    )
    return cast("Regression", regressor)
