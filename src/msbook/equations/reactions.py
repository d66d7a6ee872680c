"""Chemical reaction networks: whole molecules, random reactions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.linalg import null_space

from msbook._validation import check_states, check_time, finite_array
from msbook.equations.parameters import check_positive

_LARGEST_ORDER = 2


@dataclass(frozen=True)
class ReactionNetwork:
    r"""A network of reactions between whole molecules, with mass-action kinetics.

    Reaction :math:`k` adds :math:`\nu_k` to the counts :math:`x`, and happens in the
    next :math:`dt` with probability :math:`a_k(x)\,dt`, where

    .. math:: a_k(x) = \gamma_k \prod_i x_i (x_i - 1) \cdots (x_i - r_{ki} + 1)

    counts the ordered ways to choose its :math:`r_{ki}` reactants. A pair of like
    molecules is therefore counted twice: where rates are given for unordered pairs,
    halve them.

    Parameters
    ----------
    reactants : sequence, shape (n_reactions, n_species)
        Molecules :math:`r_{ki}` that a reaction needs, at most two in all.
    changes : sequence, shape (n_reactions, n_species)
        Net changes :math:`\nu_{ki}` of the counts.
    rates : sequence of float, length n_reactions
        Rate constants :math:`\gamma_k`.
    y0 : sequence of int, length n_species
        Default start.
    fast : sequence of bool, length n_reactions, optional
        Which reactions are fast; by default none.

    Raises
    ------
    ValueError
        If shapes do not fit, a rate is negative, a count is not a whole number, or a
        reaction takes away molecules that it does not need.

    Examples
    --------
    Birth and death, :math:`\varnothing \rightleftarrows A`:

    >>> network = ReactionNetwork(
    ...     reactants=[[0], [1]], changes=[[1], [-1]], rates=[50.0, 1.0], y0=[0]
    ... )
    >>> network.propensities([[20], [30]]).tolist()
    [[50.0, 20.0], [50.0, 30.0]]
    >>> import msbook as ms
    >>> ms.solve(network, t_span=(0, 10), dt=0.1, rng=0).y.shape
    (1, 101, 1)

    References
    ----------
    Gillespie (1977). Zieliński & Hesthaven (2022), example 2.2.
    """

    reactants: tuple[tuple[int, ...], ...]
    changes: tuple[tuple[int, ...], ...]
    rates: tuple[float, ...]
    y0: tuple[int, ...]
    fast: tuple[bool, ...] | None = None

    if TYPE_CHECKING:  # what comes in; the fields are what it is made into

        def __init__(
            self,
            reactants: ArrayLike,
            changes: ArrayLike,
            rates: ArrayLike,
            y0: ArrayLike,
            fast: ArrayLike | None = None,
        ) -> None: ...

    def __post_init__(self) -> None:
        reactants = _whole_numbers("reactants", self.reactants)
        changes = _whole_numbers("changes", self.changes)
        y0 = _whole_numbers("y0", self.y0)
        rates = finite_array("rates", self.rates)
        given = np.zeros(rates.shape) if self.fast is None else self.fast
        fast = finite_array("fast", given)
        shape = (rates.size, y0.size)
        for name, value, expected in (
            ("reactants", reactants, shape),
            ("changes", changes, shape),
            ("rates", rates, shape[:1]),
            ("y0", y0, shape[1:]),
            ("fast", fast, shape[:1]),
        ):
            if value.shape != expected or value.size == 0:
                raise ValueError(
                    f"{name} must have shape {expected}, with (n_reactions, n_species) "
                    f"= {shape} read from rates and y0; got {value.shape}."
                )
        if not (np.isfinite(rates) & (rates >= 0)).all():
            raise ValueError(
                f"rates must not be negative, and finite; got {rates.tolist()}."
            )
        if (y0 < 0).any():
            raise ValueError(f"y0 must not be negative; got {y0.tolist()}.")
        if (reactants < 0).any() or reactants.sum(axis=1).max() > _LARGEST_ORDER:
            raise ValueError(
                "a reaction has between 0 and 2 reactants; got "
                f"{reactants.tolist()}. Write a larger one as a chain of steps."
            )
        if (changes + reactants < 0).any():
            raise ValueError(
                "a reaction can take away only molecules that it needs "
                f"(changes >= -reactants); got changes {changes.tolist()} with "
                f"reactants {reactants.tolist()}."
            )
        for name, values in (
            ("reactants", reactants),
            ("changes", changes),
            ("rates", rates),
            ("y0", y0),
            ("fast", fast.astype(bool)),
        ):
            rows: list[Any] = values.tolist()
            value = tuple(tuple(row) if values.ndim == 2 else row for row in rows)
            object.__setattr__(self, name, value)

    @property
    def dim(self) -> int:
        """Number of species."""
        return len(self.y0)

    def propensities(self, x: ArrayLike) -> np.ndarray:
        """Expected reactions per unit of time, :math:`a_k(x)`.

        Parameters
        ----------
        x : ndarray, shape (..., n_species)
            Counts.

        Returns
        -------
        ndarray, shape (..., n_reactions)
            Propensities.
        """
        x = finite_array("x", check_states("x", x, self.dim, "species"))
        return self._propensities(x)

    def _propensities(self, x: np.ndarray) -> np.ndarray:
        x, order = x[..., None, :], np.array(self.reactants)
        ways = np.where(order > 0, x, 1.0) * np.where(order > 1, x - 1.0, 1.0)
        return np.array(self.rates) * ways.prod(axis=-1)

    def drift(self, t: float, y: ArrayLike) -> np.ndarray:
        r"""Expected change per unit of time, :math:`\sum_k \nu_k a_k(y)`.

        As an ordinary differential equation this is the reaction rate equation; for
        reactions of order 0 and 1 it moves the exact mean.
        """
        check_time(t)
        y = check_states("y", y, self.dim, "species")
        return self._propensities(y) @ np.array(self.changes, dtype=float)

    def covariance(self, x: ArrayLike) -> np.ndarray:
        r"""Local noise covariance, that of the chemical Langevin equation.

        .. math:: \sigma(x) = \sum_k a_k(x)\, \nu_k \nu_k^\top

        Parameters
        ----------
        x : ndarray, shape (..., n_species)
            Counts.

        Returns
        -------
        ndarray, shape (..., n_species, n_species)
            Covariance of the change per unit of time.

        References
        ----------
        Gillespie (2000), The chemical Langevin equation.
        """
        changes = np.array(self.changes, dtype=float)
        return np.einsum("...k,ki,kj->...ij", self.propensities(x), changes, changes)

    @cached_property
    def _directions(self) -> np.ndarray:
        fast = np.array(self.changes, dtype=float)[np.array(self.fast)]
        rows = null_space(fast).T if len(fast) else np.eye(self.dim)
        largest = np.abs(rows).argmax(axis=1)
        return rows * np.sign(rows[np.arange(len(rows)), largest])[:, None]

    def slow_directions(self) -> np.ndarray:
        r"""Orthonormal rows :math:`B` that no fast reaction changes.

        .. math:: B \nu_k = 0 \quad \text{for every fast reaction } k

        The slow variables are :math:`Bx`, exactly. Quantities that no reaction
        changes at all are among them.

        Returns
        -------
        ndarray, shape (n_slow, n_species)
            Directions; the largest entry of each is positive.

        Examples
        --------
        Two molecules pair up quickly, :math:`2A \rightleftarrows B`: what stays is
        :math:`A + 2B`.

        >>> b = dimerisation().slow_directions()
        >>> (b / b[0, 0]).round(12).tolist()
        [[1.0, 2.0]]

        References
        ----------
        Zieliński & Hesthaven (2022), eq. (3) and example 2.2.
        """
        return self._directions.copy()

    @property
    def n_slow(self) -> int:
        """Number of slow variables."""
        return len(self._directions)

    def slow_map(self, x: ArrayLike) -> np.ndarray:
        """Exact slow variables ``Bx``, ``(..., n_species)`` to ``(..., n_slow)``."""
        x = finite_array("x", check_states("x", x, self.dim, "species"))
        return x @ self._directions.T


def dimerisation(eps: float = 1e-3) -> ReactionNetwork:
    r"""Fast pairing of molecules that are slowly made and slowly lost.

    .. math:: 2A \underset{1/\varepsilon}
              {\overset{1/100\varepsilon}{\rightleftarrows}} B, \qquad
              \varnothing \underset{1}{\overset{100}{\rightleftarrows}} A

    The slow variable :math:`A + 2B` is linear, but the slow manifold is curved:
    pairs are rare among few molecules and common among many. From the default
    start it climbs from 30 to about 300, in some ten units of time. In the long run
    ``A`` and ``B`` are independent Poisson numbers, both of mean 100.

    Parameters
    ----------
    eps : float
        Scale separation.

    Returns
    -------
    ReactionNetwork
        Species ``A``, ``B``; the two fast reactions first.

    Examples
    --------
    >>> import msbook as ms
    >>> network = dimerisation(eps=1e-2)
    >>> paths = ms.solve(network, t_span=(0, 10), dt=0.01, rng=0)
    >>> data = ms.sampling.project(network, paths, 100, tau=0.02, rng=1)
    >>> data.projection.shape
    (100, 2)

    References
    ----------
    Cao, Gillespie & Petzold (2005), The slow-scale stochastic simulation algorithm.
    Anderson, Craciun & Kurtz (2010), Product-form stationary distributions for
    deficiency zero chemical reaction networks.
    """
    check_positive(eps=eps)
    return ReactionNetwork(
        reactants=[[2, 0], [0, 1], [0, 0], [1, 0]],
        changes=[[-2, 1], [2, -1], [1, 0], [-1, 0]],
        rates=[0.01 / eps, 1.0 / eps, 100.0, 1.0],
        y0=[20, 5],
        fast=[True, True, False, False],
    )


def _whole_numbers(name: str, values: ArrayLike) -> np.ndarray:
    values = finite_array(name, values)
    if not (np.abs(values) < 2.0**62).all() or not (values == np.round(values)).all():
        raise ValueError(f"{name} must be whole numbers; got {values.tolist()}.")
    return values.astype(int)
