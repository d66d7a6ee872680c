"""How states are brought to the size of one before a network sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_states, finite_array


@dataclass(frozen=True)
class FieldScaling:
    """Mean and scale of every component of a state.

    Attributes
    ----------
    mean, scale : ndarray, shape (dim,)
        Components of one field share theirs. Of a box they are its lower walls and
        its widths. Scales are positive.

    Raises
    ------
    ValueError
        If they are not.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    def __post_init__(self) -> None:
        mean, scale = finite_array("mean", self.mean), finite_array("scale", self.scale)
        if mean.ndim != 1 or not mean.size or mean.shape != scale.shape:
            raise ValueError(
                "mean and scale must have one shape, (dim,); got "
                f"{mean.shape} and {scale.shape}."
            )
        if not (scale > 0).all():
            raise ValueError(f"scale must be positive; got {scale.min():g} among them.")

    @classmethod
    def of(cls, states: ArrayLike, n_fields: int | None = None) -> Self:
        """Mean and standard deviation over all states of shape ``(..., dim)``.

        Parameters
        ----------
        states : array_like, shape (..., dim)
        n_fields : int, optional
            Fields that lie side by side in the state, each with one mean and one
            scale; by default every component is a field of its own.

        Raises
        ------
        ValueError
            If the states are none, or their components cannot be dealt out evenly.
        """
        known = finite_array("states", states)
        if not known.ndim or not known.size:
            raise ValueError(f"states must have shape (..., dim); got {known.shape}.")
        return cls.of_portions([known], n_fields)

    @classmethod
    def of_portions(
        cls,
        portions: Iterable[NDArray[np.float64]],
        n_fields: int | None = None,
    ) -> Self:
        """The same of states that come in portions, gone through twice.

        Parameters
        ----------
        portions : iterable of ndarray, each of shape (..., dim)
            Of finite numbers; the same each time that they are gone through.
        n_fields : int, optional

        Raises
        ------
        ValueError
            If the components cannot be dealt out evenly.
        """
        dim = next(iter(portions)).shape[-1]
        parts = dim if n_fields is None else check_count("n_fields", n_fields)
        if dim % parts:
            raise ValueError(
                f"n_fields must divide the number of components of states, {dim}; got "
                f"{n_fields}."
            )

        def fields() -> Iterator[NDArray[np.float64]]:
            return (p.reshape(-1, parts, dim // parts) for p in portions)

        n, total, squares = 0, np.zeros(parts), np.zeros(parts)
        for part in fields():
            n, total = n + part[:, 0].size, total + part.sum(axis=(0, 2))
        mean = total / n
        for part in fields():
            squares += ((part - mean[:, None]) ** 2).sum(axis=(0, 2))
        scale = np.sqrt(squares / n)
        # What never changes but for rounding, of itself or beside the rest of the
        # state, is left as it is.
        rounding = np.maximum(1e-12 * np.abs(mean), 1e-14 * scale.max())
        scale = np.where(scale > rounding, scale, 1.0)
        return cls(*(np.repeat(values, dim // parts) for values in (mean, scale)))

    @classmethod
    def of_box(cls, box: ArrayLike) -> Self:
        """What takes a box, a pair of walls ``(dim, 2)`` for each component, to [0, 1].

        Parameters
        ----------
        box : array_like, shape (dim, 2)
            Least and largest values.

        Raises
        ------
        ValueError
            If they are not finite, or a box has no width.
        """
        walls = finite_array("box", box)
        pairs = walls.ndim == 2 and walls.shape[1] == 2 and walls.size
        if not pairs or not (np.diff(walls) > 0).all():
            raise ValueError(
                "box must have shape (dim, 2), a least and a larger value for each "
                f"component; got {walls.tolist()!r:.60}."
            )
        return cls(walls[:, 0], walls[:, 1] - walls[:, 0])

    def scaled(self, states: ArrayLike) -> NDArray[np.float64]:
        """States ``(..., dim)`` of the size of one; NaN and infinity are passed on."""
        return (check_states("states", states, len(self.mean)) - self.mean) / self.scale

    def unscaled(self, scaled: ArrayLike) -> NDArray[np.float64]:
        """States in the units of the data; NaN and infinity are passed on."""
        return self.mean + self.scale * check_states("scaled", scaled, len(self.mean))
