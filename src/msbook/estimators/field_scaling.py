"""How states are brought to the size of one before a network sees them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from msbook._validation import check_count


@dataclass(frozen=True)
class FieldScaling:
    """Mean and scale of every component of a state.

    Attributes
    ----------
    mean, scale : ndarray, shape (dim,)
        Components of one field share theirs. Of a box they are its lower walls and
        its widths.
    """

    mean: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def of(cls, states: NDArray[np.float64], n_fields: int | None) -> Self:
        """Mean and standard deviation over all states of shape ``(..., dim)``.

        Parameters
        ----------
        states : ndarray, shape (..., dim)
        n_fields : int or None
            Fields that lie side by side in the state, each with one mean and one
            scale; None makes every component a field of its own.

        Raises
        ------
        ValueError
            If the components cannot be dealt out evenly.
        """
        dim = states.shape[-1]
        parts = dim if n_fields is None else check_count("n_fields", n_fields)
        if dim % parts:
            raise ValueError(
                f"n_fields must divide the number of components, {dim}; got {n_fields}."
            )
        fields = states.reshape(-1, parts, dim // parts)
        mean, scale = fields.mean(axis=(0, 2)), fields.std(axis=(0, 2))
        # What never changes but for rounding, of itself or beside the rest of the
        # state, is left as it is.
        rounding = np.maximum(1e-12 * np.abs(mean), 1e-14 * scale.max())
        scale = np.where(scale > rounding, scale, 1.0)
        return cls(*(np.repeat(values, dim // parts) for values in (mean, scale)))

    @classmethod
    def of_box(cls, box: NDArray[np.float64]) -> Self:
        """What takes a box, a pair of walls ``(dim, 2)`` for each component, to [0, 1].

        Parameters
        ----------
        box : ndarray, shape (dim, 2)
            Least and largest values.
        """
        return cls(box[:, 0], box[:, 1] - box[:, 0])

    def scaled(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """States of the size of one."""
        return (states - self.mean) / self.scale

    def unscaled(self, scaled: NDArray[np.float64]) -> NDArray[np.float64]:
        """States in the units of the data."""
        return self.mean + self.scale * scaled
