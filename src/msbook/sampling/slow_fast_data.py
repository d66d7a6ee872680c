"""Points with their projections onto the slow manifold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from msbook._validation import check_between, check_rng, finite_array
from msbook.integrators.solver import Seed


@dataclass(frozen=True)
class SlowFastData:
    """Points, their projections onto the slow manifold, and local covariances.

    Attributes
    ----------
    x : ndarray, shape (n_points, dim)
        Points of a trajectory.
    projection : ndarray, shape (n_points, dim)
        Means of the bursts started at the points.
    covariance : ndarray, shape (n_points, dim, dim) or None
        Local noise covariances, where known.
    """

    x: NDArray[np.float64]
    projection: NDArray[np.float64]
    # Any stands for None: whoever projects points of a system has them.
    covariance: NDArray[np.float64] | Any = None

    def __post_init__(self) -> None:
        x = finite_array("x", self.x)
        if x.ndim < 1:
            raise ValueError(f"x must have shape (n_points, dim); got {x.shape}.")
        expected = {"projection": x.shape}
        if self.covariance is not None:
            expected["covariance"] = (*x.shape, x.shape[-1])
        for name, shape in expected.items():
            values = finite_array(name, getattr(self, name))
            if values.shape != shape:
                raise ValueError(
                    f"{name} must have shape {shape}, with x of shape {x.shape}; got "
                    f"{values.shape}."
                )

    def __getitem__(self, index: Any) -> SlowFastData:
        """The points that an index or a mask picks."""
        covariance = None if self.covariance is None else self.covariance[index]
        return SlowFastData(self.x[index], self.projection[index], covariance)

    def __len__(self) -> int:
        return len(self.x)

    def split(
        self, fraction: float, rng: Seed = None
    ) -> tuple[SlowFastData, SlowFastData]:
        """Split at random into two parts; the second has ``fraction`` of the points.

        Examples
        --------
        >>> import numpy as np
        >>> data = SlowFastData(np.zeros((100, 2)), np.zeros((100, 2)))
        >>> train, test = data.split(0.33, rng=0)
        >>> len(train), len(test)
        (67, 33)
        """
        check_between("fraction", fraction, 0.0, 1.0)
        order = check_rng(rng).permutation(len(self))
        n_first = len(self) - round(fraction * len(self))
        return self[order[:n_first]], self[order[n_first:]]
