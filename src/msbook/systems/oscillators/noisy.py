"""Planar oscillators with a fast third component."""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook.equations.parameters import check_finite, check_positive
from msbook.equations.sde import SDE
from msbook.systems.multiscale.base import Multiscale


def _square_forced_drift(t: Any, y: Any, p: Any) -> Any:
    eps = p[3]
    return y[1], -y[1] - y[0] + y[2] * y[2], (0.25 * y[0] - y[2]) / eps


def _square_forced_diffusion(t: Any, y: Any, p: Any) -> Any:
    sigma1, sigma2, sigma3, eps = p
    return sigma1, sigma2, sigma3 * np.sqrt(2.0 / eps)


def _square_forced_effective_drift(t: Any, x: Any, p: Any) -> Any:
    sigma3 = p[2]
    return x[1], -x[1] - x[0] + x[0] * x[0] / 16.0 + sigma3 * sigma3


def _square_forced_effective_diffusion(t: Any, x: Any, p: Any) -> Any:
    return p[0], p[1]


def square_forced_oscillator(
    sigma1: float = 0.3, sigma2: float = 0.3, sigma3: float = 0.1, eps: float = 1e-3
) -> Multiscale:
    r"""Damped oscillator that the square of a fast component forces.

    .. math:: dx_1 &= x_2\,dt + \sigma_1\,dW_1, \\
              dx_2 &= (-x_2 - x_1 + y^2)\,dt + \sigma_2\,dW_2, \\
              dy &= -\frac{y - x_1/4}{\varepsilon}\,dt
                    + \sigma_3 \sqrt{\frac{2}{\varepsilon}}\,dW_3

    In the effective equation :math:`y^2` is replaced by its mean,
    :math:`X_1^2/16 + \sigma_3^2`.

    Parameters
    ----------
    sigma1, sigma2, sigma3 : float
        Strengths of the noise.
    eps : float
        Scale separation.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> square_forced_oscillator().effective.drift(0.0, [4.0, 1.0])
    array([ 1.  , -3.99])

    References
    ----------
    Chen & Xiu (2024), example 4.
    """
    check_positive(sigma1=sigma1, sigma2=sigma2, sigma3=sigma3, eps=eps)
    return Multiscale(
        fine=SDE(
            _square_forced_drift,
            _square_forced_diffusion,
            y0=(1.5, 1.0, 0.375),
            parameters=(sigma1, sigma2, sigma3, eps),
            rates=(0.0, 1.0, 1.0 / eps),
        ),
        n_slow=2,
        effective=SDE(
            _square_forced_effective_drift,
            _square_forced_effective_diffusion,
            y0=(1.5, 1.0),
            parameters=(sigma1, sigma2, sigma3),
            rates=(0.0, 1.0),
        ),
        closure_rate=np.inf,
        relaxation_time=eps,
        fine_dt=min(4.0 * eps, 0.004),
        low=(-1.5, -2.0, -0.6),
        high=(2.5, 1.5, 1.0),
        t_end=8.0,
    )


def _stuart_landau_drift(t: Any, y: Any, p: Any) -> Any:
    growth, frequency, damping, _sigma, eps = p
    square = y[0] * y[0] + y[1] * y[1]
    return (
        growth * y[0] - frequency * y[1] - damping * y[0] * y[2],
        frequency * y[0] + growth * y[1] - damping * y[1] * y[2],
        (square - y[2]) / eps,
    )


def _stuart_landau_diffusion(t: Any, y: Any, p: Any) -> Any:
    sigma, eps = p[3], p[4]
    return sigma, sigma, sigma * np.sqrt(2.0 / eps)


def _stuart_landau_effective_drift(t: Any, x: Any, p: Any) -> Any:
    growth, frequency, damping, sigma, eps = p
    ito = damping * damping * sigma * sigma * eps
    radial = growth + ito - damping * (x[0] * x[0] + x[1] * x[1])
    return radial * x[0] - frequency * x[1], frequency * x[0] + radial * x[1]


def _stuart_landau_effective_diffusion(t: Any, x: Any, p: Any) -> Any:
    damping, sigma, eps = p[2], p[3], p[4]
    common = -damping * sigma * np.sqrt(2.0 * eps)
    return (sigma, 0.0, common * x[0]), (0.0, sigma, common * x[1])


def stuart_landau(
    growth: float = 1.0,
    frequency: float = 1.0,
    damping: float = 1.0,
    sigma: float = 0.1,
    eps: float = 1e-3,
) -> Multiscale:
    r"""Oscillator whose damping follows the square of its radius.

    .. math:: dx_1 &= (\lambda x_1 - \theta x_2 - \gamma x_1 y)\,dt + \sigma\,dW_1, \\
              dx_2 &= (\theta x_1 + \lambda x_2 - \gamma x_2 y)\,dt + \sigma\,dW_2, \\
              dy &= -\frac{y - x_1^2 - x_2^2}{\varepsilon}\,dt
                    + \sigma \sqrt{\frac{2}{\varepsilon}}\,dW_3

    The effective equation is the Stuart–Landau oscillator,
    :math:`y \to \lvert X \rvert^2`, with the noise
    :math:`-\gamma\sigma\sqrt{2\varepsilon}\,X \circ dW_3` beside the additive one.

    Parameters
    ----------
    growth, frequency, damping : float
        :math:`\lambda, \theta, \gamma`, per unit of time.
    sigma : float
        Strength of the noise.
    eps : float
        Scale separation.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> stuart_landau().effective.noise_dim
    3

    References
    ----------
    Chen & Xiu (2024), example 5.
    """
    check_positive(growth=growth, damping=damping, sigma=sigma, eps=eps)
    check_finite(frequency=frequency)
    parameters = (growth, frequency, damping, sigma, eps)
    return Multiscale(
        fine=SDE(
            _stuart_landau_drift,
            _stuart_landau_diffusion,
            y0=(1.0, 1.0, 2.0),
            parameters=parameters,
            rates=(0.0, 0.0, 1.0 / eps),
        ),
        n_slow=2,
        effective=SDE(
            _stuart_landau_effective_drift,
            _stuart_landau_effective_diffusion,
            y0=(1.0, 1.0),
            parameters=parameters,
            noise="general",
        ),
        closure_rate=np.inf,
        relaxation_time=eps,
        fine_dt=min(2.0 * eps, 0.002),
        low=(-1.5, -1.5, 0.1),
        high=(1.5, 1.5, 2.5),
        t_end=20.0,
    )
