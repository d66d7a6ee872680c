"""What a Markov model of a slow variable can reach: closure, lag and floor.

A generator that knows only the present state takes successive increments for
independent. They are not quite, since the fast noise that drives them has a memory.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import root_scalar

from msbook._validation import check_between, check_number, check_positive, real_array
from msbook.metrics.checks import check_trajectories

_SHORT, _SHORTEST = 1e-5, 1e-40  # lags, in correlation times


def closure_bias(rate: ArrayLike, dt: ArrayLike) -> NDArray[np.float64]:
    r"""Relative error of the standard deviation that a Markov closure makes.

    Let the slow increments be integrals of a noise :math:`\xi` of correlation
    :math:`E[\xi(0)\,\xi(t)] = D k\,e^{-k\lvert t \rvert}`. One over the lag
    :math:`\Delta` has the variance

    .. math:: \int_0^\Delta\!\!\int_0^\Delta D k\,e^{-k \lvert s-t \rvert}\,ds\,dt
              = 2 D \Delta \Bigl(1 - \frac{1 - e^{-r}}{r}\Bigr), \qquad r = k\Delta ,

    while that of :math:`n` increments together grows as :math:`2 D n \Delta`. A model
    that takes them for independent has :math:`n` times the variance of one, and so

    .. math:: \frac{\mathrm{std}_\mathrm{model}}{\mathrm{std}_\mathrm{true}} - 1
              = \sqrt{1 - \frac{1 - e^{-r}}{r}} - 1 \approx -\frac{1}{2 r} .

    This takes for granted that a state tells nothing of the noise, as where the
    density of the data is flat. In stationary data it does: the past noise has pushed
    the state to where it is. Then the standard deviation comes out right and the
    relaxation too slow, by the square of the factor above.

    Parameters
    ----------
    rate : float or array
        :math:`k`, per unit of time; infinite for white noise.
    dt : float or array
        Lag :math:`\Delta`, in the same unit of time.

    Returns
    -------
    ndarray
        The error, between -1 and 0: the model is too quiet. No training mends it, only
        a longer lag or a memory does.

    Raises
    ------
    ValueError
        If a rate or a lag is not positive.

    Examples
    --------
    >>> float(closure_bias(2 / 0.005, 0.01).round(3))
    -0.131
    """
    r = _positive("rate", rate) * _positive("dt", dt)
    lost = np.log1p(np.expm1(-r) / np.maximum(r, _SHORT)) / 2.0
    # Where the difference is lost to rounding, its Taylor series.
    short = np.minimum(r, _SHORT)
    rest = np.sqrt(short / 2.0 - short**2 / 6.0)
    # No bias is 0.0, not -0.0, which would be printed with its sign.
    return np.where(r < _SHORT, rest - 1.0, np.expm1(lost))[()] + 0.0


def increment_correlation(rate: ArrayLike, dt: ArrayLike) -> NDArray[np.float64]:
    r"""Correlation of successive increments, for the noise of :func:`closure_bias`.

    .. math:: \rho = \frac{(1 - e^{-r})^2}{2\,(r - 1 + e^{-r})}, \qquad r = k\Delta

    Parameters
    ----------
    rate : float or array
        :math:`k`, per unit of time.
    dt : float or array
        Lag :math:`\Delta`.

    Returns
    -------
    ndarray
        Between 0 (white noise) and 1 (a lag that is far too short).

    Examples
    --------
    >>> float(increment_correlation(rate=100.0, dt=0.05).round(2))
    0.12
    """
    r = _positive("rate", rate) * _positive("dt", dt)
    decayed = -np.expm1(-r)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = decayed**2 / (2.0 * (r - decayed))
    # Where the difference is lost to rounding, its Taylor series.
    return np.where(r < _SHORT, 1.0 - 2.0 / 3.0 * r, found)[()]


def closure_rate(correlation: float | NDArray[np.float64], dt: float) -> float:
    """Decay rate that the correlation of successive increments tells.

    The inverse of :func:`increment_correlation`.

    Parameters
    ----------
    correlation : float
        Correlation of increments over successive lags; below 1.
    dt : float
        The lag.

    Returns
    -------
    float
        Rate per unit of time; infinite where the correlation is not positive.

    Examples
    --------
    >>> round(closure_rate(increment_correlation(100.0, 0.05), 0.05), 6)
    100.0
    """
    if not isinstance(correlation, Real) or not -np.inf < float(correlation) < 1:
        raise ValueError(
            f"correlation must be a number below 1; got {correlation!r:.60}."
        )
    dt, longest = check_positive("dt", dt), 1e6
    if correlation <= increment_correlation(longest, 1.0):
        return np.inf
    return _root(lambda r: increment_correlation(r, 1.0) - correlation, longest) / dt


def choose_lag(rate: float, bias: float = 0.02) -> float:
    r"""Shortest lag at which the Markov closure makes no larger error than asked for.

    About :math:`1 / (2 k\,\lvert \mathrm{bias} \rvert)`: at 2 % the lag must be 25
    correlation times.

    Parameters
    ----------
    rate : float
        :math:`k`, per unit of time.
    bias : float
        Largest relative error of the standard deviation, between 0 and 1.

    Returns
    -------
    float
        The lag, in the unit of time; 0 for white noise.

    Raises
    ------
    ValueError
        If an argument does not fit.

    Examples
    --------
    >>> round(choose_lag(rate=100.0), 3)
    0.253

    References
    ----------
    See :func:`closure_bias`.
    """
    rate = check_number("rate", rate, np.finfo(float).tiny, np.inf)
    bias = check_between("bias", bias, np.finfo(float).tiny, 1.0)
    return _root(lambda r: closure_bias(r, 1.0) + bias, 1.0 / bias) / rate


def _root(function: Callable[[float], Any], largest: float) -> float:
    """Lag in correlation times, found by its logarithm: it may be of any size."""
    bracket = np.log([_SHORTEST, largest])

    def at_lag(logarithm: float) -> Any:
        return function(np.exp(logarithm))

    return float(np.exp(root_scalar(at_lag, bracket=bracket).root))


def shuffled_std(trajectories: ArrayLike) -> NDArray[np.float64]:
    r"""Spread over time if the increments of an ensemble were independent.

    .. math:: s_n^2 = \operatorname{var} q_0
              + \sum_{i=1}^{n} \operatorname{var}(q_i - q_{i-1})

    This is what shuffling each increment among the trajectories would give, on the
    average over all shuffles, and what the best Markov model has where the law of the
    increments does not depend on the state. Bring the states to such a coordinate
    first, as :math:`\log x` is for :func:`msbook.systems.skew_product`.

    Parameters
    ----------
    trajectories : array, shape (n_traj, n_time) or (n_traj, n_time, dim)
        Independent trajectories at the same times.

    Returns
    -------
    ndarray, shape (n_time,) or (n_time, dim)
        Standard deviations, in the units of the trajectories.

    Raises
    ------
    ValueError
        For trajectories that are empty, not finite or of another shape.

    Examples
    --------
    Increments that are all alike would, if independent, spread by the root of time:

    >>> import numpy as np
    >>> speed = np.random.default_rng(0).normal(size=(1000, 1))
    >>> straight = speed * np.arange(5)
    >>> (shuffled_std(straight)[1:] / straight.std(axis=0)[1:]).round(2)
    array([1.  , 0.71, 0.58, 0.5 ])
    """
    paths = check_trajectories(trajectories)
    variances = np.diff(paths, axis=1).var(axis=0)
    first = paths[:, :1].var(axis=0)
    return np.sqrt(np.concatenate([first, first + np.cumsum(variances, axis=0)]))


def statistical_floor(
    relaxation_rate: ArrayLike, t_observed: ArrayLike
) -> NDArray[np.float64]:
    r"""Least error of a mean that a finite time of observation allows.

    .. math:: \frac{\mathrm{error}}{\mathrm{std}} \approx \sqrt{\frac{2}{\theta T}}

    For a stationary process with the correlation :math:`e^{-\theta t}` the average
    over :math:`T` has the variance :math:`2 \operatorname{var}(q) / (\theta T)`; a
    model learns its mean from no more than that.

    Parameters
    ----------
    relaxation_rate : float or array
        :math:`\theta`, per unit of time.
    t_observed : float or array
        :math:`T`, of all trajectories together: independent pairs times lag.

    Returns
    -------
    ndarray
        Standard error of the mean over the standard deviation.

    Raises
    ------
    ValueError
        If a rate or a time is not positive.

    Examples
    --------
    >>> float(statistical_floor(1.0, 400.0).round(3))  # 40 000 pairs, 0.01 apart
    0.071

    References
    ----------
    Sokal (1997).
    """
    theta = _positive("relaxation_rate", relaxation_rate)
    return np.sqrt(2.0 / (theta * _positive("t_observed", t_observed)))


def _positive(name: str, value: ArrayLike) -> NDArray[np.float64]:
    array = real_array(name, value)
    if not array.size or not (array > 0).all():
        raise ValueError(f"{name} must be positive; got {value!r:.60}.")
    return array
