"""What a flow map sees of a pair of states: a condition, and a scaled increment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class IncrementScaling:
    r"""Between pairs of states and numbers of the size of one.

    The increment over one lag is scaled, component by component,

    .. math:: z = \frac{y - x - \mu}{s},

    with its mean :math:`\mu` and standard deviation :math:`s` over the data: in
    :math:`y` itself it would be a small departure from the identity. The condition
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

    @classmethod
    def of(
        cls, x: NDArray, y: NDArray, context: NDArray, periods: NDArray
    ) -> IncrementScaling:
        """The scaling of data; shapes as in :meth:`condition` and :meth:`scaled`."""
        dim = len(periods)
        moves = _shortest(y - x[:, :dim], periods)
        seen = _seen(x, context, periods)
        mean, scale = seen.mean(axis=0), _deviation(seen)
        present = _shortest(x[:, :dim], periods)
        return cls(
            periods,
            moves.mean(axis=0),
            _deviation(moves),
            mean,
            scale,
            ((seen - mean) / scale).min(axis=0),
            ((seen - mean) / scale).max(axis=0),
            present.min(axis=0),
            present.max(axis=0),
        )

    @property
    def dim(self) -> int:
        """Number of components of a state."""
        return len(self.periods)

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

    def scaled(self, x: NDArray, y: NDArray) -> NDArray[np.float64]:
        """Increments ``z`` from states ``x`` to ``y`` of shape (n, dim)."""
        moves = _shortest(y - x[:, : self.dim], self.periods)
        return (moves - self.increment_mean) / self.increment_scale

    def moved(self, x: NDArray, z: NDArray) -> NDArray[np.float64]:
        """States (n, dim) that scaled increments ``z`` lead to."""
        return x[:, : self.dim] + self.increment_mean + self.increment_scale * z

    def outside(self, x: NDArray) -> NDArray[np.bool_]:
        """Which of the present states (n, dim) lie beyond the range of the data."""
        inside = (self.low <= x) & (x <= self.high)
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
