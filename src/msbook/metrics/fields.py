"""Errors of functions and of fields that were learnt."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._validation import check_positive, finite_array, real_array

_LEAST_DENSITY = 1e-3  # of its maximum


def potential_error(
    predicted: ArrayLike, reference: ArrayLike, temperature: float = 1.0
) -> float:
    r"""Root-mean-square error of a potential where its Gibbs law lives.

    .. math:: \min_c \Bigl( \frac1n \sum_{i} (\hat U(q_i) - U(q_i) - c)^2 \Bigr)^{1/2}
              \quad\text{over}\quad e^{-(U(q_i) - \min U)/T} > 10^{-3} .

    The constant :math:`c`, which no dynamics can tell, is the mean difference. Points
    that the dynamics hardly ever visits do not count.

    Parameters
    ----------
    predicted, reference : array_like, of the same shape
        Values of the two potentials at the same points, evenly spread over a region
        that holds the Gibbs law, such as a grid.
    temperature : float
        :math:`T`, in the unit of the potentials.

    Returns
    -------
    float
        In the unit of the potentials.

    Raises
    ------
    ValueError
        When the shapes differ, the temperature is not positive, or a value that
        counts is not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import potential_error
    >>> q = np.linspace(-5, 5, 101)
    >>> round(potential_error(3 + q**2 / 2 + 0.1 * np.sign(q), q**2 / 2), 2)
    0.1
    """
    learnt, truth = (
        real_array("predicted", predicted),
        real_array("reference", reference),
    )
    if learnt.shape != truth.shape or not truth.size:
        raise ValueError(
            "predicted and reference must be given at the same points; got shapes "
            f"{learnt.shape} and {truth.shape}."
        )
    temperature = check_positive("temperature", temperature)
    known = truth[~np.isnan(truth)]
    if not known.size or not np.isfinite(known.min()):
        raise ValueError(
            "reference must have a finite least value; got "
            + ("NaN only." if not known.size else f"{known.min()}.")
        )
    counts = truth - known.min() < -temperature * np.log(_LEAST_DENSITY)
    difference = (learnt - truth)[counts]
    if not np.isfinite(difference).all():
        raise ValueError(
            "predicted must be finite where the density of reference counts; got "
            f"{np.count_nonzero(~np.isfinite(difference))} of {difference.size} values "
            "that are not. Compare on points that both potentials know."
        )
    return float(np.std(finite_array("predicted - reference", difference)))


def normalised_absolute_difference(
    predicted: ArrayLike, truth: ArrayLike
) -> NDArray[np.float64]:
    r"""Mean distance of two fields over space, by the range of the truth.

    .. math:: \mathrm{NAD}(t_j) = \frac{1}{N_x} \sum_{i=1}^{N_x}
              \frac{|y(x_i, t_j) - \hat y(x_i, t_j)|}
                   {\max_{i,j} y(x_i, t_j) - \min_{i,j} y(x_i, t_j)}

    The range is that of a whole trajectory, over space and time. Take fields of
    different ranges, such as an activator and an inhibitor, one after the other.

    Parameters
    ----------
    predicted, truth : array_like, of the same shape (..., n_time, n_x)
        Fields.

    Returns
    -------
    ndarray, shape (..., n_time)
        A share of the range; not finite where the prediction is not.

    Raises
    ------
    ValueError
        When the shapes differ or lack an axis, or the truth is constant or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import normalised_absolute_difference
    >>> truth = np.array([[0.0, 1.0], [2.0, 4.0]])
    >>> normalised_absolute_difference(truth + 0.4, truth)
    array([0.1, 0.1])

    References
    ----------
    Vlachas et al. (2020), eq. (22).
    """
    forecast, field = _check_fields(predicted, truth)
    span = np.ptp(field, axis=(-2, -1))[..., None]
    with np.errstate(over="ignore", invalid="ignore"):
        return np.abs(forecast - field).mean(axis=-1) / span


def mean_normalised_absolute_difference(
    predicted: ArrayLike, truth: ArrayLike
) -> NDArray[np.float64]:
    r"""Mean over time of :func:`normalised_absolute_difference`.

    .. math:: \mathrm{MNAD} = \frac{1}{N_T} \sum_{j=1}^{N_T} \mathrm{NAD}(t_j)

    Parameters
    ----------
    predicted, truth : array_like, of the same shape (..., n_time, n_x)
        Fields.

    Returns
    -------
    ndarray, shape (...)
        One for each trajectory.

    Raises
    ------
    ValueError
        When the shapes differ or lack an axis, or the truth is constant or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import mean_normalised_absolute_difference
    >>> truth = np.array([[0.0, 1.0], [2.0, 4.0]])
    >>> float(mean_normalised_absolute_difference(truth + [[0.4], [1.2]], truth))
    0.2

    References
    ----------
    Vlachas et al. (2020), eq. (23).
    """
    return normalised_absolute_difference(predicted, truth).mean(axis=-1)


def valid_prediction_time(
    predicted: ArrayLike, truth: ArrayLike, dt: float, threshold: float = 0.1
) -> NDArray[np.float64]:
    """Time at which the normalised absolute difference first exceeds a threshold.

    Parameters
    ----------
    predicted, truth : array_like, of the same shape (..., n_time, n_x)
        A forecast and what came; the first sample lies ``dt`` after its start.
    dt : float
        Time between two samples.
    threshold : float
        Share of the range of the truth, see :func:`normalised_absolute_difference`.

    Returns
    -------
    ndarray, shape (...)
        In the unit of ``dt``. A forecast that never exceeds the threshold is given its
        horizon, ``n_time * dt``; one that stops being finite has exceeded it.

    Raises
    ------
    ValueError
        When the fields do not fit, or ``dt`` or the threshold is not positive.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import valid_prediction_time
    >>> truth = np.array([[0.0, 1.0], [2.0, 4.0], [1.0, 2.0]])
    >>> float(valid_prediction_time(truth + [[0.1], [0.6], [0.2]], truth, dt=0.5))
    1.0
    """
    dt, threshold = check_positive("dt", dt), check_positive("threshold", threshold)
    difference = normalised_absolute_difference(predicted, truth)
    within = np.logical_and.accumulate(difference <= threshold, axis=-1)
    n_time = difference.shape[-1]
    return dt * np.minimum(within.sum(axis=-1) + 1, n_time)


def _check_fields(
    predicted: ArrayLike, truth: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    forecast, field = real_array("predicted", predicted), finite_array("truth", truth)
    if forecast.shape != field.shape or field.ndim < 2 or not field.size:
        raise ValueError(
            "predicted and truth must have the same shape (..., n_time, n_x) and not "
            f"be empty; got {forecast.shape} and {field.shape}."
        )
    span = np.ptp(field, axis=(-2, -1))
    if not (span > 0).all():
        raise ValueError(
            "truth must not be constant along a trajectory, since its range is the "
            f"unit of the error; got {np.count_nonzero(~(span > 0))} of {span.size} "
            "that are. Leave them out."
        )
    return forecast, field
