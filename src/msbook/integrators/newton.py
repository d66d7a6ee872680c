"""Newton's method for the stages of implicit methods, all paths at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from msbook.systems.ode import ODE

MOST_ITERATIONS = 50
"""Iterations after which a step is given up; three or four are usual."""

DIFFERENCE = 1.5e-8  # the root of the spacing of floating-point numbers


class NotConvergedError(Exception):
    """Newton's method did not converge; the caller knows the step and tells it."""


def difference_jacobian(
    system: ODE, t: float, y: NDArray[np.float64], drift: NDArray[np.float64]
) -> NDArray[np.float64]:
    r"""Jacobian of the drift by forward differences.

    .. math:: J_{ij} = \frac{f_i(y + \delta_j e_j) - f_i(y)}{\delta_j}, \qquad
              \delta_j = 1.5 \cdot 10^{-8}\, (1 + \lvert y_j \rvert)

    Parameters
    ----------
    system : ODE
        Whose drift :math:`f` is meant.
    t : float
        Time.
    y, drift : ndarray, shape (n_traj, dim)
        States and the drift there.

    Returns
    -------
    ndarray, shape (n_traj, dim, dim)
    """
    columns = []
    for j in range(system.dim):
        moved = y.copy()
        moved[:, j] += DIFFERENCE * (1.0 + np.abs(y[:, j]))
        length = (moved - y)[:, j, None]  # as it was rounded
        columns.append((system.drift(t, moved) - drift) / length)
    return np.stack(columns, axis=-1)


def solve_stages(
    system: ODE,
    times: NDArray[np.float64],
    base: NDArray[np.float64],
    A: NDArray[np.float64],
    dt: float,
    guess: NDArray[np.float64],
    bound: NDArray[np.float64],
) -> NDArray[np.float64]:
    r"""Solve :math:`D_i = h f(t_i, y_i + \sum_j a_{ij} D_j)` for the increments.

    A path that has converged is left alone, so that it does not depend on the others.

    Parameters
    ----------
    system : ODE
        Whose drift :math:`f` is meant.
    times : ndarray, shape (n_stages,)
        :math:`t_i`.
    base : ndarray, shape (n_traj, n_stages, dim)
        :math:`y_i`, what is known of the stages.
    A : ndarray, shape (n_stages, n_stages)
        Weights of these stages in one another.
    dt : float
        :math:`h`.
    guess : ndarray, shape (n_traj, n_stages, dim)
        Where to begin.
    bound : ndarray, shape (n_traj,)
        A path has converged once no component changes by more than this.

    Returns
    -------
    ndarray, shape (n_traj, n_stages, dim)
        :math:`D`.

    Raises
    ------
    NotConvergedError
        If a path has not converged after :data:`MOST_ITERATIONS`.
    """
    n_stages, dim = base.shape[1:]
    increments = guess.copy()
    active = np.arange(len(base))
    identity = np.eye(n_stages * dim)
    for _ in range(MOST_ITERATIONS):
        known, found = base[active], increments[active]
        states = known + np.einsum("ij,njk->nik", A, found)
        residual = np.empty_like(found)
        matrix = np.empty((len(active), n_stages, dim, n_stages, dim))
        for i, t in enumerate(times):
            drift = system.drift(t, states[:, i])
            jacobian = difference_jacobian(system, t, states[:, i], drift)
            residual[:, i] = found[:, i] - dt * drift
            matrix[:, i] = -dt * np.einsum("j,nkl->nkjl", A[i], jacobian)
        matrix = identity + matrix.reshape(len(active), n_stages * dim, -1)
        try:
            change = np.linalg.solve(matrix, residual.reshape(len(active), -1, 1))
        except np.linalg.LinAlgError as error:
            raise NotConvergedError from error
        increments[active] = found - change.reshape(found.shape)
        moves = ~(np.abs(change[:, :, 0]).max(axis=1) <= bound[active])  # NaN moves
        active = active[moves]
        if len(active) == 0:
            return increments
    raise NotConvergedError
