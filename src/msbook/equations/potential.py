"""Potentials, given component by component, and their sums over scales."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._compile.tracing.components import split_components
from msbook._typing import Parameters
from msbook._validation import (
    check_callable,
    check_count,
    check_flag,
    check_number,
    check_rng,
    check_states,
    finite_array,
)
from msbook.equations.generated import GeneratedFunction
from msbook.equations.matrices import as_matrix
from msbook.equations.rows import as_parameters, count_rows, stack_rows


@dataclass(frozen=True)
class Potential:
    r"""A potential :math:`V(q)` through its gradient, such as a reader's own.

    The gradient is a plain function ``f(q, p)`` that returns one entry a coordinate.
    The same function runs on NumPy rows, all points at once, and is compiled for
    ensembles: ``q[i]`` is coordinate ``i``, a number or an array.

    Potentials are added, the coarsest first. What stands on the right of a ``+`` is
    one finer part, so that ``V0 + (V1a + V1b)`` has two parts:

    .. math:: V = V_0 + \sum_{j=1}^{K} V_j, \qquad U_k = V_0 + \sum_{j=1}^{k} V_j .

    Parameters
    ----------
    gradient_rows : callable
        ``gradient(q, p)`` returns ``dim`` components: a tuple, a list or an array.
    dim : int
        Number of coordinates.
    potential_rows : callable, optional
        ``potential(q, p)`` returns a number.
    parameters : number, array, or sequence or dictionary of these
        Handed to both functions as ``p``.
    compiled : bool
        ``False`` keeps to NumPy, for functions that do not compile.
    centres : sequence of points, optional
        Where motions may start: the wells, say. One at 0 by default.
    spread : float
        Standard deviation of starts around them.
    gradient_covariance : nested sequence of float, shape (dim, dim), optional
        :math:`E[\zeta\zeta^\top]` of the gradient :math:`\zeta` at uniform points,
        where it is known: that of a ripple is.
    components : sequence of Potential
        Written by ``+``; empty for a potential that is no sum.

    Raises
    ------
    ValueError
        If the functions do not return what ``dim`` promises.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> def gradient(q, p):
    ...     return (q[0] ** 3 - q[0],)
    >>> def potential(q, p):
    ...     return (q[0] ** 2 - 1.0) ** 2 / 4.0
    >>> wells = ms.systems.Potential(gradient, potential_rows=potential)
    >>> V = wells + ms.systems.ripple(0.01)
    >>> V.gradient(np.zeros((5, 1))).shape
    (5, 1)
    >>> float(V.truncated(0).potential([0.0]))
    0.25

    References
    ----------
    Li & Tao (2024), eq. (1.1).
    """

    gradient_rows: Callable[[Any, Any], Any]
    dim: int = 1
    potential_rows: Callable[[Any, Any], Any] | None = None
    parameters: Any = ()
    compiled: bool = True
    centres: tuple[tuple[float, ...], ...] = ()
    spread: float = 1.0
    gradient_covariance: ArrayLike | None = None
    components: tuple[Potential, ...] = ()

    if TYPE_CHECKING:  # what comes in; the fields are what it is made into

        def __init__(
            self,
            gradient_rows: Callable[[Any, Any], Any],
            dim: int = 1,
            potential_rows: Callable[[Any, Any], Any] | None = None,
            parameters: Parameters = (),
            compiled: bool = True,
            centres: ArrayLike = (),
            spread: float = 1.0,
            gradient_covariance: ArrayLike | None = None,
            components: tuple[Potential, ...] = (),
        ) -> None: ...

    def __post_init__(self) -> None:
        check_count("dim", self.dim)
        check_callable("gradient_rows", self.gradient_rows, "a function f(q, p)")
        if self.potential_rows is not None:
            check_callable("potential_rows", self.potential_rows, "a function f(q, p)")
        check_number("spread", self.spread, 0.0)
        check_flag("compiled", self.compiled)
        if self.gradient_covariance is not None:
            as_matrix("gradient_covariance", self.gradient_covariance, self.dim)
        object.__setattr__(self, "parameters", as_parameters(self.parameters))
        centres = finite_array("centres", self.centres)
        centres = centres if centres.size else np.zeros((1, self.dim))
        if centres.ndim != 2 or centres.shape[1] != self.dim:
            raise ValueError(
                f"centres must have shape (n, {self.dim}), one point a row; got "
                f"{centres.shape}."
            )
        object.__setattr__(self, "centres", tuple(map(tuple, centres.tolist())))
        count_rows(lambda t, q: self.slopes(q), tuple(centres[0].tolist()))

    def __add__(self, other: Potential) -> Potential:
        if not isinstance(other, Potential) or other.dim != self.dim:
            raise ValueError(
                f"a potential of {self.dim} coordinates can be added to one of as "
                f"many; got {other!r}."
            )
        pair = (self, other)
        known = self.potential_rows is not None and other.potential_rows is not None
        own, others = self.gradient_covariance, other.gradient_covariance
        covariance = None if own is None or others is None else np.add(own, others)
        return Potential(
            _sum_of([one.gradient_rows for one in pair], self.dim),
            self.dim,
            _sum_of([one.potential_rows for one in pair]) if known else None,
            (self.parameters, other.parameters),
            self.compiled and other.compiled,
            self.centres,
            self.spread,
            None if covariance is None else tuple(map(tuple, covariance.tolist())),
            (*self.parts, other),
        )

    @property
    def parts(self) -> tuple[Potential, ...]:
        """The scales, from coarse to fine."""
        return self.components or (self,)

    def truncated(self, k: int) -> Potential:
        """Sum :math:`U_k` of the parts up to ``k``; ``k = 0`` is the coarsest."""
        self._check_scale(k)
        total = self.parts[0]
        for part in self.parts[1 : k + 1]:
            total = total + part
        return total

    def microscopic_covariance(self, k: int) -> np.ndarray:
        r"""Covariance :math:`E[\zeta\zeta^\top]` of the gradient of parts beyond ``k``.

        It is what a large step makes into noise; different ripples are uncorrelated.

        Parameters
        ----------
        k : int
            Finest part that the step resolves.

        Returns
        -------
        ndarray, shape (dim, dim)

        Raises
        ------
        ValueError
            If a part beyond ``k`` does not know its covariance.

        References
        ----------
        Li & Tao (2024), eq. (3.4).
        """
        self._check_scale(k)
        covariances = [part.gradient_covariance for part in self.parts[k + 1 :]]
        if any(one is None for one in covariances):
            raise ValueError(
                f"not all parts beyond {k} know the covariance of their gradient; give "
                "them a gradient_covariance."
            )
        zero = np.zeros((self.dim, self.dim))
        return sum((np.asarray(one, dtype=float) for one in covariances), zero)

    def starts(
        self, n: int, rng: int | np.random.Generator | None = None
    ) -> np.ndarray:
        """Draw points to start from, normal around the centres in turn.

        Parameters
        ----------
        n : int
            How many.
        rng : int or numpy.random.Generator, optional
            Seed or source.

        Returns
        -------
        ndarray, shape (n, dim)
        """
        noise = check_rng(rng).standard_normal((check_count("n", n), self.dim))
        return np.resize(self.centres, (n, self.dim)) + self.spread * noise

    @cached_property
    def slopes(self) -> Callable[[tuple[Any, ...]], list[Any]]:
        """Function of rows that gives the gradient's components: what is compiled."""
        return partial(_slopes, self.gradient_rows, self.parameters, self.dim)

    def gradient(self, q: ArrayLike) -> np.ndarray:
        """Gradient at points of shape ``(..., dim)``, of the same shape."""
        q = check_states("q", q, self.dim, "coordinates")
        return stack_rows(self.slopes(tuple(np.moveaxis(q, -1, 0))), q.shape[:-1])

    def potential(self, q: ArrayLike) -> np.ndarray:
        """Potential at points of shape ``(..., dim)``, of shape ``(...)``."""
        if self.potential_rows is None:
            raise ValueError(
                "this potential knows only its gradient; give it potential_rows."
            )
        q = finite_array("q", check_states("q", q, self.dim, "coordinates"))
        value = self.potential_rows(tuple(np.moveaxis(q, -1, 0)), self.parameters)
        return np.array(np.broadcast_to(value, q.shape[:-1]))

    def _check_scale(self, k: int) -> None:
        if not 0 <= check_count("k", k, 0) < len(self.parts):
            raise ValueError(
                f"k must lie between 0 and {len(self.parts) - 1}, the finest of the "
                f"parts; got {k!r}."
            )


def _slopes(
    gradient_rows: Callable[..., Any], parameters: Any, dim: int, q: tuple[Any, ...]
) -> list[Any]:
    gradient = gradient_rows(q, parameters)
    return split_components(gradient, dim, np.ndim(q[0]), "gradient_rows")


def _sum_of(functions: list[Any], dim: int | None = None) -> GeneratedFunction:
    """Add two functions of ``(q, p)``: numbers, or tuples of ``dim`` components.

    The parameters of the sum are the pair of theirs.
    """
    lines = [f"v{i} = part{i}(q, p[{i}])" for i in range(2)]
    if dim is None:
        lines.append("return v0 + v1")
    else:
        name = "gradient_rows"
        for i in range(2):
            lines.append(f"v{i} = split(v{i}, {dim}, np.ndim(q[0]), {name!r})")
        lines.append(f"return ({''.join(f'v0[{i}] + v1[{i}], ' for i in range(dim))})")
    return GeneratedFunction(tuple(lines), tuple(functions))
