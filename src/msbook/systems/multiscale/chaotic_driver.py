"""A slow variable driven by chaos in place of noise."""

from __future__ import annotations

from typing import Any

import numpy as np

from msbook.equations.parameters import check_positive
from msbook.equations.sde import SDE
from msbook.systems.multiscale.base import Multiscale
from msbook.systems.multiscale.homogenised import relaxation, white_noise

# Integral of the autocovariance of z2 over all positive lags, and its mean lag.
_LORENZ_INTEGRAL, _LORENZ_MEMORY = 32.0, 0.87
_LORENZ_STEP = 0.01


def _lorenz_drift(t: Any, y: Any, p: Any) -> Any:
    # Averaged over a step h by Heun's method, without which a step of Euler's would
    # have to be a hundred times shorter.
    theta, force, fast, h = p
    a1 = 10.0 * (y[2] - y[1])
    a2 = y[1] * (28.0 - y[3]) - y[2]
    a3 = y[1] * y[2] - 8.0 / 3.0 * y[3]
    z1, z2, z3 = y[1] + h * a1, y[2] + h * a2, y[3] + h * a3
    return (
        -theta * y[0] + 0.5 * force * (y[2] + z2),
        0.5 * fast * (a1 + 10.0 * (z2 - z1)),
        0.5 * fast * (a2 + z1 * (28.0 - z3) - z2),
        0.5 * fast * (a3 + z1 * z2 - 8.0 / 3.0 * z3),
    )


def _no_noise(t: Any, y: Any, p: Any) -> Any:
    return 0.0, 0.0, 0.0, 0.0


def lorenz_driven(
    theta: float = 1.0, sigma: float = 1.0, eps: float = 0.1
) -> Multiscale:
    r"""The deterministic twin of :func:`slow_ornstein_uhlenbeck`.

    .. math:: \dot x = -\theta x + \frac{\sigma}{\varepsilon\sqrt c}\,z_2, \qquad
              \dot z = \frac{1}{\varepsilon^2}\,L(z), \qquad
              c = \int_0^\infty E[z_2(0)\,z_2(\tau)]\,d\tau ,

    with the vector field :math:`L` of Lorenz (1963). There is no noise at all; still
    the limit is :math:`dX = -\theta X\,dt + \sqrt2\,\sigma\,dW`, as that of its twin.
    The constant :math:`c = 32` was measured, to 2 %. Keep to ``fine_dt``: the vector
    field is averaged over a step of that length.

    Parameters
    ----------
    theta : float
        Relaxation rate, per unit of time.
    sigma : float
        Strength of the effective noise.
    eps : float
        Scale separation; the fast time scale is its square.

    Returns
    -------
    Multiscale

    Examples
    --------
    >>> twin = lorenz_driven()
    >>> bool(twin.fine.diffusion(0.0, twin.fine.y0).any())
    False

    References
    ----------
    Givon, Kupferman & Stuart (2004). Pavliotis & Stuart (2008), chapter 11.
    """
    check_positive(theta=theta, sigma=sigma, eps=eps)
    fast = eps**-2
    force = sigma / (eps * np.sqrt(_LORENZ_INTEGRAL))
    return Multiscale(
        fine=SDE(
            _lorenz_drift,
            _no_noise,
            y0=(1.5, 1.0, 1.0, 20.0),
            parameters=(theta, force, fast, _LORENZ_STEP),
            rates=(theta, 0.0, 0.0, 0.0),
        ),
        n_slow=1,
        effective=SDE(relaxation, white_noise, (1.5,), (theta, sigma), rates=(theta,)),
        closure_rate=fast / _LORENZ_MEMORY,
        relaxation_time=2.0 * eps**2,
        fine_dt=_LORENZ_STEP * eps**2,
        low=(-3.0, -10.0, -10.0, 15.0),
        high=(3.0, 10.0, 10.0, 35.0),
        t_end=4.0,
    )
