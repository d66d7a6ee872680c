r"""Newton's method for the stages of implicit methods, all paths at once.

The increments :math:`D_i` of a step are the solution of

.. math:: r_i = D_i - h f\Bigl(t_i, y_i + \sum_j a_{ij} D_j\Bigr) = 0 ,

on the branch that begins with :math:`D = 0` at :math:`h = 0`; other roots mean nothing.
So the iteration begins with zero. It is the simplified one, with one matrix a step:
:math:`\Delta = (1 - h A \otimes J)^{-1} r` is subtracted until the error that its rate
of contraction :math:`\theta` leaves, :math:`\theta/(1-\theta)\,\lvert\Delta\rvert`,
is below the tolerance in every component, measured by that component, so that units do
not matter. Where the rate is poor, the Jacobians are evaluated anew; a residual that
rounding explains is then accepted. If the sign of the determinant is no longer that of
the start, the iteration has left the branch, and the step is given up.

Hairer & Wanner (1996), section IV.8; Deuflhard (2004), chapter 2.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from msbook.equations.ode import ODE

MOST_ITERATIONS = 50
"""Iterations after which a step is given up; five are usual."""

SLOW = 0.25
"""Rate of contraction beyond which a new Jacobian pays."""

DIFFERENCE = 1.5e-8  # the root of the spacing of floating-point numbers
ROUNDING = 8 * 2.0**-52
"""What a few operations may lose, for each unit of their terms."""

SMALLEST = 1e-290  # the square of numbers below underflows in a difference quotient


class NotConvergedError(Exception):
    """Newton's method did not converge for a path; the caller knows the step."""

    def __init__(self, path: int) -> None:
        super().__init__(path)
        self.path = path


def difference_jacobian(
    system: ODE, t: float, y: NDArray[np.float64], dt: float
) -> NDArray[np.float64]:
    r"""Jacobian of the drift by forward differences.

    .. math:: J_{ij} = \frac{f_i(y + \delta_j e_j) - f_i(y)}{\delta_j}, \qquad
              \delta_j = 1.5 \cdot 10^{-8}\, (\lvert y_j \rvert + h \lvert f_j \rvert)

    A component that is zero and stands still is moved as far as the largest one.

    Parameters
    ----------
    system : ODE
        Whose drift :math:`f` is meant.
    t : float
        Time.
    y : ndarray, shape (n_traj, dim)
        States.
    dt : float
        :math:`h`.

    Returns
    -------
    ndarray, shape (n_traj, dim, dim)
    """
    drift = system.drift(t, y)
    scale = np.abs(y) + dt * np.abs(drift)
    largest = scale.max(axis=1, keepdims=True)
    largest[largest < SMALLEST] = 1.0
    scale = np.where(scale < SMALLEST, largest, scale)
    columns = []
    for j in range(system.dim):
        moved = y.copy()
        moved[:, j] += DIFFERENCE * scale[:, j]
        length = (moved - y)[:, j, None]  # as it was rounded
        columns.append((system.drift(t, moved) - drift) / length)
    return np.stack(columns, axis=-1)


def solve_stages(
    system: ODE,
    times: NDArray[np.float64],
    y: NDArray[np.float64],
    base: NDArray[np.float64],
    A: NDArray[np.float64],
    dt: float,
    tolerance: float,
) -> NDArray[np.float64]:
    r"""Solve :math:`D_i = h f(t_i, y_i + \sum_j a_{ij} D_j)` for the increments.

    A path that has converged is left alone, so that it does not depend on the others.

    Parameters
    ----------
    system : ODE
        Whose drift :math:`f` is meant.
    times : ndarray, shape (n_stages,)
        :math:`t_i`.
    y : ndarray, shape (n_traj, dim)
        States at the beginning of the step.
    base : ndarray, shape (n_traj, n_stages, dim)
        :math:`y_i`, what is known of the stages.
    A : ndarray, shape (n_stages, n_stages)
        Weights of these stages in one another.
    dt : float
        :math:`h`.
    tolerance : float
        Largest error of a component of an increment, in units of that component of
        the state and of its increments.

    Returns
    -------
    ndarray, shape (n_traj, n_stages, dim)
        :math:`D`.

    Raises
    ------
    NotConvergedError
        If a path leaves the branch, or has not converged after
        :data:`MOST_ITERATIONS`.
    """
    n_traj, n_stages, dim = base.shape
    size = n_stages * dim
    increments = np.zeros(base.shape)
    inverse = np.zeros((n_traj, size, size))
    share = np.zeros((n_traj, dim))  # one over the size of a component
    before = np.full(n_traj, -1.0)  # last change in these units; none is slower
    sign = np.zeros(n_traj)  # of the first determinant
    active = np.arange(n_traj)
    for _ in range(MOST_ITERATIONS):
        found = increments[active]
        states = base[active] + np.einsum("ij,njk->nik", A, found)
        residual = np.empty_like(found)
        for i, t in enumerate(times):
            residual[:, i] = found[:, i] - dt * system.drift(t, states[:, i])
        change = _multiply(inverse[active], residual)
        measure = (np.abs(change).max(axis=1) * share[active]).max(axis=1)
        serves = measure <= SLOW * before[active]  # a NaN never does
        # A rate θ leaves the error θ / (1 - θ) times the last change.
        least = (1.0 - SLOW) * tolerance * before[active]
        ends = serves & (measure * measure <= least)
        before[active] = measure
        if not serves.all():
            late = np.flatnonzero(~serves)
            matrix, level = _linearise(system, times, states[late], A, dt)
            level += ROUNDING * np.abs(found[late])
            solved = (np.abs(residual[late]) <= level).all(axis=(1, 2))
            ends[late] = solved
            change[late] = 0.0
            matrix, late = matrix[~solved], late[~solved]
            paths = active[late]
            side = np.linalg.slogdet(matrix)[0]
            sign[paths] = np.where(sign[paths] == 0.0, side, sign[paths])
            lost = ~((side == sign[paths]) & (side != 0.0))
            if lost.any():
                raise NotConvergedError(paths[lost.argmax()])
            inverse[paths] = np.linalg.inv(matrix)
            change[late] = _multiply(inverse[paths], residual[late])
            most = np.abs(change[late]).max(axis=1)
            # At least the change: what rounding moved must not return by a whole unit.
            length = np.maximum(np.abs(found[late] - change[late]).max(axis=1), most)
            share[paths] = 1.0 / np.maximum(np.abs(y[paths]) + length, SMALLEST)
            before[paths] = (most * share[paths]).max(axis=1)
        increments[active] = found - change
        active = active[~ends]
        if len(active) == 0:
            return increments
    raise NotConvergedError(active[0])


def _linearise(
    system: ODE,
    times: NDArray[np.float64],
    states: NDArray[np.float64],
    A: NDArray[np.float64],
    dt: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The matrix of Newton's method, and what rounding may do to a residual."""
    pairs = zip(times, states.swapaxes(0, 1), strict=True)
    columns = [dt * difference_jacobian(system, t, stage, dt) for t, stage in pairs]
    jacobian = np.stack(columns, axis=1)
    noise = np.einsum("nikl,nil->nik", np.abs(jacobian), np.abs(states))
    matrix = -np.einsum("ij,nikl->nikjl", A, jacobian)
    size = states.shape[1] * states.shape[2]
    return np.eye(size) + matrix.reshape(-1, size, size), ROUNDING * noise


def _multiply(
    matrix: NDArray[np.float64], stages: NDArray[np.float64]
) -> NDArray[np.float64]:
    flat = stages.reshape(*matrix.shape[:2], 1)
    return (matrix @ flat).reshape(stages.shape)
