"""From the spread of an ensemble to intervals: factors that are measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

FLOOR = 0.5  # of the usual spread, see LEDEnsemble


@dataclass(frozen=True)
class Calibration:
    """What forecasts with known truth tell; see :class:`msbook.LEDEnsemble`.

    Attributes
    ----------
    floor : ndarray, shape (n_steps,)
        What keeps small spreads from being taken at their word.
    scores : ndarray, shape (n_steps, n_values)
        Errors over spreads, from small to large.
    n_windows : int
        Number of forecasts they are from.
    """

    floor: NDArray[np.float64]
    scores: NDArray[np.float64]
    n_windows: int

    @classmethod
    def of(cls, forecasts: NDArray[np.float64], truth: NDArray[np.float64]) -> Self:
        """From forecasts ``(n_members, n_windows, n_steps, dim)`` and what followed."""
        error = np.abs(forecasts.mean(axis=0) - truth)
        spread = forecasts.std(axis=0, ddof=1)
        # What is added is for members that agree to the last digit.
        rounding = 1e-12 * (np.abs(truth).max() or 1.0)
        floor = FLOOR * np.sqrt((spread**2).mean(axis=(0, 2))) + rounding
        scores = error / _widened(spread, floor)
        by_step = np.moveaxis(scores, 1, 0).reshape(scores.shape[1], -1)
        return cls(floor, np.sort(by_step), len(truth))

    def widths(self, spread: NDArray[np.float64]) -> NDArray[np.float64]:
        """What factors multiply, for spreads ``(n_traj, n_steps, dim)``."""
        return _widened(spread, self.floor[: spread.shape[1]])

    def factors(self, n_steps: int, level: float) -> NDArray[np.float64]:
        """Half an interval of this level over its width, shape ``(n_steps, 1)``."""
        n_known, n_values = self.scores.shape
        if n_steps > n_known:
            raise ValueError(
                f"intervals are calibrated for {n_known} steps; got n_steps = "
                f"{n_steps}. Calibrate with longer truths."
            )
        share = np.ceil((self.n_windows + 1) * level) / self.n_windows
        if share > 1:
            raise ValueError(
                f"level {level} needs {np.ceil(level / (1 - level)):.0f} windows to "
                f"calibrate on; got {self.n_windows}."
            )
        rank = int(np.ceil(share * n_values)) - 1
        return self.scores[:n_steps, rank, None]


class NormalLaw:
    """What stands in for a calibration before there is one."""

    def widths(self, spread: NDArray[np.float64]) -> NDArray[np.float64]:
        """The spreads themselves."""
        return spread

    def factors(self, n_steps: int, level: float) -> float:
        """Half the interval of a normal law of spread one, the same after each step."""
        return float(norm.ppf(0.5 + 0.5 * level))


def _widened(
    spread: NDArray[np.float64], floor: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.sqrt(spread**2 + floor[:, None] ** 2)
