"""Oscillators without noise: one that relaxes, and a cell that answers a stimulus."""

from __future__ import annotations

from typing import Any

from msbook.equations.ode import ODE
from msbook.equations.parameters import check_finite, check_positive


def _van_der_pol_drift(t: Any, y: Any, p: Any) -> Any:
    (mu,) = p
    return mu * (y[0] - y[0] * y[0] * y[0] / 3.0 - y[1]), y[0] / mu


def van_der_pol(mu: float = 1.0) -> ODE:
    r"""Van der Pol's oscillator.

    .. math:: \dot x = \mu \Bigl(x - \frac{x^3}{3} - y\Bigr), \qquad
              \dot y = \frac{x}{\mu}

    All paths but that from the origin come to one limit cycle, whose :math:`x` swings
    between -2 and 2. For large :math:`\mu` it is a relaxation oscillator: :math:`y` is
    slow, and :math:`x` jumps on the scale :math:`1/\mu`, :math:`\mu^2` times faster.

    Parameters
    ----------
    mu : float
        :math:`\mu`, per unit of time.

    Returns
    -------
    ODE
        States ``(x, y)``; starts at (2, 0).

    Raises
    ------
    ValueError
        If ``mu`` is not positive.

    Examples
    --------
    >>> import msbook as ms
    >>> x = ms.solve(van_der_pol(), t_span=(0, 50), dt=0.01).y[0, 2500:, 0]
    >>> round(float(x.max()), 2)
    2.01

    References
    ----------
    Van der Pol (1926). Cattaneo, Dotti & Fedrizzi (2022), eq. (6.1).
    """
    check_positive(mu=mu)
    return ODE(_van_der_pol_drift, y0=(2.0, 0.0), parameters=(mu,))


def _excitable_drift(t: Any, y: Any, p: Any) -> Any:
    strength, threshold, eps, decay, stimulus, duration = p
    u, w, since = y[0], y[1], t - y[2]
    current = stimulus * ((since >= 0.0) & (since < duration))
    excitation = strength * u * (u - threshold) * (1.0 - u)
    return excitation - w + current, eps * (u - decay * w), 0.0


def excitable_cell(
    strength: float = 8.0,
    threshold: float = 0.15,
    eps: float = 0.01,
    decay: float = 0.1,
    stimulus: float = 0.125,
    duration: float = 2.0,
) -> ODE:
    r"""FitzHugh and Nagumo's cell, which a stimulus makes fire once.

    .. math:: \dot u &= K u (u - \alpha)(1 - u) - w
                        + I\,\mathbb{1}_{[0, d)}(t - a), \\
              \dot w &= \varepsilon (u - \gamma w), \qquad \dot a = 0 .

    The potential :math:`u` rises in a few units of time and stays up until the recovery
    :math:`w` has followed, about :math:`1/\varepsilon` later. The time :math:`a` at
    which the stimulus arrives is a component of the state that stands still, so that
    every path has its own.

    Parameters
    ----------
    strength, threshold : float
        :math:`K` and :math:`\alpha` of the excitation.
    eps, decay : float
        :math:`\varepsilon` and :math:`\gamma` of the recovery.
    stimulus, duration : float
        :math:`I` and :math:`d`; time is in milliseconds, potentials have no unit.

    Returns
    -------
    ODE
        States ``(u, w, arrival)``; starts at rest, the stimulus at time 0.

    Raises
    ------
    ValueError
        If ``strength``, ``eps`` or ``duration`` is not positive.

    Examples
    --------
    A stimulus half as strong leaves the cell below its threshold:

    >>> import msbook as ms
    >>> for stimulus in (0.125, 0.0625):
    ...     cell = excitable_cell(stimulus=stimulus)
    ...     u = ms.solve(cell, t_span=(0, 100), dt=0.1).y[0, :, 0]
    ...     print(bool(u.max() > 0.5))
    True
    False

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), eqs. (7.1) and (7.2).
    """
    check_positive(strength=strength, eps=eps, duration=duration)
    check_finite(threshold=threshold, decay=decay, stimulus=stimulus)
    return ODE(
        _excitable_drift,
        y0=(0.0, 0.0, 0.0),
        parameters=(strength, threshold, eps, decay, stimulus, duration),
    )
