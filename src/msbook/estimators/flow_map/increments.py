"""What a flow map sees of a pair of states: a condition, and a scaled increment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.flow_map.linear_residual import (
    linear_residual,
    no_residual,
    noisy_rows,
    unmixed,
)

_ROUNDING = 1e-14  # of a state, by which a component that stands still may move


@dataclass(frozen=True)
class IncrementScaling:
    r"""Between pairs of states and numbers of the size of one.

    The increment over one lag is scaled, component by component,

    .. math:: z = \frac{y - x - \mu}{s},

    with its mean :math:`\mu` and standard deviation :math:`s` over the data: in
    :math:`y` itself it would be a small departure from the identity. With a linear
    baseline its linear regression on the condition is taken out too, and what is left
    is whitened,

    .. math:: \frac{y - x - \mu}{s} = B^\top c(x) + L z ,

    with :math:`B` from least squares and :math:`L L^\top` the covariance of what is
    left. A component of which nothing is left, such as a parameter that stands still,
    has no :math:`z` of its own, and moves as the regression says. The condition
    is the present state, the increments that led to it if there is memory, and the
    context, each scaled likewise; a component on a circle is seen as its cosine and
    sine, and its increments are those the short way round.

    Conditions are cut to the range of the data: beyond, the law of the increment is
    that at the edge, since no data say what else it might be.

    Attributes
    ----------
    periods : ndarray, shape (dim,)
        Periods of the components, infinite for those on a line.
    increment_mean, increment_scale : ndarray, shape (dim,)
        :math:`\mu` and :math:`s`, in units of the state.
    condition_mean, condition_scale : ndarray, shape (n_condition,)
        The same of what is seen.
    condition_low, condition_high : ndarray, shape (n_condition,)
        Its range, scaled.
    low, high : ndarray, shape (dim,)
        Range of the present states, in their unit.
    slopes : ndarray, shape (n_condition, dim)
        :math:`B`; zeros without a linear baseline.
    mixing : ndarray, shape (dim, n_noisy)
        :math:`L`, lower trapezoidal; the identity without a linear baseline.
    """

    periods: NDArray[np.float64]
    increment_mean: NDArray[np.float64]
    increment_scale: NDArray[np.float64]
    condition_mean: NDArray[np.float64]
    condition_scale: NDArray[np.float64]
    condition_low: NDArray[np.float64]
    condition_high: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    slopes: NDArray[np.float64]
    mixing: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        x: NDArray,
        y: NDArray,
        context: NDArray,
        periods: NDArray,
        *,
        linear: bool = False,
    ) -> IncrementScaling:
        """The scaling of data; shapes as in :meth:`condition` and :meth:`scaled`."""
        dim = len(periods)
        moves = _shortest(y - x[:, :dim], periods)
        seen = _seen(x, context, periods)
        mean, scale = seen.mean(axis=0), _deviation(seen)
        present = _shortest(x[:, :dim], periods)
        centre, unit = moves.mean(axis=0), _deviation(moves)
        rounding = _ROUNDING * np.abs(x[:, :dim]).max(axis=0)
        unit = np.where(moves.std(axis=0) > rounding, unit, 1.0)
        condition, increments = (seen - mean) / scale, (moves - centre) / unit
        left = (linear_residual if linear else no_residual)(condition, increments)
        return cls(
            periods,
            centre,
            unit,
            mean,
            scale,
            condition.min(axis=0),
            condition.max(axis=0),
            present.min(axis=0),
            present.max(axis=0),
            left.slopes,
            left.mixing,
        )

    @property
    def dim(self) -> int:
        """Number of components of a state."""
        return len(self.periods)

    @property
    def n_noisy(self) -> int:
        """Number of components of ``z``: those that are not sure to be known."""
        return self.mixing.shape[1]

    @property
    def n_condition(self) -> int:
        """Number of components of a condition."""
        return len(self.condition_mean)

    def condition(self, x: NDArray, context: NDArray) -> NDArray[np.float64]:
        """Conditions of states.

        Parameters
        ----------
        x : ndarray, shape (n, (memory + 1) dim)
            States, the present first and then earlier ones.
        context : ndarray, shape (n, n_context)
            What else is known at the time.

        Returns
        -------
        ndarray, shape (n, n_condition)
        """
        seen = _seen(x, context, self.periods)
        scaled = (seen - self.condition_mean) / self.condition_scale
        return np.clip(scaled, self.condition_low, self.condition_high)

    def scaled(self, x: NDArray, y: NDArray, condition: NDArray) -> NDArray[np.float64]:
        """What is to be learned (n, n_noisy) of increments from ``x`` to ``y``."""
        moves = _shortest(y - x[:, : self.dim], self.periods)
        increments = (moves - self.increment_mean) / self.increment_scale
        return unmixed(increments - condition @ self.slopes, self.mixing)

    def moved(self, x: NDArray, z: NDArray, condition: NDArray) -> NDArray[np.float64]:
        """States (n, dim) that ``z`` leads to, from states with that condition."""
        increments = condition @ self.slopes + z @ self.mixing.T
        return (
            x[:, : self.dim] + self.increment_mean + self.increment_scale * increments
        )

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume, in units of the state, of a unit of ``z``."""
        noisy = noisy_rows(self.mixing)
        unit = self.mixing[noisy].diagonal() * self.increment_scale[noisy]
        return float(np.log(unit).sum())

    def outside(self, x: NDArray) -> NDArray[np.bool_]:
        """Which of the present states (n, dim) lie beyond the range of the data."""
        inside = ~((x < self.low) | (x > self.high))  # NaN is nowhere
        return ~np.all(inside | np.isfinite(self.periods), axis=-1)


def _seen(x: NDArray, context: NDArray, periods: NDArray) -> NDArray:
    """What a network sees of states and context, not yet scaled."""
    dim = len(periods)
    round_ = np.isfinite(periods)
    present, angles = x[:, :dim], 2 * np.pi * x[:, :dim] / periods
    columns = [np.where(round_, np.cos(angles), present), np.sin(angles)[:, round_]]
    for k in range(dim, x.shape[1], dim):
        columns.append(_shortest(x[:, k - dim : k] - x[:, k : k + dim], periods))
    return np.concatenate([*columns, context], axis=1)


def _shortest(moves: NDArray, periods: NDArray) -> NDArray:
    """Increments the short way round, where there is a way round."""
    finite = np.where(np.isfinite(periods), periods, 1.0)
    turns = np.where(np.isfinite(periods), np.round(moves / finite), 0.0)
    return moves - turns * finite


def _deviation(values: NDArray) -> NDArray:
    """Standard deviations of columns; one where a column is constant."""
    return np.where(np.ptp(values, axis=0) > 0, values.std(axis=0), 1.0)
