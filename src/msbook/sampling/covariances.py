"""Local noise covariances, from bursts or known, and what their spectrum says."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import check_positive, finite_array
from msbook.sampling.times import at_their_times
from msbook.systems import SDE, ReactionNetwork, SlowFast

_SMALLEST_GAP = 10


def local_covariance(ends: ArrayLike, duration: float) -> np.ndarray:
    r"""Estimate the local noise covariance from very short bursts.

    .. math:: \hat\sigma(x) = \frac{1}{\tau (J - 1)}
              \sum_{j=1}^{J} (x_j - \bar x)(x_j - \bar x)^\top

    Parameters
    ----------
    ends : array, shape (n_points, n_bursts, dim)
        End points of bursts, :math:`x_j`.
    duration : float
        Length :math:`\tau` of the bursts. In curved coordinates it must be far below
        the *square* of the fast time scale, or curvature is taken for slow noise.

    Returns
    -------
    ndarray, shape (n_points, dim, dim)
        Covariances per unit of time.

    Raises
    ------
    ValueError
        If end points are not finite or fewer than two, or the duration not positive.

    References
    ----------
    Zieliński & Hesthaven (2022), eq. (12), where the mean has lost its factor; see
    :doc:`/book/reference/errata`.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> system = ms.systems.QuadraticSlowFast()
    >>> ends = ms.sampling.bursts(system, [[1.0, 0.0]], 100_000, 1e-8, rng=0)
    >>> bool(np.allclose(local_covariance(ends, 1e-8), np.diag([1, 1000]), rtol=0.02,
    ...                  atol=1))
    True
    """
    ends = finite_array("ends", ends)
    duration = check_positive("duration", duration)
    if ends.ndim != 3 or not ends.size or ends.shape[1] < 2:
        raise ValueError(
            "ends must have shape (n_points, n_bursts, dim) with at least two bursts; "
            f"got {ends.shape}."
        )
    deviations = ends - ends.mean(axis=1, keepdims=True)
    sums = np.einsum("nji,njk->nik", deviations, deviations)
    return sums / (duration * (ends.shape[1] - 1))


def exact_covariance(
    source: SlowFast | SDE | ReactionNetwork, x: np.ndarray, times: np.ndarray | None
) -> np.ndarray:
    """Covariances (n, dim, dim) that a system knows, at points and their times."""
    if isinstance(source, ReactionNetwork):
        return source.covariance(x)
    law = source.observed if isinstance(source, SlowFast) else source
    return at_their_times(source, law.covariance, x, times)


def slow_dimension(covariance: ArrayLike) -> int:
    """Number of slow variables: where the spectrum of the noise has its widest gap.

    Parameters
    ----------
    covariance : array, shape (n_points, dim, dim)
        Local noise covariances.

    Returns
    -------
    int
        Number of eigenvalues below the widest gap of the mean logarithmic spectrum.

    Raises
    ------
    ValueError
        If no gap is wider than a factor of ten, so that nothing is slow.

    Examples
    --------
    >>> import numpy as np
    >>> slow_dimension(np.diag([1.0, 2.0, 900.0, 1000.0])[None])
    2

    References
    ----------
    Zieliński & Hesthaven (2022), sections 3.2 and 4.1.
    """
    values = np.linalg.eigvalsh(check_covariance(covariance))
    if values.shape[-1] < 2 or not (values > 0).all():
        raise ValueError(
            "covariance must be positive definite; got an eigenvalue of "
            f"{values.min():.3g}. Estimate it from more bursts than dimensions."
        )
    gaps = np.diff(np.log(values).mean(axis=0))
    if gaps.max() < np.log(_SMALLEST_GAP):
        raise ValueError(
            f"the widest gap of the spectrum is a factor {np.exp(gaps.max()):.3g}; "
            f"at least {_SMALLEST_GAP} is expected between slow and fast. Check that "
            "the bursts behind the covariance are short enough."
        )
    return int(gaps.argmax()) + 1


def check_covariance(
    covariance: Any, points: tuple[int, ...] | None = None
) -> np.ndarray:
    """Local covariances (n_points, dim, dim), of points of a shape, or a ValueError."""
    found = finite_array("covariance", covariance)
    wanted = "(n_points, dim, dim)" if points is None else f"{(*points, points[-1])}"
    square = found.ndim == 3 and found.shape[1] == found.shape[2] and found.size
    if not square or (points is not None and found.shape[:2] != points):
        raise ValueError(
            f"covariance must have shape {wanted}, a matrix a point; got {found.shape}."
        )
    return found
