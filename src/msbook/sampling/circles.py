"""Whether the slow manifold goes round, found from its points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_positive, finite_array

_SECTORS = 24
_SMALLEST_HOLE = 0.25


@dataclass(frozen=True)
class Circle:
    """A circle in space, and axes to go with it.

    Attributes
    ----------
    centre : ndarray, shape (dim,)
        Its centre.
    radius : float
        Its radius, in the unit of the coordinates.
    axes : ndarray, shape (dim, dim)
        Orthonormal rows; the first two span its plane.
    """

    centre: np.ndarray
    radius: float
    axes: np.ndarray

    def __post_init__(self) -> None:
        check_positive("radius", self.radius)
        centre, axes = (
            finite_array("centre", self.centre),
            finite_array("axes", self.axes),
        )
        if centre.ndim != 1 or not centre.size or axes.shape != 2 * centre.shape:
            raise ValueError(
                "centre and axes must have shapes (dim,) and (dim, dim); got "
                f"{centre.shape} and {axes.shape}."
            )


def find_circle(points: ArrayLike) -> Circle | None:
    r"""Find the circle that points go round, if they go round one.

    The plane is that of the two leading principal components. In it the circle is the
    least-squares solution of

    .. math:: \lVert u_m \rVert^2 = 2\, c \cdot u_m + (\rho^2 - \lVert c \rVert^2),

    which is linear in :math:`c` and the bracket, and does not mind if one part of the
    circle holds more points than another. Points go round it if every one of 24
    sectors holds some of them and the middle is empty: 99 in a hundred are further
    than a quarter of the radius from the centre.

    A slow variable of such points is an angle, and no continuous function gives its
    value: ``SlowMap(coordinates="auto")`` takes coordinates that go round themselves.

    Parameters
    ----------
    points : array, shape (n_points, dim)
        Points of a slow manifold, such as projections; ``dim`` at least 2.

    Returns
    -------
    Circle or None
        None if the points do not go round.

    Raises
    ------
    ValueError
        If points are not finite or not of such a shape.

    Examples
    --------
    >>> import numpy as np
    >>> angle = np.linspace(0, 6.2, 200)
    >>> ring = np.column_stack([np.cos(angle), np.zeros(200), 3 + np.sin(angle)])
    >>> circle = find_circle(ring)
    >>> bool(np.allclose(circle.centre, [0, 0, 3])), round(circle.radius, 6)
    (True, 1.0)
    >>> find_circle(ring[:150]) is None
    True

    References
    ----------
    Kåsa (1976), A circle fitting procedure and its error analysis. The question is
    that of Zieliński & Hesthaven (2022), section 5.2.1.
    """
    points = finite_array("points", points)
    if points.ndim != 2 or points.shape[1] < 2 or not len(points):
        raise ValueError(
            "points must be of shape (n_points, dim) with dim at least 2; got "
            f"shape {points.shape}."
        )
    mean = points.mean(axis=0)
    # Of few points too, all axes; of many, no matrix of points by points.
    few = len(points) < points.shape[1]
    axes = np.linalg.svd(points - mean, full_matrices=few)[2]
    u = (points - mean) @ axes[:2].T
    columns = np.column_stack([2.0 * u, np.ones(len(u))])
    found = cast(NDArray[Any], np.linalg.lstsq(columns, (u**2).sum(axis=1))[0])
    centre, constant = found[:-1], found[-1]
    radius = np.sqrt(constant + np.dot(centre, centre))
    v = u - centre
    sectors = np.floor(np.arctan2(v[:, 1], v[:, 0]) * _SECTORS / (2.0 * np.pi))
    hole = np.quantile(np.hypot(*v.T), 0.01)
    if len(np.unique(sectors % _SECTORS)) < _SECTORS or hole < _SMALLEST_HOLE * radius:
        return None
    return Circle(mean + centre @ axes[:2], float(radius), axes)
