"""What is left to compare when trajectories part: spectra and rates of parting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.signal import welch

from msbook._memory import new_array
from msbook._validation import (
    LARGEST,
    check_between,
    check_count,
    check_methods,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.metrics.checks import check_trajectories
from msbook.metrics.dynamics import Estimate

_SEPARATION = 1e-6  # of the size of the motion: between rounding and the flow's bend
_BLOCKS = 10


def power_spectrum(
    trajectories: ArrayLike, dt: float, n_window: int | None = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    r"""Power of the motion by frequency, averaged over components and trajectories.

    .. math:: S(f) = \frac{2}{T} \Bigl\langle \Bigl\lvert
              \int_0^T (u(t) - \bar u)\, e^{-2\pi i f t}\,dt
              \Bigr\rvert^2 \Bigr\rangle, \qquad
              \int_0^\infty S(f)\,df = \operatorname{var} u

    It is Welch's estimate: windows of Hann's shape that overlap by half, each without
    its mean.

    Parameters
    ----------
    trajectories : array_like, shape (n_traj, n_time) or (n_traj, n_time, dim)
        Sampled at equal intervals.
    dt : float
        Time between two samples.
    n_window : int, optional
        Samples in a window: more for finer frequencies, fewer for less noise. By
        default a sixteenth of a trajectory.

    Returns
    -------
    frequencies : ndarray, shape (n_window // 2 + 1,)
        Cycles per unit of time.
    power : ndarray, of the same shape
        Squared units of the trajectories, per unit of frequency.

    Raises
    ------
    ValueError
        For trajectories, a ``dt`` or a window that cannot be used.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import power_spectrum
    >>> t = 0.1 * np.arange(4096)
    >>> frequencies, power = power_spectrum(np.sin(2 * np.pi * 1.25 * t)[None], 0.1)
    >>> float(frequencies[power.argmax()])
    1.25

    References
    ----------
    Vlachas et al. (2022), figure 41. Welch (1967).
    """
    paths = check_trajectories(trajectories)
    n_time = paths.shape[1]
    dt = check_between("dt", dt, 0.0, LARGEST)
    length = max(n_time // 16, 2)
    if n_window is not None:
        length = check_count("n_window", n_window, least=2)
    if length > n_time:
        raise ValueError(
            f"n_window must not exceed the {n_time} times of a trajectory, and these "
            f"must be two; got {length}."
        )
    paths = paths.reshape(len(paths), n_time, -1)
    frequencies, power = welch(paths, fs=1 / dt, nperseg=length, axis=1)
    return frequencies, power.mean(axis=(0, 2))


def spatial_spectrum(
    states: ArrayLike, length: float
) -> tuple[NDArray[np.floating], NDArray[np.float64]]:
    r"""Mean square of a periodic field by wavenumber, averaged over all states.

    .. math:: E(k) = 2 \langle \lvert \hat u_k \rvert^2 \rangle, \qquad
              \hat u_k = \frac1N \sum_{j=0}^{N-1} u(x_j)\, e^{-ikx_j},

    without the factor for the first and, if :math:`N` is even, the last wavenumber: the
    sum is the mean square of :math:`u`.

    Parameters
    ----------
    states : array_like, shape (..., n_points)
        Values at equidistant points.
    length : float
        Period in space.

    Returns
    -------
    wavenumbers, energy : ndarray, each of shape (n_points // 2 + 1,)

    Raises
    ------
    ValueError
        If the states are empty or not finite.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.metrics import spatial_spectrum
    >>> x = np.arange(8) / 8
    >>> spatial_spectrum(2 * np.cos(2 * np.pi * x), length=1.0)[1].round(12)
    array([0., 2., 0., 0., 0.])
    """
    u, length = finite_array("states", states), check_positive("length", length)
    if u.ndim == 0 or not u.size:
        raise ValueError(
            f"states must have shape (..., n_points) and not be empty; got {u.shape}."
        )
    n_points = u.shape[-1]
    power = np.abs(np.fft.rfft(u) / n_points) ** 2
    energy = power.reshape(-1, power.shape[-1]).mean(axis=0)
    energy[1 : (n_points + 1) // 2] *= 2
    return 2 * np.pi / length * np.arange(len(energy)), energy


def lyapunov_exponents(
    solver: Any,
    y0: ArrayLike,
    *,
    n_exponents: int = 1,
    interval: float,
    n_intervals: int,
    rng: int | np.random.Generator | None = None,
) -> Estimate:
    r"""Rates at which nearby trajectories part, the largest first.

    .. math:: \lambda_i = \frac1T \sum_n \ln R^{(n)}_{ii}, \qquad
              D\Phi_\tau(y_n)\, Q_{n-1} = Q_n R^{(n)}

    Orthogonal directions are carried along by the flow :math:`\Phi` for a time
    :math:`\tau`, as differences of neighbouring trajectories, and are made orthogonal
    again (Benettin's method). The first tenth of the intervals turns them into place
    and is not counted.

    Parameters
    ----------
    solver : Solver
        A bound solver of a system without noise, or anything with ``dt`` and
        ``advance(y, t, n_steps)``.
    y0 : array_like, shape (dim,) or (n_traj, dim)
        Starts, on the attractor; several of them are stepped side by side.
    n_exponents : int
        How many.
    interval : float
        Time :math:`\tau`: long against ``solver.dt``, of which it is a multiple, and
        short enough that no direction is lost, :math:`e^{-(\lambda_1 - \lambda_n)\tau}`
        well above 1e-8.
    n_intervals : int
        How many, ten at least.
    rng : int or numpy.random.Generator, optional
        Seed or source of the first directions.

    Returns
    -------
    Estimate
        Exponents per unit of time, shape ``(n_exponents,)``, and their standard errors
        from ten blocks of each trajectory.

    Raises
    ------
    ValueError
        If an argument does not fit, or a state or a separation is not finite or zero.

    Notes
    -----
    Neighbours start at a millionth of the spread that a trial run of the starts over
    all intervals has in each component, so that the result does not depend on units.

    Examples
    --------
    With friction :math:`\gamma` a pendulum at rest loses volume at that rate:

    >>> import msbook as ms
    >>> pendulum = ms.systems.Langevin(ms.systems.quadratic_well([[1.0]]), friction=0.5)
    >>> solver = ms.Solver(pendulum, dt=0.01)
    >>> rates = ms.metrics.lyapunov_exponents(
    ...     solver, [0.1, 0.0], n_exponents=2, interval=0.5, n_intervals=100, rng=0)
    >>> round(float(rates.value.sum()), 3)
    -0.5

    References
    ----------
    Benettin, Galgani, Giorgilli & Strelcyn (1980).
    """
    check_methods(
        "solver",
        solver,
        ("dt", "advance"),
        "an msbook.Solver, or an object with dt and advance(y, t, n_steps)",
    )
    starts = np.atleast_2d(finite_array("y0", y0))
    if starts.ndim != 2 or not starts.size:
        raise ValueError(
            f"y0 must have shape (dim,) or (n_traj, dim); got {starts.shape}."
        )
    interval = check_between("interval", interval, 0.0, LARGEST)
    check_count("n_exponents", n_exponents)
    check_count("n_intervals", n_intervals)
    random = check_rng(rng)
    n_traj, dim = starts.shape
    n_steps = round(interval / solver.dt)
    if n_steps < 1 or abs(n_steps * solver.dt - interval) > 1e-6 * interval:
        raise ValueError(
            f"interval must be a multiple of the solver's dt, {solver.dt:.6g}; got "
            f"{interval!r}."
        )
    if not 1 <= n_exponents <= dim or n_intervals < _BLOCKS:
        raise ValueError(
            f"n_exponents must lie between 1 and {dim} and n_intervals be at least "
            f"{_BLOCKS}; got {n_exponents!r} and {n_intervals!r}."
        )
    growth = new_array(
        "the rates of growth",
        (n_intervals, n_traj, n_exponents),
        "Take fewer n_intervals.",
        "rows",
    )
    scale = _size_of_motion(solver, starts, interval, n_steps, n_intervals)
    directions = np.linalg.qr(random.normal(size=(n_traj, dim, n_exponents)))[0]
    for n in range(n_intervals):
        neighbours = starts[:, None] + (_SEPARATION * scale * directions.swapaxes(1, 2))
        together = np.concatenate((starts[:, None], neighbours), axis=1)
        ends = solver.advance(together.reshape(-1, dim), n * interval, n_steps)
        ends = ends.reshape(together.shape)
        starts = ends[:, 0]
        parted = (ends[:, 1:] - ends[:, :1]) / scale / _SEPARATION
        directions, triangle = np.linalg.qr(parted.swapaxes(1, 2))
        factor = abs(np.diagonal(triangle, axis1=1, axis2=2))
        if not (np.isfinite(factor) & (factor > 0)).all():
            raise ValueError(
                f"trajectories no longer part by a finite rate in interval {n}: they "
                "left the finite numbers, or a direction is lost to rounding. Try a "
                "shorter interval, fewer exponents, or another start."
            )
        growth[n] = np.log(factor)
    counted = growth[n_intervals // 10 :] / interval
    n_blocks = min(_BLOCKS, len(counted))
    blocks = np.stack([b.mean(axis=0) for b in np.array_split(counted, n_blocks)])
    error = blocks.reshape(-1, n_exponents).std(axis=0, ddof=1)
    return Estimate(counted.mean(axis=(0, 1)), error / np.sqrt(len(blocks) * n_traj))


def _size_of_motion(
    solver: Any, starts: NDArray[Any], interval: float, n_steps: int, n_intervals: int
) -> NDArray[np.float64]:
    """Spread of each component over a trial run; of one at rest, its size."""
    seen = [starts]
    for n in range(n_intervals):
        seen.append(solver.advance(seen[-1], n * interval, n_steps))
    states: NDArray[np.float64] = np.concatenate(seen)
    if not np.isfinite(states).all():
        raise ValueError(
            "trajectories leave the finite numbers on their way; start closer to the "
            "attractor, or choose a smaller dt."
        )
    spread: NDArray[np.float64] = np.ptp(states, axis=0)
    size = np.where(spread > 0, spread, np.abs(states).max(axis=0))
    return np.where(size > 0, size, size.max() if size.max() > 0 else 1.0)
