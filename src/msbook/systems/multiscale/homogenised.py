"""Multiscale systems whose fast components become white noise, at the scale ε²."""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook.equations.parameters import check_positive
from msbook.equations.sde import SDE
from msbook.systems.multiscale.base import Multiscale


def _triad_drift(t: Any, y: Any, p: Any) -> Any:
    _sigma, eps = p
    return (
        -2.0 * y[1] * y[2] / eps,
        -y[1] / (eps * eps) + y[0] * y[2] / eps,
        -2.0 * y[2] / (eps * eps) + y[0] * y[1] / eps,
    )


def _triad_diffusion(t: Any, y: Any, p: Any) -> Any:
    sigma, eps = p
    return 0.0, sigma / eps, sigma / eps


def _triad_effective_drift(t: Any, x: Any, p: Any) -> Any:
    (sigma,) = p
    return (-0.5 * sigma * sigma * x[0],)


def _triad_effective_diffusion(t: Any, x: Any, p: Any) -> Any:
    (sigma,) = p
    return (sigma * sigma / np.sqrt(3.0),)


def triad(sigma: float = 1.0, eps: float = 1e-3**0.5) -> Multiscale:
    r"""Three modes that exchange energy, two of them fast.

    .. math:: \dot x &= -\frac{2}{\varepsilon}\,y_1 y_2, \\
              dy_1 &= \Bigl(-\frac{y_1}{\varepsilon^2}
                      + \frac{x y_2}{\varepsilon}\Bigr)dt
                      + \frac{\sigma}{\varepsilon}\,dW_1, \\
              dy_2 &= \Bigl(-\frac{2 y_2}{\varepsilon^2}
                      + \frac{x y_1}{\varepsilon}\Bigr)dt
                      + \frac{\sigma}{\varepsilon}\,dW_2

    The effective equation is an Ornstein–Uhlenbeck process,
    :math:`dX = -\tfrac12 \sigma^2 X\,dt + (\sigma^2/\sqrt3)\,dW`. The correlation of
    :math:`y_1 y_2` decays at the rate :math:`3/\varepsilon^2`.

    Parameters
    ----------
    sigma : float
        Strength of the noise.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> triad(sigma=2.0).effective.drift(0.0, [1.0])
    array([-2.])

    References
    ----------
    Chen & Xiu (2024), example 3. Majda, Timofeyev & Vanden-Eijnden (2001).
    """
    check_positive(sigma=sigma, eps=eps)
    return Multiscale(
        fine=SDE(
            _triad_drift,
            _triad_diffusion,
            y0=(1.0, 0.0, 0.0),
            parameters=(sigma, eps),
            rates=(0.0, eps**-2, 2.0 * eps**-2),
        ),
        n_slow=1,
        effective=SDE(
            _triad_effective_drift,
            _triad_effective_diffusion,
            y0=(1.0,),
            parameters=(sigma,),
            rates=(0.5 * sigma**2,),
        ),
        closure_rate=3.0 / eps**2,
        relaxation_time=eps**2,
        fine_dt=eps**2 / 40.0,
        low=(-2.0, -1.0, -1.0),
        high=(3.0, 1.0, 1.0),
        t_end=5.0,
    )


def _ornstein_uhlenbeck_drift(t: Any, y: Any, p: Any) -> Any:
    theta, sigma, eps = p
    return -theta * y[0] + sigma * y[1] / eps, -y[1] / (eps * eps)


def unit_noise(t: Any, y: Any, p: Any) -> Any:
    """Noise of a slow component without any, and of a fast one of variance 1."""
    eps = p[-1]
    return 0.0, np.sqrt(2.0) / eps


def relaxation(t: Any, x: Any, p: Any) -> Any:
    """Relaxation to zero at the rate that is the first parameter."""
    return (-p[0] * x[0],)


def white_noise(t: Any, x: Any, p: Any) -> Any:
    """White noise, of the strength that is the second parameter."""
    return (np.sqrt(2.0) * p[1],)


def slow_ornstein_uhlenbeck(
    theta: float = 1.0, sigma: float = 1.0, eps: float = 0.1
) -> Multiscale:
    r"""Linear relaxation that a fast Ornstein–Uhlenbeck process disturbs.

    .. math:: \dot x = -\theta x + \frac\sigma\varepsilon\,y, \qquad
              dy = -\frac{y}{\varepsilon^2}\,dt + \frac{\sqrt2}{\varepsilon}\,dW

    The effective equation is :math:`dX = -\theta X\,dt + \sqrt2\,\sigma\,dW`; all
    laws are normal, those of the full equations too.

    Parameters
    ----------
    theta : float
        Relaxation rate, per unit of time.
    sigma : float
        Strength of the noise.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> round(slow_ornstein_uhlenbeck(eps=0.1).closure_rate)
    100

    References
    ----------
    Pavliotis & Stuart (2008), chapter 11.
    """
    check_positive(theta=theta, sigma=sigma, eps=eps)
    return Multiscale(
        fine=SDE(
            _ornstein_uhlenbeck_drift,
            unit_noise,
            y0=(1.5, 0.0),
            parameters=(theta, sigma, eps),
            rates=(theta, eps**-2),
        ),
        n_slow=1,
        effective=SDE(
            relaxation,
            white_noise,
            y0=(1.5,),
            parameters=(theta, sigma),
            rates=(theta,),
        ),
        closure_rate=eps**-2,
        relaxation_time=eps**2,
        fine_dt=0.4 * eps**2,
        low=(-3.0, -2.0),
        high=(3.0, 2.0),
        t_end=4.0,
    )


def _double_well_drift(t: Any, y: Any, p: Any) -> Any:
    sigma, eps = p
    return y[0] - y[0] ** 3 + sigma * y[0] * y[1] / eps, -y[1] / (eps * eps)


def _double_well_effective_drift(t: Any, x: Any, p: Any) -> Any:
    (sigma,) = p
    return ((1.0 + sigma * sigma) * x[0] - x[0] ** 3,)


def _double_well_effective_diffusion(t: Any, x: Any, p: Any) -> Any:
    (sigma,) = p
    return (np.sqrt(2.0) * sigma * x[0],)


def noise_induced_drift(sigma: float = 0.5, eps: float = 0.05) -> Multiscale:
    r"""Fast noise that multiplies the slow variable and leaves a drift behind.

    .. math:: \dot x = x - x^3 + \frac\sigma\varepsilon\,x y, \qquad
              dy = -\frac{y}{\varepsilon^2}\,dt + \frac{\sqrt2}{\varepsilon}\,dW

    The limit holds in Stratonovich's form,
    :math:`dX = (X - X^3)\,dt + \sqrt2\,\sigma X \circ dW`; in Itô's form, in which a
    simulation steps it, the drift grows by :math:`\sigma^2 X`. Its stationary law
    has :math:`E X^2 = 1` whatever :math:`\sigma` is.

    Parameters
    ----------
    sigma : float
        Strength of the noise.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> noise_induced_drift(sigma=0.5).effective.drift(0.0, [1.0])
    array([0.25])

    References
    ----------
    Pavliotis & Stuart (2008), chapter 11; Wong & Zakai (1965).
    """
    check_positive(sigma=sigma, eps=eps)
    return Multiscale(
        fine=SDE(
            _double_well_drift,
            unit_noise,
            y0=(1.0, 0.0),
            parameters=(sigma, eps),
            rates=(0.0, eps**-2),
        ),
        n_slow=1,
        effective=SDE(
            _double_well_effective_drift,
            _double_well_effective_diffusion,
            y0=(1.0,),
            parameters=(sigma,),
        ),
        closure_rate=eps**-2,
        relaxation_time=eps**2,
        fine_dt=eps**2 / 20.0,
        low=(0.1, -2.0),
        high=(2.0, 2.0),
        t_end=4.0,
    )
