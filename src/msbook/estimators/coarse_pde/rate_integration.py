"""The time integration of an equation that was learnt, and may be wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import BDF

_TOLERANCE = 1e-5  # relative, of the time integration
_FAR = 3.0  # half ranges of the data from their middle, where a forecast is given up
_MOST_EVALUATIONS = 15  # of the rates, for a state; a sound equation takes five


def integrated(
    rates: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    jacobian: Callable[[NDArray[np.float64]], Any],
    start: NDArray[np.float64],
    times: NDArray[np.float64],
    centre: NDArray[np.float64],
    reach: NDArray[np.float64],
) -> NDArray[np.float64]:
    """States that follow a start, by implicit backward differentiation.

    Parameters
    ----------
    rates, jacobian : callable
        Time derivatives (dim,) of a state (dim,), and theirs, sparse (dim, dim).
    start : ndarray, shape (dim,)
        State at time 0.
    times : ndarray, shape (n_steps,)
        Equally spaced, the first a step after 0.
    centre, reach : ndarray, shape (dim,)
        Middle of the range of the data, and half its width.

    Returns
    -------
    ndarray, shape (n_steps, dim)
        NaN from where the states leave the data's range far behind, or the time steps
        become too small to go on.
    """
    states = np.full((len(times), len(start)), np.nan)
    solver = BDF(
        lambda _, state: rates(state),
        0.0,
        start,
        t_bound=times[-1],
        jac=lambda _, state: jacobian(state),
        rtol=_TOLERANCE,
        atol=_TOLERANCE * reach.min() / 10,
    )
    most = _MOST_EVALUATIONS * (len(times) + 20)
    while solver.status == "running" and solver.nfev < most:
        before = solver.t
        solver.step()
        if (np.abs(solver.y - centre) > _FAR * reach).any():
            break
        now = (times > before) & (times <= solver.t)
        states[now] = solver.dense_output()(times[now]).T
    return states
