"""Störmer–Verlet method for mechanical systems with friction and noise."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
from scipy.linalg import expm

from msbook.equations.langevin import Langevin
from msbook.equations.rows import try_trace
from msbook.integrators.sde.stepping import SteppingMethod, WrittenStep
from msbook.integrators.sde.stormer_verlet_kernels import write_advance


@dataclass(frozen=True)
class StormerVerlet(SteppingMethod):
    r"""Störmer–Verlet method; friction and noise are stepped exactly.

    .. math:: q_{n+1/2} &= q_n + \tfrac{h}{2} M^{-1} p_n, \\
              p_{n+1} &= e^{-\Gamma M^{-1} h} p_n - h \nabla V(q_{n+1/2}) + \xi_n, \\
              q_{n+1} &= q_{n+1/2} + \tfrac{h}{2} M^{-1} p_{n+1},

    where :math:`\xi_n` is normal with the covariance that the friction and the noise
    alone build up in a step,

    .. math:: C = \int_0^h e^{-\Gamma M^{-1} s}\, \Sigma\Sigma^\top
                  e^{-M^{-1} \Gamma s}\, ds .

    Without friction and noise it is symplectic, time-reversible and of order two; with
    them the whole force falls at the end of the decay, and it is of order one.

    Examples
    --------
    >>> import msbook as ms
    >>> import numpy as np
    >>> spring = ms.systems.Langevin(ms.systems.quadratic_well([[1.0]]))
    >>> turn = ms.solve(spring, [1.0, 0.0], t_span=(0, 2 * np.pi), dt=np.pi / 500)
    >>> np.allclose(turn.y[0, -1], [1.0, 0.0], atol=1e-4)
    True

    References
    ----------
    Hairer, Lubich & Wanner (2006), section I.1. Li & Tao (2024), eq. (3.2).
    """

    moves = Langevin
    order: ClassVar[float] = 2.0
    strong_order: ClassVar[float] = 1.0

    def weights(self, system: Langevin, dt: float) -> tuple[np.ndarray, np.ndarray]:
        r"""Weights of momentum and noise.

        Parameters
        ----------
        system : Langevin
            What moves.
        dt : float
            Step.

        Returns
        -------
        h : ndarray, shape (2, d, d)
            :math:`e^{-\Gamma M^{-1} h}` and :math:`\tfrac{h}{2} M^{-1}`.
        w : ndarray, shape (d, d)
            Symmetric square root of :math:`C/h`, for Brownian increments.
        """
        return _weights(system, dt)

    def write(self, system: Langevin) -> WrittenStep | None:
        """The step written out, or None where the gradient cannot be."""
        potential: Any = system.potential
        traced = try_trace(potential.slopes, "this potential", q=potential.dim)
        if traced is None:
            return None
        text = write_advance(potential.dim, system.noise_dim)
        return WrittenStep(text, "gradient", traced)

    def step(
        self,
        system: Langevin,
        t: float,
        y: np.ndarray,
        dt: float,
        increment: np.ndarray,
    ) -> np.ndarray:
        """Advance ``y`` of shape ``(..., 2 d)`` by one step in NumPy.

        Parameters
        ----------
        system : Langevin
            What moves.
        t, dt : float
            Time and step.
        y : ndarray, shape (..., 2 d)
            States.
        increment : ndarray, shape (..., noise_dim)
            Brownian increments, of variance ``dt``.

        Returns
        -------
        ndarray, shape (..., 2 d)
            States at ``t + dt``.
        """
        (decay, half), w = self.weights(system, dt)
        q, p = np.split(y, 2, axis=-1)
        q = q + p @ half
        p = p @ decay.T - dt * system.potential.gradient(q)
        if system.noise_dim:
            p = p + increment @ w
        return np.concatenate([q + p @ half, p], axis=-1)


@lru_cache(maxsize=16)  # a loop in NumPy asks at every step
def _weights(system: Langevin, dt: float) -> tuple[np.ndarray, np.ndarray]:
    inverse = np.linalg.inv(system.mass_matrix)
    rate = system.friction_matrix @ inverse
    decay, covariance = exact_decay(rate, system.noise_covariance, dt)
    values, vectors = np.linalg.eigh(covariance / dt)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return np.stack([decay, 0.5 * dt * inverse]), root


def exact_decay(
    rate: np.ndarray, noise: np.ndarray, dt: float
) -> tuple[np.ndarray, np.ndarray]:
    r"""Decay, and covariance of the noise, of :math:`dp = -R p\,dt + \Sigma\,dW`.

    Parameters
    ----------
    rate : ndarray, shape (d, d)
        :math:`R`.
    noise : ndarray, shape (d, d)
        :math:`\Sigma\Sigma^\top`.
    dt : float
        Duration.

    Returns
    -------
    decay, covariance : ndarray, each of shape (d, d)
        :math:`e^{-Rh}` and :math:`\int_0^h e^{-Rs} \Sigma\Sigma^\top e^{-R^\top s} ds`.

    Examples
    --------
    >>> import numpy as np
    >>> one = np.eye(1)
    >>> decay, covariance = exact_decay(one, 2 * one, dt=0.5)
    >>> np.allclose([decay, covariance], [[[np.exp(-0.5)]], [[1 - np.exp(-1.0)]]])
    True

    References
    ----------
    Van Loan (1978), Computing integrals involving the matrix exponential.
    """
    d = len(rate)
    # The growing half of the exponential swamps the other in a long step, so a short
    # one is doubled.
    doublings = max(0, int(np.ceil(np.log2(np.linalg.norm(rate) * dt + 1e-300))))
    both = np.block([[rate, noise], [np.zeros((d, d)), -rate.T]])
    power = expm(both * (dt / 2**doublings))
    decay = power[d:, d:].T
    covariance = decay @ power[:d, d:]
    for _ in range(doublings):
        covariance = decay @ covariance @ decay.T + covariance
        decay = decay @ decay
    return decay, 0.5 * (covariance + covariance.T)
