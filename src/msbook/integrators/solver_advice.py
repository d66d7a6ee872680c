"""What is said of a method or of starts that do not fit."""

from __future__ import annotations

from math import prod
from typing import Any

from msbook.integrators.ode.runge_kutta import RK4
from msbook.integrators.ode.tableau import Tableau


def as_source(method: Any) -> str:
    """A method that is taken by default, as a reader writes it."""
    name = "RK4" if method is RK4 else f"{type(method).__name__}()"
    return f"msbook.integrators.{name}"


def shown(method: Any) -> str:
    """What came in place of a method."""
    if isinstance(method, type):
        return f"{method.__name__}, without its ()"
    if callable(method):
        return f"the function {getattr(method, '__name__', method)}; call it first"
    if isinstance(method, Tableau):
        return "a Tableau; write RungeKutta(tableau)"
    return f"{method!r:.60} of type {type(method).__name__}"


def advice_on_shape(shape: tuple[int, ...], dim: int) -> str:
    """What to do about starts of a wrong shape."""
    if prod(shape) == dim:
        return "For one start use y0.reshape(1, -1)."
    if dim == 1 and max(shape, default=0) == prod(shape):
        return "For many starts of one component use y0.reshape(-1, 1)."
    if len(shape) == 2 and shape[0] == dim:
        return "Components come last: use y0.T."
    return "A row is a start, with an entry a component."
