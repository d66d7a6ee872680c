"""How well the level sets of a slow map follow the fast fibres."""

from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_flag, finite_array


@runtime_checkable
class HasJacobian(Protocol):
    """A map that can be differentiated, such as a fitted ``SlowMap``."""

    def jacobian(self, X: ArrayLike, /) -> NDArray[np.float64]:
        """Derivatives at points, shape (n, n_slow, dim)."""
        ...


def fast_directions(covariance: ArrayLike, n_fast: int) -> NDArray[np.float64]:
    r"""Directions in which the noise is large.

    Eigenvectors of :math:`\sigma(x) = \nu(x) \nu(x)^T` to its largest eigenvalues;
    they span the tangent space of the fast fibre through :math:`x`.

    Parameters
    ----------
    covariance : array_like, shape (n, dim, dim)
        Local noise covariances.
    n_fast : int
        How many directions are fast.

    Returns
    -------
    ndarray, shape (n, dim, n_fast)
        Orthonormal columns, largest eigenvalue last.

    References
    ----------
    Zieliński & Hesthaven (2022), section 6.2.1.
    """
    sigma = _covariances(covariance)
    dim = sigma.shape[-1]
    if not check_count("n_fast", n_fast) <= dim:
        raise ValueError(f"n_fast must lie between 1 and dim = {dim}; got {n_fast}.")
    return np.linalg.eigh(sigma).eigenvectors[..., dim - n_fast :]


def principal_angles(a: ArrayLike, b: ArrayLike) -> NDArray[np.float64]:
    r"""Principal angles between the column spaces of two stacks of matrices.

    With orthonormal bases :math:`Q_a, Q_b` of the spaces, and the smaller space taken
    as :math:`b`, the angles have the singular values of :math:`Q_a^T Q_b` as cosines
    and those of :math:`(I - Q_a Q_a^T) Q_b` as sines. The first serve for large angles
    and the second for small ones, so that either keep full precision.

    Parameters
    ----------
    a, b : array_like, shapes (..., dim, p) and (..., dim, q)
        Columns span the spaces; they must be linearly independent.

    Returns
    -------
    ndarray, shape (..., min(p, q))
        Degrees, from the largest to the smallest, as in
        :func:`scipy.linalg.subspace_angles`, which takes one pair.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import principal_angles
    >>> principal_angles([[1.0], [0.0]], [[1.0], [1.0]]).round(6)
    array([45.])

    References
    ----------
    Knyazev and Argentati (2002).
    """
    spaces = finite_array("a", a), finite_array("b", b)
    for name, space in zip("ab", spaces, strict=True):
        columns = space.shape[-1] if space.ndim > 1 else 0
        if not space.size or not 1 <= columns <= space.shape[-2]:
            raise ValueError(
                f"{name} must have shape (..., dim, p) with no more columns than dim; "
                f"got {space.shape}."
            )
    if spaces[0].shape[-2] != spaces[1].shape[-2]:
        raise ValueError(
            "a and b must have columns of one length; got shapes "
            f"{spaces[0].shape} and {spaces[1].shape}."
        )
    first, second = (np.linalg.qr(space).Q for space in spaces)
    if first.shape[-1] < second.shape[-1]:
        first, second = second, first
    overlap = np.swapaxes(first, -1, -2) @ second
    cosines = np.linalg.svd(overlap, compute_uv=False)[..., ::-1]
    sines = np.linalg.svd(second - first @ overlap, compute_uv=False)
    angles = np.where(
        2 * cosines**2 > 1,
        np.arcsin(np.clip(sines, 0, 1)),
        np.arccos(np.clip(cosines, 0, 1)),
    )
    return np.rad2deg(angles)


def fibre_angle(
    slow_map: HasJacobian | ArrayLike, x: ArrayLike, covariance: ArrayLike
) -> NDArray[np.float64]:
    r"""Angle in degrees between the level sets of a slow map and the fast fibres.

    The largest principal angle between the null space of the Jacobian, which is
    tangent to the level set, and the :math:`D - D^s` fast directions. It vanishes for
    a slow map, to the order of the ratio of slow and fast noise, and is the same for
    all slow maps: composing one with a diffeomorphism leaves its level sets alone.

    Parameters
    ----------
    slow_map : object with a method ``jacobian``, or array_like
        The map, or its Jacobians at ``x``, shape (n, n_slow, dim).
    x : array_like, shape (n, dim)
        Points at which to compare.
    covariance : array_like, shape (n, dim, dim)
        Local noise covariances at these points.

    Returns
    -------
    ndarray, shape (n,)
        Degrees, from 0 to 90; 90 also where the Jacobian lacks full rank and the
        level set is no manifold of the right dimension.

    Raises
    ------
    ValueError
        When shapes do not fit together.

    Examples
    --------
    The map :math:`y = x^1 - (x^2)^2` is slow for noise along :math:`(2 x^2, 1)`:

    >>> import numpy as np
    >>> from msbook.metrics import fibre_angle
    >>> x = np.array([[0.5, 0.3], [1.0, -2.0]])
    >>> fibre = np.stack((2 * x[:, 1], np.ones(2)), axis=-1)
    >>> covariance = 1e3 * fibre[:, :, None] * fibre[:, None, :] + np.diag([1.0, 0.0])
    >>> jacobian = np.stack((np.ones(2), -2 * x[:, 1]), axis=-1)[:, None, :]
    >>> bool(np.all(fibre_angle(jacobian, x, covariance) < 0.1))
    True
    """
    jacobian, sigma = _jacobian_and_covariance(slow_map, x, covariance)
    n_slow = jacobian.shape[1]
    # Two subspaces and their complements share the angles that are not zero, so the
    # rows of the Jacobian against the slow directions spare the null space.
    slow = np.linalg.eigh(sigma).eigenvectors[:, :, :n_slow]
    largest = principal_angles(np.swapaxes(jacobian, 1, 2), slow)[:, 0]
    return np.where(np.linalg.matrix_rank(jacobian) == n_slow, largest, 90.0)


def orthogonality_error(
    slow_map: HasJacobian | ArrayLike,
    x: ArrayLike,
    covariance: ArrayLike,
    *,
    scaled: bool = True,
) -> NDArray[np.float64]:
    r"""Lack of orthogonality between encoder gradients and fast directions.

    .. math:: E(x) = \frac{1}{\sqrt D} \bigl\lVert U^T U - I \bigr\rVert_F, \qquad
              U(x) = \bigl[ V^f(x) \mid J(x)^T \bigr],

    with the fast directions :math:`V^f` as columns and each gradient, a row of
    :math:`J`, brought to unit length. Gradients are not made orthogonal to one
    another, so with several slow variables the error depends on the slow map that was
    found; :func:`fibre_angle` does not.

    Parameters
    ----------
    slow_map : object with a method ``jacobian``, or array_like
        The map, or its Jacobians at ``x``, shape (n, n_slow, dim).
    x : array_like, shape (n, dim)
        Points at which to compare.
    covariance : array_like, shape (n, dim, dim)
        Local noise covariances at these points.
    scaled : bool
        Whether to divide by :math:`\sqrt D`, as in the printed formula. The values
        of the paper's figure 13 lack this factor.

    Returns
    -------
    ndarray, shape (n,)

    Raises
    ------
    ValueError
        When shapes do not fit together, or a gradient vanishes.

    References
    ----------
    Zieliński & Hesthaven (2022), eq. (21).
    """
    check_flag("scaled", scaled)
    jacobian, sigma = _jacobian_and_covariance(slow_map, x, covariance)
    n_slow, dim = jacobian.shape[1:]
    lengths = np.linalg.norm(jacobian, axis=2, keepdims=True)
    if not lengths.all():
        raise ValueError(
            "slow_map must have gradients that do not vanish, or they have no "
            f"direction; got {np.count_nonzero(~lengths.all(axis=(1, 2)))} of "
            f"{len(jacobian)} points where one does. Leave them out."
        )
    gradients = np.swapaxes(jacobian / lengths, 1, 2)
    u = np.concatenate((fast_directions(sigma, dim - n_slow), gradients), axis=2)
    error = np.linalg.norm(np.swapaxes(u, 1, 2) @ u - np.eye(dim), axis=(1, 2))
    return error / np.sqrt(dim) if scaled else error


def _jacobian_and_covariance(
    slow_map: HasJacobian | ArrayLike, x: ArrayLike, covariance: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    points = finite_array("x", x)
    if isinstance(slow_map, HasJacobian):
        slow_map = slow_map.jacobian(points)
    jacobian = finite_array("slow_map, its Jacobians,", slow_map)
    sigma = _covariances(covariance)
    n, dim = sigma.shape[:2]
    if (
        points.shape != (n, dim)
        or jacobian.ndim != 3
        or jacobian.shape[::2] != (n, dim)
    ):
        raise ValueError(
            "x (n, dim), the Jacobians of slow_map (n, n_slow, dim) and covariance "
            f"(n, dim, dim) must fit together; got {points.shape}, {jacobian.shape} "
            f"and {sigma.shape}."
        )
    if not 1 <= jacobian.shape[1] < dim:
        raise ValueError(
            f"slow_map must have 1 to {dim - 1} slow variables of {dim} coordinates; "
            f"got {jacobian.shape[1]}."
        )
    return jacobian, sigma


def _covariances(covariance: ArrayLike) -> NDArray[np.float64]:
    sigma = finite_array("covariance", covariance)
    if sigma.ndim != 3 or sigma.shape[1] != sigma.shape[2] or not sigma.size:
        raise ValueError(
            f"covariance must have shape (n, dim, dim); got {sigma.shape}. For one "
            "matrix use covariance[None]."
        )
    return sigma
