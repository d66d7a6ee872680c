"""Bins, and the sums that runs of large steps keep."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import finite_array


@dataclass(frozen=True)
class Bins:
    """Equally spaced bins, a grid of them in several dimensions.

    Attributes
    ----------
    axes : tuple of ndarray
        Edges along each coordinate.
    periodic : tuple of bool
        Coordinates that come back after the last edge, where they were at the first.
    """

    axes: tuple[np.ndarray, ...]
    periodic: tuple[bool, ...]

    @classmethod
    def of(
        cls,
        edges: ArrayLike | Sequence[ArrayLike] | None,
        dim: int,
        periods: Sequence[float | None],
    ) -> Bins | None:
        """Bins from one array of edges, or from one for each of ``dim`` coordinates."""
        if edges is None:
            return None
        several = isinstance(edges, Sequence) and np.ndim(edges[0]) > 0
        given: Any = edges if several else np.atleast_2d(finite_array("edges", edges))
        axes = tuple(finite_array("edges", axis) for axis in given)
        if len(axes) != dim or dim > 3 or any(axis.ndim != 1 for axis in axes):
            raise ValueError(
                "edges must be one array for each coordinate, of which there may be "
                f"three; got {len(axes)} for {dim}."
            )
        for axis in axes:
            gaps = np.diff(axis)
            equal = len(gaps) > 0 and np.allclose(gaps, gaps[0], atol=0.0)
            if not equal or not gaps[0] > 0:
                raise ValueError(
                    "edges must increase by equal steps, as those of numpy.linspace; "
                    f"got {axis[:4].tolist()} …"
                )
        for axis, period in zip(axes, periods, strict=True):
            width = axis[-1] - axis[0]
            if period is not None and not np.isclose(width, period, atol=0.0):
                raise ValueError(
                    f"edges along a coordinate of period {period:g} must reach over "
                    f"one period; got {width:g}."
                )
        return cls(axes, tuple(period is not None for period in periods))

    @property
    def edges(self) -> np.ndarray | tuple[np.ndarray, ...]:
        """The edges as they are handed out."""
        return self.axes[0] if len(self.axes) == 1 else self.axes

    @property
    def shape(self) -> tuple[int, ...]:
        """Number of bins along each coordinate."""
        return tuple(len(axis) - 1 for axis in self.axes)

    @property
    def n_bins(self) -> int:
        """Number of bins in all."""
        return math.prod(self.shape)

    def find(self, q: np.ndarray) -> np.ndarray:
        """Number of the bin of each point ``(n, dim)``; ``n_bins`` outside."""
        index = np.zeros(len(q), dtype=np.int64)
        inside = np.ones(len(q), dtype=bool)
        for i, (axis, comes_back) in enumerate(
            zip(self.axes, self.periodic, strict=True)
        ):
            bins = len(axis) - 1
            position = np.floor((q[:, i] - axis[0]) * (bins / (axis[-1] - axis[0])))
            if comes_back:
                position -= bins * np.floor(position / bins)
            inside &= (position >= 0) & (position < bins)
            index = index * bins + np.where(inside, position, 0.0).astype(np.int64)
        return np.where(inside, index, self.n_bins)


@dataclass
class Tally:
    """Sums over the states of living chains.

    Attributes
    ----------
    counts, midpoint_counts : ndarray, shape (n_bins + 1,)
        Visits; the last entry is for what lies outside.
    force_sums : ndarray, shape (n_bins + 1, d)
    powers : ndarray, shape (2, 1 + 4 d + 2 d²)
        For each half of the run, sums of 1, of p, p², p³ and p⁴, of products of
        momenta, and of products of a momentum with a force.
    steps : ndarray, shape (3,)
        Steps of living, locked and diverged chains.
    samples : ndarray, shape (2, n, d)
        Midpoints and forces.
    """

    counts: np.ndarray
    midpoint_counts: np.ndarray
    force_sums: np.ndarray
    powers: np.ndarray
    steps: np.ndarray
    samples: np.ndarray

    @classmethod
    def empty(cls, dim: int, bins: Bins | None) -> Tally:
        """Sums of nothing."""
        n_bins = 1 if bins is None else bins.n_bins + 1
        return cls(
            counts=np.zeros(n_bins, dtype=np.int64),
            midpoint_counts=np.zeros(n_bins, dtype=np.int64),
            force_sums=np.zeros((n_bins, dim)),
            powers=np.zeros((2, 1 + 4 * dim + 2 * dim * dim)),
            steps=np.zeros(3, dtype=np.int64),
            samples=np.empty((2, 0, dim)),
        )

    def __add__(self, other: Tally) -> Tally:
        return Tally(
            self.counts + other.counts,
            self.midpoint_counts + other.midpoint_counts,
            self.force_sums + other.force_sums,
            self.powers + other.powers,
            self.steps + other.steps,
            np.concatenate([self.samples, other.samples], axis=1),
        )

    @property
    def dropped_shares(self) -> tuple[float, float]:
        """Shares of the steps of locked and of diverged chains."""
        total = max(int(self.steps.sum()), 1)
        return float(self.steps[1] / total), float(self.steps[2] / total)

    def add(
        self,
        records: np.ndarray,
        half: int,
        bins: Bins | None,
        drift: np.ndarray,
    ) -> None:
        r"""Count states of living chains.

        Parameters
        ----------
        records : ndarray, shape (3, n, d)
            Midpoints :math:`q_{n+1/2}`, momenta :math:`p_{n+1}` and forces.
        half : int
            Of the run.
        bins : Bins or None
        drift : ndarray, shape (d, d)
            Step times inverse mass.
        """
        midpoints, momenta, forces = records
        powers = [(momenta**k).sum(axis=0) for k in range(1, 5)]
        products = [(momenta.T @ other).ravel() for other in (momenta, forces)]
        self.powers[half] += np.concatenate([[len(momenta)], *powers, *products])
        if bins is None:
            return
        n_bins = len(self.counts)
        index = bins.find(midpoints + 0.5 * momenta @ drift)
        self.counts += np.bincount(index, minlength=n_bins)
        index = bins.find(midpoints)
        self.midpoint_counts += np.bincount(index, minlength=n_bins)
        for i, force in enumerate(forces.T):
            self.force_sums[:, i] += np.bincount(index, force, n_bins)
