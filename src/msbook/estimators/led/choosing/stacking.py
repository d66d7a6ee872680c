"""Forecasts of several models as one, with weights that depend on how far they look."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from msbook.estimators.led.choosing.validation import Windows
from msbook.estimators.led.forecasting import LatentDynamics

LOST = 10.0  # times the error of the mean state, at which a forecast is worth nothing
REACH = 3.0  # times the farthest state that was held out
HEAVY = 1e3  # weight of a condition, relative to that of the data
POOLED = 0.3  # of the steps ahead, within which weights are found together


@dataclass(frozen=True)
class Stack:
    r"""What several models forecast, weighed by what each was worth on held-out paths.

    .. math:: \hat x_j = \bar x + \sum_i w_{ij} (f_{ij} - \bar x), \qquad
              w_{ij} \ge 0, \quad \sum_i w_{ij} \le 1

    After :math:`j` steps the forecasts :math:`f_{ij}` have the weights of least squared
    error on the held-out paths. Where nothing can be forecast, all weights are small,
    and the mean state :math:`\bar x` is left.

    Attributes
    ----------
    members : tuple of LED
        The models, the best of them first.
    weights : ndarray, shape (n_ahead, n_members)
        After that many steps the last ones stay.
    mean, scale : ndarray, shape (dim,)
        Mean state of the training, and the units of its fields.
    reach : float
        How many units a state may be away from the mean: three times as many as any of
        the held-out states. A forecast that goes farther is lost from there on, and the
        mean stands for it.

    References
    ----------
    Wolpert (1992), Stacked generalization; Breiman (1996), Stacked regressions; Copas
    (1983), section 4, on the shrinkage of predictions.
    """

    members: tuple[Any, ...]
    weights: NDArray[np.float64]
    mean: NDArray[np.float64]
    scale: NDArray[np.float64]
    reach: float

    @classmethod
    def of(
        cls,
        members: tuple[Any, ...],
        forecasts: list[NDArray[np.float64]],
        windows: Windows,
    ) -> Self:
        """Weights of members by their forecasts of held-out windows."""
        mean, scale = windows.mean, windows.scale
        truth = (windows.truth - mean) / scale
        lost = np.stack([windows.errors(each) >= LOST for each in forecasts])
        reach = float(REACH * np.abs(truth).max()) or 1.0
        apart = np.stack([_from_mean(each, mean, scale, reach) for each in forecasts])
        paths = np.unique(windows.path, return_inverse=True)[1]
        n_paths, n_ahead = int(paths.max()) + 1, windows.n_ahead
        among = np.zeros((n_paths, n_ahead, len(members), len(members)))
        onto = np.zeros((n_paths, n_ahead, len(members)))
        for path in range(n_paths):
            f, x = apart[:, paths == path], truth[paths == path]
            among[path] = np.einsum("awkd,bwkd->kab", f, f)
            onto[path] = np.einsum("awkd,wkd->ka", f, x)
        weights = np.zeros((n_ahead, len(members)))
        for step in range(n_ahead):
            around = int(POOLED * (step + 1))
            near = slice(max(0, step - around), step + around + 1)
            used = ~lost[:, near].any(axis=1)
            if used.any():
                sums = among[:, near].sum(1)[:, used][:, :, used]
                weights[step, used] = _shrunk(sums, onto[:, near].sum(1)[:, used])
        return cls(members, weights, mean, scale, reach)

    @property
    def least_known(self) -> int:
        """Known states that all members together need."""
        return max(LatentDynamics.of(member).least_known for member in self.members)

    @property
    def best(self) -> LatentDynamics:
        """What the best model learned, in whose place all of them forecast."""
        return replace(LatentDynamics.of(self.members[0]), stack=self)

    def forecast(self, known: NDArray[np.float64], n_steps: int) -> NDArray[np.float64]:
        """States ``(n, n_steps, dim)`` that follow known ones ``(n, n_known, dim)``."""
        last = len(self.weights) - 1
        steps = np.minimum(np.arange(n_steps), last)
        total = np.broadcast_to(self.mean, (len(known), n_steps, len(self.mean))).copy()
        for i, member in enumerate(self.members):
            weights = self.weights[steps, i]
            used = np.flatnonzero(weights)
            if used.size:
                n = int(used[-1]) + 1
                with np.errstate(over="ignore", invalid="ignore"):
                    found = LatentDynamics.of(member).free_forecast(known, n)
                apart = _from_mean(found, self.mean, self.scale, self.reach)[:, used]
                total[:, used] += weights[used, None] * apart * self.scale
        return total


def _from_mean(
    forecasts: NDArray[np.float64],
    mean: NDArray[np.float64],
    scale: NDArray[np.float64],
    reach: float,
) -> NDArray[np.float64]:
    """How far forecasts are from the mean, in units; nothing from where one is lost."""
    apart = (forecasts - mean) / scale
    inside = (np.abs(apart) <= reach).all(axis=2)  # NaN is not less
    kept = np.logical_and.accumulate(inside, axis=1)
    return np.where(kept[..., None], apart, 0.0)


def _shrunk(
    among: NDArray[np.float64], onto: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights from sums of products of each path, less what chance has added.

    Each path is forecast with the weights of all others; the slope of the truth on
    these forecasts is what the weights are worth on new paths.
    """
    weights = _least_squares(among.sum(0), onto.sum(0))
    if len(among) == 1:
        return weights
    product = size = 0.0
    for path, (own, its) in enumerate(zip(among, onto, strict=True)):
        rest = np.arange(len(among)) != path
        others = _least_squares(among[rest].sum(0), onto[rest].sum(0))
        product += others @ its
        size += others @ own @ others
    return weights * np.clip(product / size, 0.0, 1.0) if size else weights


def _least_squares(
    among: NDArray[np.float64], onto: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Weights of least squares, from sums of products.

    None is negative, and their sum is at most one.
    """
    size = np.sqrt(np.maximum(np.diag(among), np.finfo(float).tiny))
    scaled = among / np.outer(size, size)
    # Members that agree to the last digits share a weight, and it stays bounded.
    values, vectors = np.linalg.eigh(scaled)
    if values[-1] <= 0:
        return np.zeros(len(onto))  # all forecasts are the mean
    values = np.maximum(values, 1e-12 * values[-1])
    root = np.sqrt(values)[:, None] * vectors.T
    aim = (vectors.T @ (onto / size)) / np.sqrt(values)
    weights = nnls(root, aim)[0] / size
    if weights.sum() <= 1.0:
        return weights
    # To blow forecasts up is to believe in chance: the sum is held at one.
    held = HEAVY * size.max()
    root, aim = np.vstack((root, held / size)), np.append(aim, held)
    return nnls(root, aim)[0] / size
