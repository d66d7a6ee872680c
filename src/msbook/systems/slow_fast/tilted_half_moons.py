"""Half-moons in space: a slow angle that goes round a tilted circle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike

from msbook._validation import finite_array
from msbook.equations.parameters import check_finite, check_positive, components
from msbook.equations.sde import SDE
from msbook.systems.slow_fast.base import SlowFast


def _tilted_hidden_drift(t: Any, h: Any, p: Any) -> Any:
    a1, a3 = p[0], p[2]
    return a1, a3 * (1.0 - h[1]), -a3 * h[2]


def _tilted_hidden_diffusion(t: Any, h: Any, p: Any) -> Any:
    a2, a4 = p[1], p[3]
    return a2, a4, a4


def _tilted_observed_drift(t: Any, x: Any, p: Any) -> Any:
    a1, a2, a3, a4, q11, q12, q13, q21, q22, q23, q31, q32, q33 = p
    u1 = q11 * x[0] + q21 * x[1] + q31 * x[2]
    u2 = q12 * x[0] + q22 * x[1] + q32 * x[2]
    u3 = q13 * x[0] + q23 * x[1] + q33 * x[2]
    radius = np.sqrt(u1 * u1 + u2 * u2)
    cosine, sine = u1 / radius, u2 / radius
    fast = a3 * (1.0 - radius)
    turn = a1 + fast - a3 * u3  # drift of the angle
    damp = 0.5 * a2 * a2 + a4 * a4
    v1 = cosine * fast - u2 * turn - damp * u1 - a4 * a4 * sine
    v2 = sine * fast + u1 * turn - damp * u2 + a4 * a4 * cosine
    v3 = -a3 * u3
    return (
        q11 * v1 + q12 * v2 + q13 * v3,
        q21 * v1 + q22 * v2 + q23 * v3,
        q31 * v1 + q32 * v2 + q33 * v3,
    )


def _tilted_observed_diffusion(t: Any, x: Any, p: Any) -> Any:
    _a1, a2, _a3, a4, q11, q12, q13, q21, q22, q23, q31, q32, q33 = p
    u1 = q11 * x[0] + q21 * x[1] + q31 * x[2]
    u2 = q12 * x[0] + q22 * x[1] + q32 * x[2]
    radius = np.sqrt(u1 * u1 + u2 * u2)
    # Columns of the noise of u: slow angle, radius, height.
    r1, r2 = a4 * (u1 / radius - u2), a4 * (u2 / radius + u1)
    h1, h2 = -a4 * u2, a4 * u1
    s1, s2 = -a2 * u2, a2 * u1
    return (
        (q11 * s1 + q12 * s2, q11 * r1 + q12 * r2, q11 * h1 + q12 * h2 + q13 * a4),
        (q21 * s1 + q22 * s2, q21 * r1 + q22 * r2, q21 * h1 + q22 * h2 + q23 * a4),
        (q31 * s1 + q32 * s2, q31 * r1 + q32 * r2, q31 * h1 + q32 * h2 + q33 * a4),
    )


@dataclass(frozen=True)
class TiltedHalfMoons(SlowFast):
    r"""Half-moons in space: a slow angle, a fast radius and a fast height.

    .. math:: dY &= a_1\,dt + a_2\,dU, \quad dZ = a_3 (1 - Z)\,dt + a_4\,dV, \quad
              dH = -a_3 H\,dt + a_4\,dW, \\
              x &= Q\,\bigl(z \cos\theta,\; z \sin\theta,\; h\bigr), \qquad
              \theta = y + z - 1 + h .

    The rotation :math:`Q` takes the third axis to ``axis``, so that the circle of the
    slow manifold lies in no plane of the coordinates that are seen. With
    :math:`s^2 = a_4^2 / (2 a_3)`, the variance of radius and height on a fibre, the
    slow manifold has radius :math:`(1 + s^4)^{1/2} e^{-s^2}`.

    Parameters
    ----------
    a1, a2 : float
        Drift and noise of the slow angle, in radians.
    a3, a4 : float
        Relaxation rate and noise of radius and height.
    axis : sequence of float, length 3
        Direction that the slow angle turns about, of any length.

    Raises
    ------
    ValueError
        If a noise or a rate is not positive, or the axis has no length.

    Examples
    --------
    >>> import numpy as np
    >>> system = TiltedHalfMoons()
    >>> hidden = [0.5, 1.1, -0.2]
    >>> bool(np.allclose(system.hide(system.observe(hidden)), hidden))
    True

    References
    ----------
    :class:`HalfMoons` with one dimension more, for the question of Zieliński &
    Hesthaven (2022), section 5.2.1.
    """

    a1: float = 1e-3
    a2: float = 1e-3
    a3: float = 2.5e-2
    a4: float = 2.5e-2
    axis: tuple[float, float, float] = (0.8, 0.6, 0.0)
    n_slow: ClassVar[int] = 1
    n_fast: ClassVar[int] = 2
    exact: ClassVar[bool] = True

    def __post_init__(self) -> None:
        check_finite(a1=self.a1)
        check_positive(a2=self.a2, a3=self.a3, a4=self.a4)
        axis = np.atleast_1d(finite_array("axis", self.axis))
        object.__setattr__(self, "axis", tuple(axis.ravel().tolist()))
        if len(self.axis) != 3 or not 0 < np.linalg.norm(self.axis) < np.inf:
            raise ValueError(
                f"axis must be three numbers, not all zero; got {self.axis!r}."
            )

    @property
    def relaxation_time(self) -> float:
        return 1.0 / self.a3

    @cached_property
    def rotation(self) -> np.ndarray:
        """The rotation :math:`Q`, shape (3, 3)."""
        third = np.array(self.axis) / np.linalg.norm(self.axis)
        # Any second direction does that is not along the first.
        first = np.cross(third, np.eye(3)[np.abs(third).argmin()])
        first /= np.linalg.norm(first)
        return np.stack([first, np.cross(third, first), third], axis=1)

    @property
    def y0(self) -> tuple[float, ...]:
        return tuple(self.rotation[:, 0])

    @property
    def _parameters(self) -> tuple[float, ...]:
        return (self.a1, self.a2, self.a3, self.a4, *self.rotation.ravel())

    @cached_property
    def hidden(self) -> SDE:
        return SDE(
            _tilted_hidden_drift,
            _tilted_hidden_diffusion,
            y0=(0.0, 1.0, 0.0),
            parameters=self._parameters,
            rates=(0.0, self.a3, self.a3),
        )

    @cached_property
    def observed(self) -> SDE:
        return SDE(
            _tilted_observed_drift,
            _tilted_observed_diffusion,
            y0=self.y0,
            parameters=self._parameters,
            noise="general",
        )

    def observe(self, hidden: ArrayLike) -> np.ndarray:
        y, z, h = components("hidden", hidden, self.dim)
        angle = y + z - 1.0 + h
        u = np.stack([z * np.cos(angle), z * np.sin(angle), h], axis=-1)
        return u @ self.rotation.T

    def hide(self, x: ArrayLike) -> np.ndarray:
        u1, u2, h = np.tensordot(self.rotation.T, components("x", x, self.dim), axes=1)
        radius = np.hypot(u1, u2)
        return np.stack([np.arctan2(u2, u1) + 1.0 - radius - h, radius, h], axis=-1)

    def slow_manifold(self, y: ArrayLike) -> np.ndarray:
        variance = self.a4**2 / (2.0 * self.a3)
        (angle,) = components("y", y, self.n_slow)
        mean = (1.0 + 1j * variance) * np.exp(1j * angle - variance)
        # The height turns the angle and is one of the coordinates, but on the fibre
        # its mean is zero.
        u = np.stack([mean.real, mean.imag, np.zeros_like(angle)], axis=-1)
        return u @ self.rotation.T
