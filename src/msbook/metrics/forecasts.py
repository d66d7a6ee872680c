"""How far a forecast is off: at each time, at each particle, in all."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_count, check_flag, finite_array, real_array


def snapshot_error(
    predicted: ArrayLike, truth: ArrayLike, *, relative: bool = False
) -> NDArray[np.float64]:
    r"""Norm of the error of each snapshot.

    .. math:: e_\mathrm{s}(t_j) = \Bigl( \sum_{c} \sum_{i}
              \bigl(\hat u_c(x_i, t_j) - u_c(x_i, t_j)\bigr)^2 \Bigr)^{1/2}

    The sums run over the fields :math:`c` and the particles :math:`i`, which are the
    points of a grid; a single sequence has one particle, and its fields are its
    components.

    Parameters
    ----------
    predicted, truth : array_like, of the same shape (..., n_time, dim)
        A forecast and what came.
    relative : bool
        Whether errors are shares of the root mean square, over time, of the norm of a
        snapshot of the truth. It is not the norm at the same time, since a medium at
        rest has none.

    Returns
    -------
    ndarray, shape (..., n_time)
        In the unit of the states, or a share; not finite where the forecast is not.

    Raises
    ------
    ValueError
        When the shapes differ, the truth is not finite, or it has no size that errors
        could be a share of.

    Examples
    --------
    >>> from msbook.metrics import snapshot_error
    >>> truth = [[[3.0, 4.0], [0.0, 0.0]]]
    >>> snapshot_error([[[0.0, 0.0], [0.0, 2.0]]], truth)
    array([[5., 2.]])

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), section 4.4.
    """
    check_flag("relative", relative)
    forecast, states = _check_sequences(predicted, truth)
    errors = np.linalg.norm(forecast - states, axis=-1)
    if not relative:
        return errors
    return errors / _size(np.linalg.norm(states, axis=-1))


def particle_error(
    predicted: ArrayLike, truth: ArrayLike, n_fields: int = 1, *, relative: bool = False
) -> NDArray[np.float64]:
    r"""Norm over time of the error at each particle, a quadratic mean over its fields.

    .. math:: e_\mathrm{p}(x_i) = \Bigl( \frac1C \sum_{c=1}^{C} \sum_j
              \bigl(\hat u_c(x_i, t_j) - u_c(x_i, t_j)\bigr)^2 \Bigr)^{1/2}

    For a single sequence the report has the sum in place of the mean, a factor
    :math:`\sqrt C` more (:doc:`/book/reference/errata`).

    Parameters
    ----------
    predicted, truth : array_like, of the same shape (..., n_time, n_fields n_particles)
        A forecast and what came; first all particles of one field, then of the next.
    n_fields : int
        Number :math:`C` of fields. A single sequence has as many as components, and
        one particle.
    relative : bool
        Whether errors are shares of the root mean square, over particles, of the same
        norm of the truth.

    Returns
    -------
    ndarray, shape (..., n_particles)
        In the unit of the states, or a share; not finite where the forecast is not.

    Raises
    ------
    ValueError
        When the shapes differ, the truth is not finite, or it has no size that errors
        could be a share of; or when it does not consist of ``n_fields``.

    Examples
    --------
    >>> from msbook.metrics import particle_error
    >>> truth = [[[3.0, 4.0], [0.0, 0.0]]]
    >>> particle_error([[[0.0, 0.0], [0.0, 3.0]]], truth)
    array([[3., 5.]])

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), section 4.4.
    """
    check_flag("relative", relative)
    forecast, states = _check_sequences(predicted, truth)
    dim = states.shape[-1]
    if dim % check_count("n_fields", n_fields):
        raise ValueError(
            f"n_fields must divide the {dim} components of a state; got {n_fields}."
        )
    shape = (*states.shape[:-1], n_fields, -1)
    squares = ((forecast - states) ** 2).reshape(shape)
    errors = np.sqrt(squares.sum(axis=-3).mean(axis=-2))
    if not relative:
        return errors
    truth_squares = (states**2).reshape(shape).sum(axis=-3).mean(axis=-2)
    return errors / _size(np.sqrt(truth_squares))


def model_error(
    predicted: ArrayLike, truth: ArrayLike, *, relative: bool = False
) -> NDArray[np.float64]:
    r"""Norm of the error of a whole forecast.

    .. math:: e_\mathrm{m} = \Bigl( \sum_j e_\mathrm{s}(t_j)^2 \Bigr)^{1/2}
              = \Bigl( C \sum_i e_\mathrm{p}(x_i)^2 \Bigr)^{1/2}

    with :func:`snapshot_error` and :func:`particle_error`. It grows with the number of
    steps and of particles; as a share of the norm of the truth it does not.

    Parameters
    ----------
    predicted, truth : array_like, of the same shape (..., n_time, dim)
        A forecast and what came.
    relative : bool
        Whether the error is a share of the norm of the truth,
        :math:`(\sum_{c,i,j} u_c(x_i, t_j)^2)^{1/2}`.

    Returns
    -------
    ndarray, shape (...)
        One for each trajectory, in the unit of the states, or a share; not finite
        where the forecast is not.

    Raises
    ------
    ValueError
        When the shapes differ, the truth is not finite, or it has no size that errors
        could be a share of.

    Examples
    --------
    >>> from msbook.metrics import model_error
    >>> truth = [[[3.0, 4.0], [0.0, 0.0]]]
    >>> model_error([[[0.0, 0.0], [0.0, 12.0]]], truth)
    array([13.])
    >>> model_error([[[0.0, 0.0], [0.0, 12.0]]], truth, relative=True)
    array([2.6])

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), section 4.4.
    """
    check_flag("relative", relative)
    forecast, states = _check_sequences(predicted, truth)
    errors = np.linalg.norm(forecast - states, axis=(-2, -1))
    if not relative:
        return errors
    # A whole forecast is one norm, so there is nothing to take a mean over.
    return errors / _size(np.linalg.norm(states, axis=(-2, -1))[..., None])[..., 0]


def _size(norms: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean square of norms over the last axis, which stays."""
    size = np.sqrt((norms**2).mean(axis=-1, keepdims=True))
    if not (size > 0).all():
        raise ValueError(
            "truth must not be zero throughout, or no error is a share of it; got one "
            "that is. Use relative=False."
        )
    return size


def _check_sequences(
    predicted: ArrayLike, truth: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    forecast, states = real_array("predicted", predicted), finite_array("truth", truth)
    if forecast.shape != states.shape or states.ndim < 2 or not states.size:
        raise ValueError(
            "predicted and truth must have the same shape (..., n_time, dim) and not "
            f"be empty; got {forecast.shape} and {states.shape}."
        )
    return forecast, states
