"""Multiscale systems whose fast components average out, at the scale ε."""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook.equations.parameters import check_positive
from msbook.equations.sde import SDE
from msbook.systems.multiscale.base import Multiscale
from msbook.systems.slow_fast.periodic import PeriodicSlowFast


def _skew_product_drift(t: Any, y: Any, p: Any) -> Any:
    decay, _noise, eps = p
    return (1.0 - y[1] * y[1]) * y[0], -decay * y[1] / eps


def _skew_product_diffusion(t: Any, y: Any, p: Any) -> Any:
    _decay, noise, eps = p
    return 0.0, np.sqrt(2.0 * noise / eps)


def _skew_product_effective_drift(t: Any, x: Any, p: Any) -> Any:
    variance, strength = p
    return ((1.0 - variance + 0.5 * strength * strength) * x[0],)


def _skew_product_effective_diffusion(t: Any, x: Any, p: Any) -> Any:
    _variance, strength = p
    return (strength * x[0],)


def skew_product(
    decay: float = 1.0, noise: float = 2.4, eps: float = 5e-3
) -> Multiscale:
    r"""Growth rate that a fast noise decides.

    .. math:: \dot x = (1 - y^2)\,x, \qquad
              dy = -\frac\alpha\varepsilon\, y\,dt
                   + \sqrt{\frac{2\lambda}{\varepsilon}}\,dW

    With :math:`v = \lambda/\alpha`, the variance of :math:`y`, the effective equation
    is, in Stratonovich's form,

    .. math:: dX = (1 - v)\,X\,dt + v \sqrt{2\varepsilon/\alpha}\; X \circ dW .

    The correlation of :math:`y^2`, which drives :math:`\log x`, decays at the rate
    :math:`2\alpha/\varepsilon`. Over a short lag the law of :math:`\log x` is far
    from normal: its skewness is negative.

    Parameters
    ----------
    decay : float
        :math:`\alpha`, per unit of time.
    noise : float
        :math:`\lambda`.
    eps : float
        Scale separation.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> skew_product(eps=0.01).closure_rate
    200.0

    References
    ----------
    Chen & Xiu (2024), example 1.
    """
    check_positive(decay=decay, noise=noise, eps=eps)
    variance = noise / decay
    return Multiscale(
        fine=SDE(
            _skew_product_drift,
            _skew_product_diffusion,
            y0=(1.5, 0.0),
            parameters=(decay, noise, eps),
            rates=(0.0, decay / eps),
        ),
        n_slow=1,
        effective=SDE(
            _skew_product_effective_drift,
            _skew_product_effective_diffusion,
            y0=(1.5,),
            parameters=(variance, variance * np.sqrt(2.0 * eps / decay)),
        ),
        closure_rate=2.0 * decay / eps,
        relaxation_time=eps / decay,
        fine_dt=eps / (32.0 * decay),
        low=(-1.5, -1.0),
        high=(2.0, 1.6),
        t_end=4.0,
    )


def _exponential_mean_drift(t: Any, y: Any, p: Any) -> Any:
    (eps,) = p
    return 1.0 - y[0] + y[1], (np.exp(-y[0]) - y[1]) / eps


def _exponential_mean_diffusion(t: Any, y: Any, p: Any) -> Any:
    (eps,) = p
    return 0.0, np.sqrt(2.0 / eps)


def _exponential_mean_effective_drift(t: Any, x: Any, p: Any) -> Any:
    return (1.0 - x[0] + np.exp(-x[0]),)


def _exponential_mean_effective_diffusion(t: Any, x: Any, p: Any) -> Any:
    (eps,) = p
    return (np.sqrt(2.0 * eps),)


def exponential_mean(eps: float = 1e-3) -> Multiscale:
    r"""Fast component around a mean that falls exponentially with the slow one.

    .. math:: \dot x = 1 - x + y, \qquad
              dy = \frac{e^{-x} - y}{\varepsilon}\,dt
                   + \sqrt{\frac{2}{\varepsilon}}\,dW

    The effective equation is
    :math:`dX = (1 - X + e^{-X})\,dt + \sqrt{2\varepsilon}\,dW`.

    Parameters
    ----------
    eps : float
        Scale separation.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> exponential_mean().effective.drift(0.0, [[0.0]])
    array([[2.]])

    References
    ----------
    Chen & Xiu (2024), example 2.
    """
    check_positive(eps=eps)
    return Multiscale(
        fine=SDE(
            _exponential_mean_drift,
            _exponential_mean_diffusion,
            y0=(1.5, 0.0),
            parameters=(eps,),
            rates=(1.0, 1.0 / eps),
        ),
        n_slow=1,
        effective=SDE(
            _exponential_mean_effective_drift,
            _exponential_mean_effective_diffusion,
            y0=(1.5,),
            parameters=(eps,),
        ),
        closure_rate=1.0 / eps,
        relaxation_time=eps,
        fine_dt=0.4 * eps,
        low=(-1.5, -4.0),
        high=(2.0, 4.0),
        t_end=4.0,
    )


def _periodic_effective_drift(t: Any, y: Any, p: Any) -> Any:
    return (np.exp(-0.25) * np.sin(np.sin(y[0])),)


def _periodic_effective_diffusion(t: Any, y: Any, p: Any) -> Any:
    return (np.sqrt(1.0 + 0.5 * np.exp(-0.25) * np.sin(np.sin(y[0]))),)


def periodic_drift(eps: float = 1e-2) -> Multiscale:
    r"""The hidden equations of :class:`PeriodicSlowFast`, slow angle first.

    With :math:`m(Y) = e^{-1/4} \sin\sin Y`, the mean of :math:`\sin Z` over a fibre,
    the effective equation is

    .. math:: dY = m(Y)\,dt + \sqrt{1 + \tfrac12 m(Y)}\,dW .

    It has the period :math:`2\pi`; trajectories are not wrapped.

    Parameters
    ----------
    eps : float
        Scale separation.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> periodic_drift().closure_rate  # white noise drives the increments
    inf

    References
    ----------
    Zieliński & Hesthaven (2022), eq. (8).
    """
    return Multiscale(
        fine=PeriodicSlowFast(eps).hidden,
        n_slow=1,
        effective=SDE(
            _periodic_effective_drift, _periodic_effective_diffusion, y0=(0.0,)
        ),
        closure_rate=np.inf,
        relaxation_time=eps,
        fine_dt=0.02,  # exact fast steps need not resolve eps
        low=(-np.pi, -1.0),
        high=(np.pi, 1.0),
        x0=(1.0,),
        t_end=4.0,
    )
