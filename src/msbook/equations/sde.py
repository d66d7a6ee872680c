"""Stochastic differential equations, given component by component."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from msbook._compile.tracing.components import split_components, split_rows
from msbook._typing import Parameters, Rows
from msbook._validation import (
    check_choice,
    check_flag,
    check_number,
    check_states,
    finite_array,
)
from msbook.equations.rows import (
    as_parameters,
    as_start,
    call_on_rows,
    count_rows,
    stack_rows,
    without_njit,
    write_out,
)
from msbook.equations.walls import Wall, check_walls, reflect


@dataclass(frozen=True)
class SDE:
    r"""A stochastic differential equation, such as a reader's own.

    .. math:: dy = \mathrm{drift}(t, y)\,dt + \mathrm{diffusion}(t, y)\,dW

    The equation is read in Itô's sense; :class:`msbook.StratonovichHeun` alone reads it
    in Stratonovich's. Drift and diffusion are plain functions ``f(t, y, p)`` that
    return one entry a component. They are called on rows: ``y[i]`` is component ``i``
    of all paths, an array. For ensembles they are called once on symbols, and what they
    do to them is compiled: NumPy's functions, powers, comparisons, ``np.where``,
    branches, helper functions, methods and whatever values they read, as these are when
    a run begins. What cannot be compiled, such as a function that draws random numbers,
    is stepped in NumPy, with a warning that names the line. A function that mixes paths
    is refused.

    Parameters
    ----------
    drift_rows : callable
        ``drift(t, y, p)`` returns ``dim`` components: a tuple, a list or an array.
    diffusion_rows : callable
        ``diffusion(t, y, p)`` returns ``dim`` components (diagonal noise), or a tuple
        of ``dim`` rows of ``noise_dim`` entries (general noise).
    y0 : sequence of float, length dim
        Default start; a number where there is one component.
    parameters : number, array, or sequence or dictionary of these
        Handed to both functions as ``p``, as they are now.
    noise : {"diagonal", "general"}
        Whether each component has a Brownian motion of its own.
    rates : sequence of float, length dim, optional
        Rates of linear decay that :class:`msbook.ExponentialEuler` may step exactly,
        negative ones of growth; zeros by default.
    compiled : bool
        ``False`` keeps to NumPy, for functions that do not compile.
    walls : sequence of (float, float), length dim, optional
        Reflecting walls, ``(lower, upper)`` a component: a step that ends beyond one
        is folded back. An infinite end is no wall; by default there are none. Where the
        noise vanishes at a wall the equation keeps to its side by itself, and folding
        adds to the mean: for the Cox–Ingersoll–Ross process, drift
        :math:`k(\theta - y)` and diffusion :math:`s\sqrt y`, an error of about the
        order :math:`\min(2k\theta/s^2, 1)` in ``dt``. Leave the wall out there and
        write ``np.sqrt(np.maximum(y[i], 0.0))``, which keeps the mean, though states
        may be a little below 0.

    Raises
    ------
    ValueError
        If the functions do not return what ``y0`` and ``noise`` promise, or the walls
        are not one increasing pair a component with ``y0`` between them.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> def drift(t, y, p):
    ...     (eps,) = p
    ...     return np.sin(y[1]), (np.sin(y[0]) - y[1]) / eps
    >>> def diffusion(t, y, p):
    ...     (eps,) = p
    ...     return 1.0, 1.0 / np.sqrt(eps)
    >>> system = ms.SDE(drift, diffusion, y0=(0.0, 0.0), parameters=(1e-3,))
    >>> system.drift(0.0, np.zeros((7, 2))).shape
    (7, 2)
    >>> ms.solve(system, t_span=(0, 0.1), dt=1e-4, rng=0).y.shape
    (1, 1001, 2)

    References
    ----------
    Øksendal (2003), chapter 5.
    """

    drift_rows: Rows
    diffusion_rows: Rows
    y0: tuple[float, ...]
    parameters: Any = ()
    noise: Literal["diagonal", "general"] = "diagonal"
    rates: tuple[float, ...] | None = None
    compiled: bool = True
    walls: tuple[Wall, ...] | None = None

    if TYPE_CHECKING:  # what comes in; the fields are what it is made into

        def __init__(
            self,
            drift_rows: Rows,
            diffusion_rows: Rows,
            y0: ArrayLike,
            parameters: Parameters = (),
            noise: Literal["diagonal", "general"] = "diagonal",
            rates: ArrayLike | None = None,
            compiled: bool = True,
            walls: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        for name in ("drift_rows", "diffusion_rows"):
            object.__setattr__(self, name, without_njit(name, getattr(self, name)))
        object.__setattr__(self, "y0", as_start(self.y0))
        object.__setattr__(self, "parameters", as_parameters(self.parameters))
        rates = (
            (0.0,) * self.dim if self.rates is None else as_start(self.rates, "rates")
        )
        if len(rates) != self.dim:
            raise ValueError(
                f"rates must be {self.dim} numbers, as many as y0 has; got {rates}."
            )
        object.__setattr__(self, "rates", rates)
        if self.walls is not None:
            object.__setattr__(self, "walls", check_walls(self.walls, self.dim))
            self._check_start_lies_within()
        check_choice("noise", self.noise, ("diagonal", "general"))
        check_flag("compiled", self.compiled)
        _ = self.noise_dim  # checks the functions

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle functions that were written out by their text."""
        rows = (self.drift_rows, self.diffusion_rows)
        texts = (getattr(function, "components", function) for function in rows)
        numbers = (self.y0, self.parameters, self.noise, self.rates)
        return _rebuild, (*texts, *numbers, self.compiled, self.walls)

    def _check_start_lies_within(self) -> None:
        start = np.array(self.y0)
        folded = self.reflect(start)
        if not np.array_equal(folded, start):
            raise ValueError(
                f"y0 must lie within the walls {self.walls}; got {self.y0}. Folded "
                f"back it is {tuple(folded.tolist())}."
            )

    @property
    def dim(self) -> int:
        """Number of components."""
        return len(self.y0)

    @cached_property
    def noise_dim(self) -> int:
        """Number of independent Brownian motions."""
        n_results = count_rows(self.motion, self.y0)
        return (n_results - self.dim) // (1 if self.noise == "diagonal" else self.dim)

    def motion(self, t: Any, y: tuple[Any, ...]) -> list[Any]:
        """Components of the drift and then of the diffusion, row by row.

        What a compiled method steps. ``y`` has one row a component, with an entry a
        path; for general noise the diffusion's rows follow each other.
        """
        return [*self._drift(t, y), *self._diffusion(t, y)]

    def _drift(self, t: Any, y: tuple[Any, ...]) -> list[Any]:
        drift = self.drift_rows(t, y, self.parameters)
        return split_components(drift, self.dim, np.ndim(y[0]), "drift")

    def _diffusion(self, t: Any, y: tuple[Any, ...]) -> list[Any]:
        diffusion, ndim = self.diffusion_rows(t, y, self.parameters), np.ndim(y[0])
        if self.noise == "diagonal":
            return split_components(diffusion, self.dim, ndim, "diffusion")
        rows = split_rows(diffusion, self.dim, ndim, "diffusion")
        return [*chain.from_iterable(rows)]

    def drift(self, t: float, y: ArrayLike) -> np.ndarray:
        """Drift at states of shape ``(..., dim)``, of the same shape."""
        y = check_states("y", y, self.dim)
        return stack_rows(call_on_rows(self._drift, t, y), y.shape[:-1])

    def diffusion(self, t: float, y: ArrayLike) -> np.ndarray:
        """Diffusion at states of shape ``(..., dim)``.

        Returns
        -------
        ndarray, shape (..., dim) or (..., dim, noise_dim)
            For diagonal and for general noise.
        """
        y = check_states("y", y, self.dim)
        rows = stack_rows(call_on_rows(self._diffusion, t, y), y.shape[:-1])
        if self.noise == "diagonal":
            return rows
        return rows.reshape(*y.shape, self.noise_dim)

    def noise_of(self, t: float, y: ArrayLike, increment: ArrayLike) -> np.ndarray:
        """Diffusion times increments of the Brownian motions.

        Parameters
        ----------
        t : float
            Time.
        y : ndarray, shape (..., dim)
            States.
        increment : ndarray, shape (..., noise_dim)
            Increments.

        Returns
        -------
        ndarray, shape (..., dim)
        """
        diffusion = self.diffusion(t, y)
        increment = check_states("increment", increment, self.noise_dim)
        try:
            if self.noise == "diagonal":
                return diffusion * increment
            return np.einsum("...ik,...k->...i", diffusion, increment)
        except ValueError as error:
            raise ValueError(
                "increment and y must have leading axes that go together; got shapes "
                f"{increment.shape} and {np.shape(y)}."
            ) from error

    def covariance(self, y: ArrayLike, t: float = 0.0) -> np.ndarray:
        r"""Local noise covariance :math:`\sigma = \nu\nu^\top`.

        Parameters
        ----------
        y : ndarray, shape (..., dim)
            States.
        t : float
            Time.

        Returns
        -------
        ndarray, shape (..., dim, dim)
            Covariance of the noise per unit of time.

        References
        ----------
        Zieliński & Hesthaven (2022), eq. (7).
        """
        y = finite_array("y", check_states("y", y, self.dim))
        check_number("t", t)
        diffusion = self.diffusion(t, y)
        if self.noise == "diagonal":
            return diffusion[..., None] ** 2 * np.eye(self.dim)
        return diffusion @ np.swapaxes(diffusion, -1, -2)

    def reflect(self, y: ArrayLike) -> np.ndarray:
        """Fold states of shape ``(..., dim)`` back between the walls."""
        y = check_states("y", y, self.dim)
        if self.walls is None:
            return y
        rows = zip(np.moveaxis(y, -1, 0), self.walls, strict=True)
        return np.stack([reflect(row, wall) for row, wall in rows], axis=-1)


def _rebuild(drift: Any, diffusion: Any, *numbers: Any) -> SDE:
    drift = write_out(drift) if isinstance(drift, tuple) else drift
    diffusion = write_out(diffusion) if isinstance(diffusion, tuple) else diffusion
    return SDE(drift, diffusion, *numbers)
