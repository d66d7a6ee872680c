"""Forecasts of held-out paths, by which candidates are judged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.paths import Paths

FARTHEST = 150  # steps ahead that are judged
MOST_WINDOWS = 48
MOST_NUMBERS = 2**23  # of the states of all windows
WORST = 1e3  # relative error that counts as lost


@dataclass(frozen=True)
class Windows:
    """Stretches of held-out paths: states that are known, and those that follow.

    Attributes
    ----------
    known : ndarray, shape (n, n_known, dim)
    truth : ndarray, shape (n, n_ahead, dim)
    mean : ndarray, shape (dim,)
        Mean state of the training, the forecast of one who knows nothing.
    scale : ndarray, shape (dim,)
        Units in which errors are measured, one for each field.
    path : ndarray, shape (n,)
        Number of the path that a stretch is from.
    """

    known: NDArray[np.float64]
    truth: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    path: NDArray[np.int64]

    @classmethod
    def of(
        cls,
        watched: Paths,
        mean: NDArray[np.float64],
        scale: NDArray[np.float64],
        n_known: int,
    ) -> Self:
        """Evenly spread windows, as long as half of the held-out states allow."""
        lengths = np.sort(watched.lengths)[::-1]
        longest = int(lengths[(len(lengths) - 1) // 2])
        n_ahead = min(FARTHEST, longest - n_known)
        length = n_known + n_ahead
        fit = max(1, MOST_NUMBERS // (length * watched.dim))
        pieces = [piece for piece in watched.pieces if len(piece) >= length]
        spare = sum(len(piece) - length + 1 for piece in pieces)
        most = min(MOST_WINDOWS, fit, spare)
        firsts = _spread([len(piece) - length + 1 for piece in pieces], most)
        stretches = np.stack(
            [
                watched.flat(piece[first : first + length])
                for piece, places in zip(pieces, firsts, strict=True)
                for first in places
            ]
        )
        path = np.repeat(np.arange(len(firsts)), [len(places) for places in firsts])
        known, truth = stretches[:, :n_known], stretches[:, n_known:]
        return cls(known, truth, mean, scale, path)

    @property
    def n_ahead(self) -> int:
        """Steps that are judged."""
        return self.truth.shape[1]

    def forecast(self, dynamics: LatentDynamics) -> NDArray[np.float64]:
        """Forecasts like ``truth``; those that are lost may be infinite or NaN."""
        with np.errstate(over="ignore", invalid="ignore"):
            return dynamics.free_forecast(self.known, self.n_ahead)

    def errors(self, forecasts: NDArray[np.float64]) -> NDArray[np.float64]:
        r"""Relative errors :math:`\lVert f_j - x_j\rVert / \lVert x_j - \bar x\rVert`.

        One for each number of steps ahead, over all windows; 1 is the error of the
        mean state.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            wrong = self._size(forecasts - self.truth)
        usual = self._size(self.truth - self.mean)
        relative = wrong / np.maximum(usual, np.finfo(float).tiny)
        return np.nan_to_num(relative, nan=WORST, posinf=WORST).clip(max=WORST)

    def _size(self, difference: NDArray[np.float64]) -> NDArray[np.float64]:
        """Root mean square for each step ahead."""
        return np.sqrt(np.mean((difference / self.scale) ** 2, axis=(0, 2)))


def score(errors: NDArray[np.float64]) -> float:
    """One number for errors at all steps ahead: their geometric mean."""
    return float(np.exp(np.mean(np.log(errors + np.finfo(float).tiny))))


def _spread(counts: list[int], most: int) -> list[NDArray[np.int64]]:
    """Which windows of each piece, of so many, make up evenly spread ones."""
    places = np.linspace(0, sum(counts) - 1, most).round().astype(int)
    ends = np.cumsum(counts)
    return [
        places[(places < end) & (places >= end - count)] - (end - count)
        for end, count in zip(ends, counts, strict=True)
    ]
