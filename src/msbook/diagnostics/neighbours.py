"""What fluctuations share because states are alike, and not because times follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

_MOST_ROWS = 100_000  # among which neighbours are looked for
_MOST_ASKED = 20_000  # whose neighbours are looked for
_FAR, _NEAR = 32, 8  # neighbours of each, and those of them that count as near
_APART = 10  # lags between the times of neighbours, where trajectories are long
_MANY = 50  # trajectories: enough to take out what all of them feel at one time
_BLOCKS = 8  # of times; a row looks in those that do not touch its own
_MOST_IN_TREE = 6  # columns; beyond, to compare all rows is faster
_LEAST_PIECES = 100  # that an error is taken from, if they hold two lags


@dataclass(frozen=True)
class Residual:
    """Covariance of what a regression left over, or its share, column by column.

    NaN where there are too few rows.

    Attributes
    ----------
    value : ndarray, shape (dim,)
        Given the state, the misfit of the regression taken out.
    error : ndarray, shape (dim,)
        Its standard error, from pieces of the trajectories.
    doubt : ndarray, shape (dim,)
        What it depends on how near the neighbours are: the part of the misfit that
        had to be extrapolated.
    """

    value: NDArray[np.float64]
    error: NDArray[np.float64]
    doubt: NDArray[np.float64]

    def uncertainty(self) -> NDArray[np.float64]:
        """Four standard errors, of both kinds together."""
        return 4.0 * np.hypot(self.error, self.doubt)


class Neighbours:
    r"""Covariances given the state, from rows whose states are alike.

    A regression leaves :math:`a = \xi + b(x)` and :math:`c = \eta + d(x)`: noises, and
    misfits that are functions of the state. Let :math:`x'` be a neighbour of :math:`x`,
    of another time, so that its noises are others. Then

    .. math:: E[\xi\eta] = E[a c] - E[b(x)\,d(x)], \qquad
              E[b(x)\,d(x)] = \lim_{x' \to x} \tfrac12 E[a c' + a' c] ,

    where the limit is that of a straight line in :math:`|x' - x|^2`, as in the Gamma
    test.

    Parameters
    ----------
    features : ndarray, shape (n, n_features)
        What is known of each row, each column of unit spread.
    path, time : ndarray, shape (n,)
        Number of its trajectory, and of its state in there.
    lag : int
        Saved states in a lag.
    tells_time : bool
        Whether the features tell the time.

    Notes
    -----
    All trajectories may feel one forcing, which is no misfit. Of many trajectories the
    mean at each time is taken out before neighbours are compared; of fewer, neighbours
    are ten lags apart in time, or an eighth of a trajectory. Where the features tell
    the time, a forcing is a part of the mean.

    References
    ----------
    Stefánsson, Končar & Jones (1997); Evans & Jones (2002).
    """

    n_near: int

    def __init__(
        self,
        features: NDArray[Any],
        path: NDArray[Any],
        time: NDArray[Any],
        lag: int,
        tells_time: bool,
    ) -> None:
        n_cuts = -(-_LEAST_PIECES // (path[-1] + 1))
        length = max(-(-(time.max() + 1) // n_cuts), 2 * lag)
        self.pieces: Any = path * n_cuts + time // length
        # Rows closer than a lag are alike in all and tell nothing new.
        rows = np.random.default_rng(0).permutation(np.flatnonzero(time % lag == 0))
        rows = rows[:_MOST_ROWS]
        step = time[rows] // lag
        length = min(_APART, (step.max() + 1) // _BLOCKS)
        n_paths = path[-1] + 1
        self.time: NDArray[Any] | None = (
            time if n_paths >= _MANY and not tells_time else None
        )
        by_path = length == 0 or n_paths >= (_BLOCKS if tells_time else _MANY)
        block = (path[rows] if by_path else step // length) % _BLOCKS
        sizes = np.bincount(block, minlength=_BLOCKS)
        n_far = int(np.clip((sizes.sum() - 3 * sizes.max()) // 4, 0, _FAR))
        self.n_near, self.beyond = n_far // 4, 0.0
        self.asked: NDArray[Any] = np.empty(0, dtype=int)
        self.others: NDArray[Any] = np.empty((0, n_far), dtype=int)
        if not self.n_near or not features.shape[1]:
            return
        # Equal states, as of integers, are put into an order without a meaning.
        points = features[rows]
        points = points + 1e-9 * np.random.default_rng(1).normal(size=points.shape)
        how = "kd_tree" if features.shape[1] <= _MOST_IN_TREE else "brute"
        asked, others, squares = [], [], []
        for b in range(_BLOCKS):
            among = np.flatnonzero((block - b + 1) % _BLOCKS > 2)
            here = np.flatnonzero(block == b)[: _MOST_ASKED // _BLOCKS]
            search = NearestNeighbors(n_neighbors=n_far, algorithm=how)
            distance, found = search.fit(points[among]).kneighbors(points[here])
            asked.append(rows[here])
            others.append(rows[among[found]])
            squares.append(distance**2)
        self.asked, self.others = np.concatenate(asked), np.concatenate(others)
        square = np.concatenate(squares).mean(axis=0)
        near, far = square[: self.n_near].mean(), square[self.n_near :].mean()
        self.beyond: float = near / (far - near) if far > near else 0.0

    def variance(self, rest: NDArray[Any]) -> Residual:
        """Of one set of residuals (n, dim), as a share of their mean square.

        Shares are of the same rows in both, so that small ones keep their digits.
        """
        columns = []
        for one in rest.T:
            near, misfit, asked, _ = self._shared(one, one)
            own = one[asked] ** 2
            if not own.any():
                columns.append((np.nan,) * 3)
                continue
            share = 1.0 - misfit.mean() / own.mean()
            error = self._error((own - misfit - share * own, asked))
            doubt = abs(misfit.mean() - near.mean())
            columns.append((share, error / own.mean(), doubt / own.mean()))
        return Residual(*np.transpose(columns))

    def covariance(self, a: NDArray[Any], c: NDArray[Any]) -> Residual:
        """Of two sets (n, dim); rows where one is not known are left out."""
        columns = []
        for one, two in zip(a.T, c.T, strict=True):
            near, misfit, asked, rows = self._shared(one, two)
            if not len(asked):
                columns.append((np.nan,) * 3)
                continue
            own = one[rows] * two[rows]
            error = self._error((own, rows), (-misfit, asked))
            doubt = abs(misfit.mean() - near.mean())
            columns.append((own.mean() - misfit.mean(), error, doubt))
        return Residual(*np.transpose(columns))

    def _shared(self, one: NDArray[Any], two: NDArray[Any]) -> tuple[NDArray[Any], ...]:
        """Products with near neighbours, and in the limit; of which rows; all rows."""
        known = np.isfinite(one + two)
        one, two = self._of_each(one), self._of_each(two)
        asked = self.asked[known[self.asked]]
        others = self.others[known[self.asked]]
        usable = known[others]
        products = 0.5 * (
            one[asked, None] * two[others] + two[asked, None] * one[others]
        )
        near, far = (
            np.where(usable, products, 0.0)[:, part].sum(axis=1)
            / max(usable[:, part].sum() / max(len(asked), 1), 1.0)
            for part in (slice(self.n_near), slice(self.n_near, None))
        )
        return near, near + self.beyond * (near - far), asked, np.flatnonzero(known)

    def _of_each(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Without what all trajectories have in common at one time."""
        if self.time is None:
            return values
        known = np.isfinite(values)
        count = np.bincount(self.time, known)[self.time]
        mean = np.bincount(self.time, np.where(known, values, 0.0))[self.time]
        # The mean of n holds an n-th of each, which is given back.
        own = values - mean / np.maximum(count, 1.0)
        return own * np.sqrt(count / np.maximum(count - 1.0, 1.0))

    def _error(self, *terms: tuple[NDArray[Any], NDArray[Any]]) -> float:
        """Standard error of a sum of means over rows, from independent pieces."""
        n_pieces = self.pieces.max() + 1
        total = np.zeros(n_pieces)
        for values, rows in terms:
            share = (values - values.mean()) / len(rows)
            total += np.bincount(self.pieces[rows], share, minlength=n_pieces)
        used = len(np.unique(self.pieces[terms[0][1]]))
        return float(np.sqrt((total**2).sum() * used / max(used - 1, 1e-9)))


def seen_of(rest: NDArray[Any], share: Residual) -> NDArray[np.float64]:
    """Mean square of the noise in residuals (n, dim); NaN where it is not resolved."""
    seen = share.value > share.uncertainty()
    return np.where(seen, (rest**2).mean(axis=0) * share.value, np.nan)
