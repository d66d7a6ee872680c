"""The Müller–Brown potential, modified and with ripples."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from scipy.optimize import root

from msbook.equations.generated import GeneratedFunction
from msbook.equations.potential import Potential
from msbook.systems.potentials.landscapes import ripple

# The terms A exp(a (x - x0)^2 + b (x - x0)(y - y0) + c (y - y0)^2) of Müller and Brown.
_MUELLER_BROWN = (
    (-200.0, -1.0, 0.0, -10.0, 1.0, 0.0),
    (-100.0, -1.0, 0.0, -10.0, 0.0, 0.5),
    (-170.0, -6.5, 11.0, -6.5, -0.5, 1.5),
    (15.0, 0.7, 0.6, 0.7, -1.0, 1.0),
)


def _write_mueller_brown() -> tuple[GeneratedFunction, GeneratedFunction]:
    """Gradient and potential; parameters are factor and centre of the quadratic."""
    lines = [
        "x, y = q[0] - p[1], q[1] - p[2]",
        "gx, gy = p[0] * 70.0272 * x, p[0] * 119.6798 * y",
        "value = p[0] * (35.0136 * x * x + 59.8399 * y * y)",
    ]
    for size, a, b, c, x0, y0 in _MUELLER_BROWN:
        lines += [
            f"x, y = q[0] - {x0}, q[1] - {y0}",
            f"e = {0.1 * size} * np.exp({a} * x * x + {b} * x * y + {c} * y * y)",
            f"gx = gx + e * ({2 * a} * x + {b} * y)",
            f"gy = gy + e * ({b} * x + {2 * c} * y)",
            "value = value + e",
        ]
    return (
        GeneratedFunction((*lines, "return gx, gy")),
        GeneratedFunction((*lines, "return value")),
    )


@lru_cache
def _mueller_brown_well() -> Potential:
    """The macroscopic part, its quadratic centred on the middle well of the rest."""
    gradient, potential = _write_mueller_brown()
    plain = Potential(gradient, 2, potential, (0.0, 0.0, 0.0))
    middle = tuple(root(plain.gradient, (0.0, 0.5), tol=1e-13).x.tolist())
    well = Potential(gradient, 2, potential, (0.1, *middle))
    near = ((-0.5, 1.4), middle, (0.6, 0.0))
    centres = tuple(
        tuple(root(well.gradient, guess, tol=1e-13).x.tolist()) for guess in near
    )
    return replace(well, centres=centres, spread=0.05)


def mueller_brown(eps: float = 1e-5) -> Potential:
    r"""Modified Müller–Brown potential with slanted ripples.

    .. math:: V = \tfrac{1}{10} (V_q + V_m) + \varepsilon \sin\frac{x}{\varepsilon}
              + \varepsilon \sin\frac{y - x}{\varepsilon}, \qquad
              V_q = 35.0136\,(x - x_c)^2 + 59.8399\,(y - y_c)^2 .

    :math:`V_m` is the potential of Müller and Brown, and :math:`(x_c, y_c)` the
    minimum of its middle well, found here by Newton's method. The added quadratic
    brings the three wells to like depths. Its ``centres`` are the minima of the
    macroscopic part, from left to right.

    Parameters
    ----------
    eps : float
        Scale of the ripples.

    Returns
    -------
    Potential
        Of two parts.

    Examples
    --------
    >>> [round(x, 3) for x in mueller_brown().centres[1]]
    [-0.05, 0.467]

    References
    ----------
    Li & Tao (2024), eq. (4.9). Müller & Brown (1979).
    """
    ripples = ripple(eps, (1.0, 0.0)) + ripple(eps, (-1.0, 1.0))
    return _mueller_brown_well() + ripples
