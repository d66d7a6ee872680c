"""Multiscale systems whose slow part does not follow an autonomous equation.

What a model without memory and without time must miss: a forcing, a parameter that
drifts, a delay. All are variations of :func:`slow_ornstein_uhlenbeck`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook._validation import check_count
from msbook.equations.parameters import check_finite, check_positive
from msbook.equations.rows import write_out
from msbook.equations.sde import SDE
from msbook.systems.multiscale.base import Multiscale
from msbook.systems.multiscale.homogenised import unit_noise, white_noise


def _forced_drift(t: Any, y: Any, p: Any) -> Any:
    theta, sigma, amplitude, frequency, eps = p
    force = amplitude * np.cos(frequency * t)
    return -theta * y[0] + force + sigma * y[1] / eps, -y[1] / (eps * eps)


def _forced_effective_drift(t: Any, x: Any, p: Any) -> Any:
    theta, _sigma, amplitude, frequency = p
    return (-theta * x[0] + amplitude * np.cos(frequency * t),)


def forced_ornstein_uhlenbeck(
    theta: float = 1.0,
    sigma: float = 0.5,
    amplitude: float = 1.5,
    frequency: float = 2.0,
    eps: float = 0.1,
) -> Multiscale:
    r"""Slow Ornstein–Uhlenbeck process with a periodic forcing.

    .. math:: \dot x = -\theta x + A \cos \omega t + \frac\sigma\varepsilon\,y, \qquad
              dy = -\frac{y}{\varepsilon^2}\,dt + \frac{\sqrt2}{\varepsilon}\,dW

    Parameters
    ----------
    theta : float
        Relaxation rate, per unit of time.
    sigma : float
        Strength of the noise.
    amplitude, frequency : float
        :math:`A` and :math:`\omega`, the latter in radians per unit of time.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale
        Its effective equation depends on time.

    Examples
    --------
    >>> forced_ornstein_uhlenbeck(amplitude=2.0).effective.drift(0.0, [0.0])
    array([2.])
    """
    check_positive(theta=theta, sigma=sigma, eps=eps)
    check_finite(amplitude=amplitude, frequency=frequency)
    parameters = (theta, sigma, amplitude, frequency)
    return _variation(
        SDE(
            _forced_drift,
            unit_noise,
            y0=(1.5, 0.0),
            parameters=(*parameters, eps),
            rates=(theta, eps**-2),
        ),
        SDE(_forced_effective_drift, white_noise, (1.5,), parameters, rates=(theta,)),
        eps,
    )


def _drifting_drift(t: Any, y: Any, p: Any) -> Any:
    theta, sigma, speed, eps = p
    return theta * (speed * t - y[0]) + sigma * y[1] / eps, -y[1] / (eps * eps)


def _drifting_effective_drift(t: Any, x: Any, p: Any) -> Any:
    theta, _sigma, speed = p
    return (theta * (speed * t - x[0]),)


def drifting_ornstein_uhlenbeck(
    theta: float = 1.0, sigma: float = 0.5, speed: float = 1.0, eps: float = 0.1
) -> Multiscale:
    r"""Slow Ornstein–Uhlenbeck process around a level that drifts.

    .. math:: \dot x = \theta\,(c\,t - x) + \frac\sigma\varepsilon\,y, \qquad
              dy = -\frac{y}{\varepsilon^2}\,dt + \frac{\sqrt2}{\varepsilon}\,dW

    Parameters
    ----------
    theta : float
        Relaxation rate, per unit of time.
    sigma : float
        Strength of the noise.
    speed : float
        :math:`c`, units of ``x`` per unit of time.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale
        Its effective equation depends on time.

    Examples
    --------
    >>> drifting_ornstein_uhlenbeck(speed=0.5).effective.drift(4.0, [0.0])
    array([2.])
    """
    check_positive(theta=theta, sigma=sigma, eps=eps)
    check_finite(speed=speed)
    parameters = (theta, sigma, speed)
    return _variation(
        SDE(
            _drifting_drift,
            unit_noise,
            y0=(1.5, 0.0),
            parameters=(*parameters, eps),
            rates=(theta, eps**-2),
        ),
        SDE(_drifting_effective_drift, white_noise, (1.5,), parameters, rates=(theta,)),
        eps,
    )


def _variation(fine: SDE, effective: SDE, eps: float) -> Multiscale:
    return Multiscale(
        fine,
        n_slow=1,
        effective=effective,
        closure_rate=eps**-2,
        relaxation_time=eps**2,
        fine_dt=0.4 * eps**2,
        low=(-3.0, -2.0),
        high=(3.0, 2.0),
        t_end=8.0,
    )


def delayed_ornstein_uhlenbeck(
    theta: float = 1.0,
    sigma: float = 0.5,
    delay: float = 1.0,
    n_stages: int = 8,
    eps: float = 0.1,
) -> Multiscale:
    r"""Slow Ornstein–Uhlenbeck process that relaxes with a delay.

    .. math:: \dot x &= -\theta\,u_m + \frac\sigma\varepsilon\,y, \qquad
              \dot u_i = \frac{m}{\tau}\,(u_{i-1} - u_i), \quad u_0 = x, \\
              dy &= -\frac{y}{\varepsilon^2}\,dt + \frac{\sqrt2}{\varepsilon}\,dW

    The chain of :math:`m` stages, which are not seen, hands :math:`x` on with a delay
    of mean :math:`\tau` and standard deviation :math:`\tau/\sqrt m`. The stages are
    no faster than :math:`x`, so that no equation in :math:`x` alone exists.

    Parameters
    ----------
    theta : float
        Relaxation rate, per unit of time.
    sigma : float
        Strength of the noise.
    delay : float
        :math:`\tau`.
    n_stages : int
        :math:`m`.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale
        Without an effective equation. Trajectories start from a constant past, which
        the default burn-in makes.

    Raises
    ------
    ValueError
        If a parameter is not positive.

    Examples
    --------
    >>> delayed_ornstein_uhlenbeck(n_stages=4).fine.dim
    6

    References
    ----------
    MacDonald (1978), the linear chain trick.
    """
    check_positive(theta=theta, sigma=sigma, delay=delay, eps=eps)
    check_count("n_stages", n_stages)
    last = n_stages + 1  # x, the stages, y
    drift = [f"-p[0] * y[{n_stages}] + p[1] * y[{last}]"]
    drift += [f"p[2] * (y[{i - 1}] - y[{i}])" for i in range(1, last)]
    drift += [f"-p[3] * y[{last}]"]
    stage, fast = n_stages / delay, eps**-2
    box = (3.0,) * last + (2.0,)
    return Multiscale(
        fine=SDE(
            write_out(drift),
            write_out(["0.0"] * last + ["np.sqrt(2.0 * p[3])"]),
            y0=(1.5,) * last + (0.0,),
            parameters=(theta, sigma / eps, stage, fast),
            rates=(0.0,) + (stage,) * n_stages + (fast,),
        ),
        n_slow=1,
        relaxation_time=max(0.5 * delay, eps**2),
        fine_dt=0.4 * eps**2,
        low=tuple(-value for value in box),
        high=box,
        t_end=8.0,
    )
