"""Bad input to any public callable ends in a right result or in an error of ours.

Callables are found by looking: a new one fails here, by name, until there is a valid
call of it in the table, or the reason why it takes no data. Each argument of a valid
call is replaced by values that are wrong, one at a time.
"""

from __future__ import annotations

import importlib
import inspect
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import matplotlib
import numpy as np
import pytest
from torch import nn

import msbook as ms
from tests.bad_input import (
    claims,
    estimators,
    generators,
    integrators,
    io,
    led,
    metrics,
    networks,
    plotting,
    sampling,
    systems,
    training,
)
from tests.bad_input.rule import Call, masked_values, violations

matplotlib.use("agg")

TABLES = (
    claims,
    estimators,
    generators,
    integrators,
    io,
    led,
    metrics,
    networks,
    plotting,
    sampling,
    systems,
    training,
)
CALLS: dict[str, Call] = {}
REASONS: dict[str, str] = {}
for table in TABLES:
    CALLS |= table.CALLS
    REASONS |= table.REASONS

SUBPACKAGES = (
    *("integrators", "systems", "sampling", "networks", "estimators", "metrics"),
    *("training", "training.by_loss", "diagnostics", "io", "plotting", "claims"),
)


def public_callables() -> dict[str, Callable[..., Any]]:
    """Functions, classes and methods by name; methods by the class that defines them.

    Left out are protocols and abstract methods, which have no body, exceptions, and
    the methods of networks: they are called in training, where PyTorch's own errors
    are let through.
    """
    found: dict[str, Callable[..., Any]] = {}
    for module in ("msbook", *(f"msbook.{name}" for name in SUBPACKAGES)):
        names = importlib.import_module(module)
        for name in names.__all__:
            value = getattr(names, name)
            if inspect.isclass(value):
                found |= dict(_of_class(value))
            elif callable(value):
                found[name] = value
    return found


def _of_class(one: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    if issubclass(one, BaseException) or Protocol in one.__bases__:
        return
    if not inspect.isabstract(one):
        yield one.__name__, one
    if issubclass(one, nn.Module):
        return
    for name, value in inspect.getmembers(one, callable):
        owner = next((c for c in one.__mro__ if name in vars(c)), object)
        ours = owner.__module__.startswith("msbook")
        abstract = getattr(value, "__isabstractmethod__", False)
        # scikit-learn adds set_fit_request and its like to every estimator.
        kind = inspect.isclass(value)  # that a class names, such as what it moves
        if ours and not (abstract or kind or re.match("_|set_.*_request$", name)):
            yield f"{owner.__name__}.{name}", value


PUBLIC = public_callables()


def takes_only_defaults(name: str) -> bool:
    """Whether a callable is called validly without any argument, or has none."""
    parameters = inspect.signature(PUBLIC[name]).parameters.values()
    return "." not in name and all(p.default is not p.empty for p in parameters)


def test_the_table_is_that_of_what_is_public():
    known = {*CALLS, *REASONS}
    missing = {name for name in {*PUBLIC} - known if not takes_only_defaults(name)}
    assert not missing, f"without a valid call or a reason: {sorted(missing)}"
    assert known <= {*PUBLIC}, f"not public: {sorted(known - {*PUBLIC})}"
    assert not {*CALLS} & {*REASONS}


@pytest.mark.parametrize("name", sorted({*PUBLIC} - {*REASONS}))
def test_bad_input(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)  # a path may be any string, and is then written to
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        broken = list(violations(CALLS.get(name, Call({})), PUBLIC[name]))
    assert not broken, f"{name}\n  " + "\n  ".join(broken)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_masked_entries_are_not_used(name: str):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        broken = list(violations(CALLS[name], PUBLIC[name], masked_values))
    assert not broken, f"{name}\n  " + "\n  ".join(broken)


def test_masked_entries_in_starts_and_trajectories():
    oscillator = ms.ODE(lambda t, y, p: (y[1], -y[0]), y0=(1.0, 0.0))
    start = np.ma.masked_array([[1.0, 0.0]], [[False, True]])
    with pytest.raises(ValueError, match="y0 must have no masked entries; got 1"):
        ms.solve(oscillator, start, t_span=(0, 1), dt=0.1)
    start.mask = False
    assert ms.solve(oscillator, start, t_span=(0, 1), dt=0.1).y.shape == (1, 11, 2)
    paths = np.ma.masked_array(np.ones((3, 9, 1)), np.arange(27).reshape(3, 9, 1) < 2)
    for take in (ms.sampling.pairs, lambda data: ms.diagnose(data, 0.1)):
        with pytest.raises(ValueError, match=r"trajectories must .* masked .* got 2"):
            take(paths)
        with pytest.raises(ValueError, match=r"trajectories\[0\] must .* masked"):
            take(list(paths))
    mixed = [paths[0, :, 0], paths[1, :, 0]]
    with pytest.raises(ValueError, match="sample must have no masked entries; got 2"):
        ms.metrics.wasserstein_distance(mixed, np.ones((5, 9)))
