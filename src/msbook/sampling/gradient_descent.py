"""Gradient descent with a large learning rate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from msbook.equations.gradients import HasGradient
from msbook.equations.parameters import check_positive
from msbook.sampling.large_steps.result import LargeSteps
from msbook.sampling.large_steps.sampler import large_steps


def gradient_descent(
    potential: HasGradient | Callable[[np.ndarray], np.ndarray],
    q0: ArrayLike,
    learning_rate: float,
    *,
    n_steps: int,
    **options: Any,
) -> LargeSteps:
    r"""Run gradient descent with a large learning rate.

    .. math:: q_{n+1} = q_n - \eta \nabla V(q_n)

    is :func:`msbook.sampling.large_steps` without memory of the momentum, with
    :math:`\delta = \sqrt\eta`; its iterates are the midpoints there.

    Parameters
    ----------
    potential, q0, n_steps
        As in :func:`msbook.sampling.large_steps`.
    learning_rate : float
        :math:`\eta`.
    **options
        As in :func:`msbook.sampling.large_steps`, but for ``friction`` and ``mass``.

    Returns
    -------
    LargeSteps
        The iterates are counted in ``midpoint_counts``.

    Examples
    --------
    The variance for a quadratic with a ripple is :math:`\tfrac12 \eta/(2 - \eta)`:

    >>> import msbook as ms
    >>> import numpy as np
    >>> V = ms.systems.quadratic_ripples([1e-4])
    >>> run = ms.sampling.gradient_descent(V, [[0.0]], 0.2, n_steps=10**6, rng=0)
    >>> bool(abs(run.samples_q.var() / (0.5 * 0.2 / 1.8) - 1) < 0.03)
    True

    References
    ----------
    Li & Tao (2024), eq. (2.1). Kong & Tao (2020).
    """
    check_positive(learning_rate=learning_rate)
    options["friction"] = np.inf
    return large_steps(
        potential, q0, np.sqrt(learning_rate), n_steps=n_steps, **options
    )
