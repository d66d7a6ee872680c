r"""What LED is compared with: forecasts of fields by linear models.

Each is fitted by ``fit(train)`` on paths ``(n_traj, n_time, dim)``, and forecasts so
many steps of paths of which the first states are known. What it must be told, such as
a rank, it chooses itself: by the forecasts, fitted on four fifths of the paths, of the
last fifth from its first 30 states, as ``score`` judges them. Then it is fitted on all
of them. None draws random numbers of consequence.
"""

import warnings
from collections.abc import Callable, Iterable
from typing import Any, Protocol, Self

import numpy as np
import pydmd
from numpy.typing import NDArray
from sklearn.decomposition import PCA, TruncatedSVD

Array = NDArray[Any]

N_KNOWN = 30


class Peer(Protocol):
    """What is fitted on paths and forecasts others."""

    def fit(self, train: Array) -> Any:
        """Learn from paths ``(n_traj, n_time, dim)``."""
        ...

    def forecast(self, known: Array, n_steps: int) -> Array:
        """States ``(n_traj, n_steps, dim)`` that follow."""
        ...


class Persistence:
    """The last known state, for good."""

    def fit(self, train: Array) -> Self:
        """Nothing to learn."""
        return self

    def forecast(self, known: Array, n_steps: int) -> Array:
        """The last known state, so many times."""
        return np.repeat(known[:, -1:], n_steps, axis=1)


class LinearLags:
    """Principal components, and a linear map of the last five states to the next.

    The number of components is 4, 8, 16, 32 or 64, or all of them where there are
    fewer. The map is by least squares, with a ridge of 1e-8 of the mean square of what
    it takes.
    """

    N_LAGS = 5

    def __init__(self, n_components: int | None = None) -> None:
        self.n_components = n_components

    def fit(self, train: Array) -> Self:
        """Choose the number of components, then find them and the map."""
        most = min(64, train.shape[-1])
        counts = sorted({min(n, most) for n in (4, 8, 16, 32, 64)})
        n = self.n_components or best_of(counts, LinearLags, train)
        self.chosen_ = n
        self.components_ = PCA(n, random_state=0).fit(as_rows(train))
        z = self.encoded(train)
        past = self.lags(z)[:, :-1].reshape(-1, self.N_LAGS * n)
        following = as_rows(z[:, self.N_LAGS :])
        gram = past.T @ past
        ridge = 1e-8 * np.trace(gram) / len(gram) * np.eye(len(gram))
        self.map_ = np.linalg.solve(gram + ridge, past.T @ following)
        return self

    def forecast(self, known: Array, n_steps: int) -> Array:
        """Each step by the map, from what it made before."""
        n_known = self.N_LAGS
        z = np.empty((len(known), n_known + n_steps, self.chosen_))
        z[:, :n_known] = self.encoded(known[:, -n_known:])
        with np.errstate(over="ignore", invalid="ignore"):
            for i in range(n_steps):
                past = z[:, i : i + n_known].reshape(len(z), -1)
                z[:, n_known + i] = past @ self.map_
            ahead = z[:, n_known:] @ self.components_.components_
        return ahead + self.components_.mean_

    def encoded(self, paths: Array) -> Array:
        """Components of paths, centred."""
        z = self.components_.transform(as_rows(paths)).astype(float)
        return z.reshape(*paths.shape[:2], -1)

    def lags(self, z: Array) -> Array:
        """All stretches of five states, oldest first, end to end."""
        views = np.lib.stride_tricks.sliding_window_view(z, self.N_LAGS, axis=1)
        return np.moveaxis(views, -1, 2).reshape(*views.shape[:2], -1)


class DMD:
    """``pydmd.DMD`` of all pairs of successive states.

    PyDMD fits one series, or pairs: ``fit(X, Y)`` takes those of all paths at once. A
    forecast begins at the last known state, whose amplitudes are by least squares, as
    in its ``predict``. Its rank is 4, 8, 16, 32, 64, 128 or 256, or the size of a state
    where that is less. States of more than 256 values are given to it by their first
    256 singular vectors.
    """

    LARGEST = 256

    def __init__(self, rank: int | None = None) -> None:
        self.rank = rank

    def fit(self, train: Array) -> Self:
        """Choose the rank, then find the modes."""
        self.basis_ = None
        if train.shape[-1] > self.LARGEST:
            decomposition = TruncatedSVD(self.LARGEST, random_state=0)
            self.basis_ = decomposition.fit(as_rows(train)).components_
        z = self.reduced(train)
        most = min(self.LARGEST, z.shape[-1])
        ranks = sorted({min(2**n, most) for n in range(2, 9)})
        self.chosen_ = self.rank or best_of(ranks, DMD, z)
        pairs = as_rows(z[:, :-1]).T, as_rows(z[:, 1:]).T
        self.dmd_ = quiet(lambda: pydmd.DMD(svd_rank=self.chosen_).fit(*pairs))
        return self

    def forecast(self, known: Array, n_steps: int) -> Array:
        """Powers of the eigenvalues times the amplitudes of the last state."""
        modes, eigenvalues = self.dmd_.modes, self.dmd_.eigs
        amplitudes = self.reduced(known)[:, -1] @ np.linalg.pinv(modes).T
        steps = np.arange(1, n_steps + 1)[:, None]
        z = ((eigenvalues**steps) * amplitudes[:, None]) @ modes.T
        return z.real if self.basis_ is None else z.real @ self.basis_

    def reduced(self, paths: Array) -> Array:
        """Paths by the singular vectors."""
        return paths if self.basis_ is None else (paths @ self.basis_.T).astype(float)


class HODMD:
    """``pydmd.HODMD`` of the known states of each path, run on.

    It fits one series, as in its tutorial (exact modes, optimal amplitudes), and
    forecasts by a later end of ``dmd_time``. So it is not fitted on the other paths:
    these only choose how many states in a row it takes for one, ``d`` of 5, 10 and 15,
    and the rank of 2, 4, 8 and that of PyDMD's own choice (0).
    """

    def __init__(self, options: tuple[int, int] | None = None) -> None:
        self.options = options

    def fit(self, train: Array) -> Self:
        """Choose ``d`` and the rank."""
        options = [(d, rank) for d in (5, 10, 15) for rank in (0, 2, 4, 8)]
        self.chosen_ = self.options or best_of(options, HODMD, train)
        return self

    def forecast(self, known: Array, n_steps: int) -> Array:
        """A fit and a forecast a path."""
        return np.stack([self.of_series(path, n_steps) for path in known])

    def of_series(self, path: Array, n_steps: int) -> Array:
        """What follows a series ``(n_time, dim)``."""
        d, rank = self.chosen_

        def fitted_and_run_on() -> Array:
            # The last option is a rotation only, which keeps the matrices small.
            dmd = pydmd.HODMD(
                svd_rank=rank, exact=True, opt=True, d=d, svd_rank_extra=-1
            )
            dmd.fit(path.T)
            dmd.dmd_time["tend"] = len(path) - 1 + n_steps
            return dmd.reconstructed_data[:, len(path) :].T.real

        return quiet(fitted_and_run_on)


PEERS: dict[str, type[Peer]] = {
    "persistence": Persistence,
    "linear map of 5 lags": LinearLags,
    "DMD": DMD,
    "HODMD": HODMD,
}


def best_of(options: Iterable[Any], build: Callable[[Any], Peer], train: Array) -> Any:
    """The option whose forecasts of the last fifth of the paths are the best."""
    cut = len(train) * 4 // 5
    known, truth = train[cut:, :N_KNOWN], train[cut:, N_KNOWN:]
    mean = train[:cut].mean(axis=(0, 1))

    def score(option: Any) -> float:
        found = build(option).fit(train[:cut]).forecast(known, truth.shape[1])
        with np.errstate(over="ignore", invalid="ignore"):
            error = np.mean((found - truth) ** 2, axis=(0, 2))
        by_step = np.sqrt(error / np.mean((truth - mean) ** 2, axis=(0, 2)))
        return float(by_step.mean()) if np.isfinite(by_step).all() else np.inf

    return min(options, key=score)


def quiet(function: Callable[[], Any]) -> Any:
    """What a function returns, without the warnings of PyDMD."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        return function()


def as_rows(paths: Array) -> Array:
    """All states ``(n, dim)`` of paths."""
    return paths.reshape(-1, paths.shape[-1])
