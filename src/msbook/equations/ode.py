"""Ordinary differential equations, given component by component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._compile.tracing.components import split_components
from msbook._typing import Parameters, Rows
from msbook._validation import check_flag, check_states
from msbook.equations.rows import (
    as_parameters,
    as_start,
    call_on_rows,
    count_rows,
    stack_rows,
    without_njit,
    write_out,
)


@dataclass(frozen=True)
class ODE:
    r"""An ordinary differential equation, such as a reader's own.

    .. math:: \frac{dy}{dt} = \mathrm{drift}(t, y)

    The drift is a plain function ``f(t, y, p)`` that returns one entry a component. It
    is called on rows and compiled for ensembles as those of :class:`msbook.SDE` are. A
    parameter that differs from path to path is
    one more component, which stands still (its rate is ``0.0``) and starts at its
    value.

    Parameters
    ----------
    drift_rows : callable
        ``drift(t, y, p)`` returns a tuple of ``dim`` components.
    y0 : sequence of float, length dim
        Default start; a number where there is one component.
    parameters : number, array, or sequence or dictionary of these
        Handed to the drift as ``p``, as they are now.
    compiled : bool
        ``False`` keeps to NumPy, for functions that do not compile.

    Raises
    ------
    ValueError
        If the drift does not return as many components as ``y0`` has.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> def drift(t, y, p):
    ...     (frequency,) = p
    ...     return y[1], -frequency * frequency * y[0]
    >>> spring = ms.ODE(drift, y0=(1.0, 0.0), parameters=(2.0,))
    >>> solution = ms.solve(spring, t_span=(0, np.pi), dt=np.pi / 200)
    >>> np.allclose(solution.y[0, -1], [1.0, 0.0], atol=1e-6)
    True

    References
    ----------
    Hairer, Nørsett & Wanner (1993), section I.1.
    """

    drift_rows: Rows
    y0: tuple[float, ...]
    parameters: Any = ()
    compiled: bool = True

    if TYPE_CHECKING:  # what comes in; the fields are what it is made into

        def __init__(
            self,
            drift_rows: Rows,
            y0: ArrayLike,
            parameters: Parameters = (),
            compiled: bool = True,
        ) -> None: ...

    def __post_init__(self) -> None:
        object.__setattr__(
            self, "drift_rows", without_njit("drift_rows", self.drift_rows)
        )
        object.__setattr__(self, "y0", as_start(self.y0))
        object.__setattr__(self, "parameters", as_parameters(self.parameters))
        check_flag("compiled", self.compiled)
        count_rows(self.motion, self.y0)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle a drift that was written out by its text."""
        drift = getattr(self.drift_rows, "components", self.drift_rows)
        return _rebuild, (drift, self.y0, self.parameters, self.compiled)

    @property
    def dim(self) -> int:
        """Number of components."""
        return len(self.y0)

    def motion(self, t: Any, y: tuple[Any, ...]) -> list[Any]:
        """Components of the drift at rows, one a component: what is compiled."""
        drift = self.drift_rows(t, y, self.parameters)
        return split_components(drift, self.dim, np.ndim(y[0]), "drift")

    def drift(self, t: float, y: ArrayLike) -> np.ndarray:
        """Drift at states of shape ``(..., dim)``, of the same shape."""
        y = check_states("y", y, self.dim)
        return stack_rows(call_on_rows(self.motion, t, y), y.shape[:-1])


def _rebuild(drift: Any, *rest: Any) -> ODE:
    return ODE(write_out(drift) if isinstance(drift, tuple) else drift, *rest)
