"""What a slow map refuses: parameters and data that cannot be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook._validation import (
    check_between,
    check_choice,
    check_count,
    check_flag,
    check_methods,
    check_positive,
    check_widths,
)
from msbook.estimators.samples import check_targets


def check_parameters(parameters: Mapping[str, Any]) -> None:
    """Raise a ValueError if an argument of the constructor is out of range."""
    check_count("batch_size", parameters["batch_size"])
    if isinstance(parameters["n_slow"], str):
        check_choice("n_slow", parameters["n_slow"], ("auto",))
    else:
        check_count("n_slow", parameters["n_slow"])
    for name in ("epochs", "n_restarts"):
        if parameters[name] is not None:
            check_count(name, parameters[name])
    check_flag("scale", parameters["scale"])
    check_positive("learning_rate", parameters["learning_rate"])
    check_between("validation_fraction", parameters["validation_fraction"], 0.0, 1.0)
    for name, known in (
        ("coordinates", ("cartesian", "polar", "auto")),
        ("schedule", ("constant", "cosine")),
        ("keep_best", ("loss", "orthogonality")),
        ("activation", ("elu", "tanh", "silu")),
    ):
        check_choice(name, parameters[name], known)
    check_widths("hidden", parameters["hidden"])
    if parameters["decoder_hidden"] is not None:
        check_widths("decoder_hidden", parameters["decoder_hidden"])
    if parameters["pruning"] is not None:
        check_methods(
            "pruning",
            parameters["pruning"],
            ("check", "due", "cut"),
            "a recipe such as msbook.networks.RowPruning(), or None",
        )
        if parameters["epochs"] is None:
            raise ValueError(
                "epochs must be given with pruning, which counts them; got None."
            )


def check_bottleneck(n_slow: int | str, n_features: int) -> None:
    """Raise a ValueError if there are more slow variables than features."""
    if not isinstance(n_slow, str) and n_slow > n_features:
        raise ValueError(
            f"n_slow must not exceed the {n_features} features of X; got {n_slow}."
        )


def check_projections(
    y: Any, n: int, n_outputs: int | None = None
) -> NDArray[np.float64]:
    """Projections of so many points, (n, n_outputs), or (n,) for one output."""
    what = "projections, such as those of msbook.sampling.project"
    return check_targets("y", y, n, what, n_outputs)
