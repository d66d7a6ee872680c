"""Trajectories in pieces, of which no more than a portion is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

PORTION = 2**25  # bytes of states in double precision that are looked at together


@dataclass(frozen=True)
class Paths:
    """Pieces of trajectories without gaps, as they lie in the reader's memory.

    States are handed out as networks take them: a field as one row of components,
    ``(dim,)``, a set of particles as it is, ``(n_particles, dim)``.

    Attributes
    ----------
    name : str
        The argument they came by, for messages.
    pieces : sequence of ndarray, each of shape (n_time, *shape)
        Views; of any real type.
    shape : tuple of int
        That of a state as the reader has it, such as ``(dim,)`` or
        ``(n_fields, *grid)``.
    n_axes : int
        Axes of a state as networks take it, one or two.
    n_fields : int or None
        Fields that lie side by side in a state, where its shape tells.
    """

    name: str
    pieces: Sequence[NDArray[Any]]
    shape: tuple[int, ...]
    n_axes: int = 1
    n_fields: int | None = None

    @property
    def state(self) -> tuple[int, ...]:
        """Shape of a state as networks take it."""
        return flat_shape(self.shape, self.n_axes)

    @property
    def dim(self) -> int:
        """Components of a state or, in a set, of a particle."""
        return self.state[-1]

    @property
    def grid(self) -> tuple[int, ...]:
        """Points in each direction, of states whose shape tells of fields.

        Labelled states of one field may have no axis for it.
        """
        of_one = self.n_fields == 1 and self.shape[0] != 1
        return self.shape if of_one else self.shape[1:]

    @property
    def lengths(self) -> list[int]:
        """States of each piece."""
        return [len(piece) for piece in self.pieces]

    def __len__(self) -> int:
        return sum(self.lengths)

    def of(self, pieces: Iterable[NDArray[Any]]) -> Self:
        """Other pieces of the same trajectories."""
        return replace(self, pieces=tuple(pieces))

    def __iter__(self) -> Iterator[NDArray[np.float64]]:
        """All states in order, ``(n, *state)``, one portion after the other."""
        most = rows_within(PORTION, self.state)
        parts: list[NDArray[np.float64]] = []
        n_known = 0
        for piece in self.pieces:
            first = 0
            while first < len(piece):
                part = piece[first : first + most - n_known]
                parts.append(self.flat(part))
                n_known, first = n_known + len(part), first + len(part)
                if n_known == most:
                    yield np.concatenate(parts)
                    parts, n_known = [], 0
        if parts:
            yield np.concatenate(parts)

    def rows(self, indices: NDArray[np.int64]) -> NDArray[np.float64]:
        """States ``(n, *state)`` by their numbers in the order of all."""
        ends = np.cumsum(self.lengths)
        starts = ends - self.lengths
        owner = np.searchsorted(ends, indices, side="right")
        states = np.empty((len(indices), *self.state))
        for i in np.unique(owner):
            here = owner == i
            states[here] = self.flat(self.pieces[i][indices[here] - starts[i]])
        return states

    def some(self) -> NDArray[np.float64]:
        """Evenly spread states, all of them where they make up one portion."""
        every = -(-len(self) // rows_within(PORTION, self.state))
        return self.rows(np.arange(0, len(self), every))

    def fewer(self, most: int) -> Self:
        """Evenly spread pieces, of about so many states together; one at least."""
        n_pieces = max(1, len(self.pieces) * most // max(most, len(self)))
        chosen = np.linspace(0, len(self.pieces) - 1, n_pieces).round().astype(int)
        pieces = [self.pieces[i] for i in chosen]
        return self.of([pieces[0][:most]] if len(pieces) == 1 else pieces)

    def split(self, states: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """What belongs to each piece, of a row for each state."""
        return np.split(states, np.cumsum(self.lengths)[:-1])

    def flat(self, states: NDArray[Any]) -> NDArray[np.float64]:
        """Some states as networks take them, in double precision."""
        return states.reshape(-1, *self.state).astype(np.float64)


def flat_shape(shape: tuple[int, ...], n_axes: int) -> tuple[int, ...]:
    """Shape of a state as networks take it, of one that a reader has."""
    return (prod(shape),) if n_axes == 1 else shape


def rows_within(n_bytes: int, shape: tuple[int, ...]) -> int:
    """How many states of a shape fit into so much memory; one at least."""
    return max(1, n_bytes // (8 * prod(shape)))
