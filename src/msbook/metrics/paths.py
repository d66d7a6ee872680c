"""How well an ensemble of model paths follows the true one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook.metrics.checks import check_sample, check_trajectories
from msbook.metrics.distributions import wasserstein_distance


@dataclass(frozen=True)
class PathErrors:
    """Errors of mean and standard deviation over time, and their floors.

    All are in units of the true standard deviation at the same time. A floor is the
    standard error that the finite ensembles leave; what lies within two of them is no
    error that was seen.

    Attributes
    ----------
    mean, std : ndarray, shape (n_time, dim)
        Signed errors; NaN where the truth has no spread, as at a common start.
    mean_floor, std_floor : ndarray, shape (n_time, dim)
        Standard errors of the two.
    """

    mean: NDArray[np.float64]
    std: NDArray[np.float64]
    mean_floor: NDArray[np.float64]
    std_floor: NDArray[np.float64]

    @property
    def average(self) -> tuple[float, float]:
        """Average absolute error of the mean and of the standard deviation."""
        return float(np.nanmean(abs(self.mean))), float(np.nanmean(abs(self.std)))

    @property
    def largest(self) -> tuple[float, float]:
        """Largest absolute error of the mean and of the standard deviation."""
        return float(np.nanmax(abs(self.mean))), float(np.nanmax(abs(self.std)))

    @property
    def floor(self) -> tuple[float, float]:
        """Average floor of the mean and of the standard deviation."""
        return float(np.nanmean(self.mean_floor)), float(np.nanmean(self.std_floor))

    def __str__(self) -> str:
        lines = ["error / true std   average   largest     floor"]
        columns = zip(self.average, self.largest, self.floor, strict=True)
        for name, values in zip(("mean", "std"), columns, strict=True):
            lines.append(f"{name:<16}" + "".join(f"{v:10.2%}" for v in values))
        return "\n".join(lines)


def path_errors(model_paths: ArrayLike, true_paths: ArrayLike) -> PathErrors:
    r"""Compare the mean and the standard deviation of two ensembles over time.

    .. math:: e_\mathrm{mean}(t) = \frac{\bar q_\mathrm{model}(t) - \bar q(t)}{s(t)},
              \qquad e_\mathrm{std}(t) = \frac{s_\mathrm{model}(t)}{s(t)} - 1

    Parameters
    ----------
    model_paths, true_paths : array, shape (n_traj, n_time, dim)
        Ensembles from the same start, at the same times; the numbers of trajectories
        may differ.

    Returns
    -------
    PathErrors
        Errors of each time and component, with averages and maxima.

    Raises
    ------
    ValueError
        If shapes do not fit, or if the truth has no spread at all.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> truth, model = rng.normal(size=(2, 4000, 10, 1))
    >>> errors = path_errors(1.1 * model, truth)
    >>> bool(abs(errors.average[1] - 0.1) < 0.02)
    True

    References
    ----------
    Chen & Xiu (2024), whose figures show both as curves.
    """
    model = check_trajectories(model_paths, "model_paths")
    true = check_trajectories(true_paths, "true_paths")
    if model.shape[1:] != true.shape[1:] or min(len(model), len(true)) < 2:
        raise ValueError(
            "model_paths and true_paths must have two or more trajectories and the "
            f"same times and components; got shapes {model.shape} and {true.shape}."
        )
    std = true.std(axis=0)
    # Rounding leaves a common start a spread of a few units in the last place.
    rest = std <= 1e-12 * abs(true).max(axis=(0, 1))
    if rest.all():
        raise ValueError(
            "true_paths must have a spread, the std to compare to; got paths that are "
            "all alike."
        )
    unit = np.where(rest, np.nan, std)
    model_std = model.std(axis=0)
    mean_variance = std**2 / len(true) + model_std**2 / len(model)
    std_variance = _std_variance(true) + _std_variance(model)
    return PathErrors(
        mean=(model.mean(axis=0) - true.mean(axis=0)) / unit,
        std=model_std / unit - 1.0,
        mean_floor=np.sqrt(mean_variance) / unit,
        std_floor=np.sqrt(std_variance) / unit,
    )


def relative_wasserstein(
    sample: ArrayLike, reference: ArrayLike
) -> NDArray[np.float64]:
    r"""Wasserstein-1 distance of two samples over the reference's std, by column.

    .. math:: \frac{W_1}{s} = \frac1s \int_0^1
              \lvert F_\mathrm{sample}^{-1}(u) - F^{-1}(u) \rvert\,du

    Parameters
    ----------
    sample : array, shape (n,) or (n, dim)
        One-step states of a model, say.
    reference : array, shape (m,) or (m, dim)
        True ones from the same state.

    Returns
    -------
    ndarray, shape () or (dim,)
        Between two samples of size :math:`n` from one normal law it is about
        :math:`1.8/\sqrt n`.

    Raises
    ------
    ValueError
        For empty or non-finite samples, or a reference without spread.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.random.default_rng(0).normal(size=1000)
    >>> float((relative_wasserstein(x + 0.5, x) * x.std()).round(6))
    0.5
    """
    distances = wasserstein_distance(sample, reference)
    std = check_sample("reference", reference).std(axis=0)
    if not (std > 0).all():
        raise ValueError("reference must have a spread; got a constant column.")
    return distances / std


def _std_variance(paths: NDArray[Any]) -> NDArray[np.float64]:
    """Variance of the standard deviation of a sample, from its fourth moment."""
    deviations = paths - paths.mean(axis=0)
    variance = np.mean(deviations**2, axis=0)
    excess = np.maximum(np.mean(deviations**4, axis=0) - variance**2, 0.0)
    return excess / np.where(variance > 0, 4.0 * len(paths) * variance, np.inf)
