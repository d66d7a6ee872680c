"""Walls that reflect: what steps beyond them is folded back."""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook._validation import real_array

Wall = tuple[float, float]
"""Lower and upper end of a component's range; an infinite end is no wall."""


def check_walls(walls: Any, dim: int) -> tuple[Wall, ...]:
    """One pair of ends a component, or a ValueError."""
    try:
        ends = real_array("walls", walls)
    except ValueError:  # it speaks of an array
        ends = np.empty((0, 2))
    if ends.shape != (dim, 2) or not (ends[:, 0] < ends[:, 1]).all():
        pairs = f"{dim} pairs" if dim > 1 else "one pair"
        example = ", ".join(["(0.0, np.inf)"] * dim) + ("," if dim == 1 else "")
        raise ValueError(
            f"walls must be {pairs} (lower, upper), one a component, with lower < "
            f"upper; use -np.inf or np.inf for no wall, as in ({example}); got "
            f"{walls!r:.60}."
        )
    return tuple((lower, upper) for lower, upper in ends.tolist())


def reflect(x: Any, wall: Wall) -> Any:
    r"""Fold the line at the ends of an interval, as often as it takes.

    .. math:: x \mapsto \begin{cases} x - kw & k \text{ even}, \\
              a + b - (x - kw) & k \text{ odd}, \end{cases} \qquad
              k = \lfloor (x - a)/w \rfloor, \quad w = b - a .

    It has no branches but those on the wall itself: a loop over lanes is vectorised.

    Parameters
    ----------
    x : float or ndarray
        Positions.
    wall : (float, float)
        The ends :math:`a` and :math:`b`; an infinite one is no wall.

    Returns
    -------
    float or ndarray
        Positions within the ends; those that were within them are as before.

    Examples
    --------
    >>> import numpy as np
    >>> reflect(np.array([0.25, 1.25, 2.25, -7.75]), (0.0, 1.0)).tolist()
    [0.25, 0.75, 0.25, 0.25]
    """
    lower, upper = wall
    if lower == -np.inf and upper == np.inf:
        return x
    if upper == np.inf:
        return np.maximum(x, 2.0 * lower - x)
    if lower == -np.inf:
        return np.minimum(x, 2.0 * upper - x)
    width = upper - lower
    folds = np.floor((x - lower) / width)
    shifted = x - folds * width
    odd = folds - 2.0 * np.floor(0.5 * folds)
    folded = shifted + odd * (lower + upper - 2.0 * shifted)
    return np.minimum(np.maximum(folded, lower), upper)  # rounding, at an end
