"""Which scales a landscape has, from how its gradient changes with distance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import nnls

from msbook._validation import check_rng
from msbook.equations.gradients import HasGradient, as_potential
from msbook.integrators.solver import Seed
from msbook.sampling.bursts import check_points

_N_POINTS = 20_000
_SHORTEST, _FARTHEST = 1e-9, 0.1  # distances, of the width of the region
_JITTER = 0.02  # of the width, so that a few points serve as well as many
_PER_DECADE = 10
_N_LENGTHS = 91
_SEPARATE = 6.0  # ratio of lengths, below which two are one scale to every step
_VISIBLE = 0.1  # share of the gradient's change that a scale must make at its length
_LONGEST = 1 / 25  # of the width: a fine scale has several waves in the region


@dataclass(frozen=True)
class Scales:
    r"""Fine scales of a landscape, from the coarse to the fine.

    Attributes
    ----------
    lengths : ndarray, shape (k,)
        :math:`\varepsilon`; that of :math:`a \varepsilon \sin(q/\varepsilon)` is
        :math:`\varepsilon`.
    forces : ndarray, shape (k,)
        Amplitudes of their gradients, :math:`a`, in units of force.
    rate : float
        Of what is coarse: the root of its curvature, in units of one over time for
        unit mass. It is what a friction is large or small beside.
    """

    lengths: NDArray[np.float64]
    forces: NDArray[np.float64]
    rate: float

    @property
    def least_steps(self) -> NDArray[np.float64]:
        r"""Steps beyond which a scale is noise, :math:`2 \sqrt{\varepsilon / a}`.

        Up to it a chain can rest in a trough of the scale; it is where the large step
        becomes unstable there, for unit mass.
        """
        return 2.0 * np.sqrt(self.lengths / self.forces)


def find_scales(
    gradient: HasGradient | Callable[[NDArray[np.float64]], NDArray[np.float64]],
    q0: ArrayLike,
    *,
    rng: Seed = None,
) -> Scales:
    r"""Find the fine scales of a landscape from its gradient.

    The mean square change of the gradient over a random distance :math:`l` along a
    coordinate, exponential with mean :math:`h`, is a staircase: a ripple
    :math:`a \varepsilon \sin(q/\varepsilon)` adds

    .. math:: \mathbb{E} \lVert \nabla V(q + l) - \nabla V(q) \rVert^2 =
              a^2 \, \frac{h^2}{h^2 + \varepsilon^2} ,

    and what is coarse a power series in :math:`h^2`. A sum of such stairs with weights
    that are not negative is fitted to it. Nothing moves: a scale is found whether or
    not a step can separate it from the next one.

    Parameters
    ----------
    gradient : Potential, or callable
        A potential of :mod:`msbook.systems`, or a function from points (n, d) to
        gradients of the same shape.
    q0 : array_like, shape (n, d)
        Points spread over the region of interest. A scale is fine if several of its
        waves fit into it.
    rng : int or numpy.random.Generator, optional
        Seed or source of the distances.

    Returns
    -------
    Scales
        Those whose lengths differ by less than a factor of six are one.

    Raises
    ------
    ValueError
        If all points are one, or the gradient is not finite at them.

    Examples
    --------
    >>> import numpy as np
    >>> V = lambda q: q**3 - q - np.sin(q / 0.04) - 0.5 * np.sin(q / 0.0015)
    >>> q0 = np.random.default_rng(0).uniform(-1.5, 1.5, (1000, 1))
    >>> scales = find_scales(V, q0, rng=0)
    >>> scales.lengths.round(3), scales.forces.round(1)
    (array([0.04 , 0.002]), array([1. , 0.5]))

    The steps that make noise of both, and of the finer alone:

    >>> scales.least_steps.round(2)
    array([0.4 , 0.11])

    References
    ----------
    Li & Tao (2024), section 3, for scales as noise; Chirikov (1979), for where a map
    of this kind becomes chaotic. The staircase is ours.
    """
    points = check_points("q0", q0)
    potential = as_potential(gradient, points.shape[1], "gradient")
    width = float(np.ptp(points, axis=0).max())
    if width == 0.0:
        raise ValueError(
            f"q0 must be spread over the region of interest; got {len(points)} times "
            "the same point."
        )
    distances, changes = _changes(potential, points, width, check_rng(rng))
    if not changes.size:
        return Scales(np.empty(0), np.empty(0), 0.0)
    grid = np.geomspace(_SHORTEST * width, width, _N_LENGTHS)
    squares = distances[:, None] ** 2
    # What is coarse has a series in the distance.
    series = (squares / width**2) ** np.arange(1, 4)
    stairs = squares / (squares + grid**2)
    # Relative errors count: the finest stairs are the lowest.
    parts = np.column_stack([stairs, series]) / changes[:, None]
    weights, _ = nnls(parts, np.ones(len(distances)))
    lengths, heights = _gather(grid, weights[: len(grid)])
    changes_there = np.interp(np.log(lengths), np.log(distances), changes)
    fine = (heights > 2 * _VISIBLE * changes_there) & (lengths < _LONGEST * width)
    # An exponential distance has twice the square of its mean, and so has the change.
    rest = changes[-1] - stairs[-1] @ np.where(
        grid < _LONGEST * width, weights[: len(grid)], 0.0
    )
    curvature = np.sqrt(max(rest, 0.0) / 2) / distances[-1]
    return Scales(
        lengths[fine][::-1], np.sqrt(heights[fine][::-1]), float(np.sqrt(curvature))
    )


def _changes(
    potential: HasGradient,
    points: NDArray[np.float64],
    width: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean distances, and mean square changes of the gradient over them."""
    q = rng.choice(points, _N_POINTS)
    q = q + _JITTER * width * rng.standard_normal(q.shape)
    here = potential.gradient(q)
    n = round(-_PER_DECADE * np.log10(_SHORTEST / _FARTHEST))
    distances = np.geomspace(_SHORTEST, _FARTHEST, n) * width
    changes = []
    for distance in distances:
        moved = q.copy()
        axes = rng.integers(q.shape[1], size=len(q))
        moved[np.arange(len(q)), axes] += distance * rng.exponential(size=len(q))
        change = potential.gradient(moved) - here
        changes.append((change**2).sum(axis=1).mean())
    if not np.isfinite(changes).all():
        raise ValueError(
            "the gradient must be finite at the points q0 and up to a tenth of their "
            "width beyond them; it is not. Choose points further inside."
        )
    # Below it all is rounding; a gradient that is constant does not change at all.
    least = np.finfo(float).eps ** 2 * (here**2).sum(axis=1).mean()
    seen = np.array(changes) > least
    return distances[seen], np.array(changes)[seen]


def _gather(
    lengths: NDArray[np.float64], heights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Stairs of nearly one length as one, of their height and slopes together."""
    groups: list[list[int]] = []
    for i in np.flatnonzero(heights > 0).tolist():
        if groups and lengths[i] < _SEPARATE * lengths[groups[-1][-1]]:
            groups[-1].append(i)
        else:
            groups.append([i])
    sums = np.array([heights[group].sum() for group in groups])
    slopes = np.array([(heights[g] / lengths[g] ** 2).sum() for g in groups])
    return np.sqrt(sums / slopes), sums
