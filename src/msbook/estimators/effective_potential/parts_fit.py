"""One potential from the independent parts of a run, and its standard error."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.effective_potential.density_fit import (
    fit_density,
    gibbs_temperature,
)
from msbook.estimators.effective_potential.force_fit import fit_forces
from msbook.estimators.effective_potential.splines import TensorSplines
from msbook.sampling import LargeSteps
from msbook.sampling.large_steps.starting import fewest_steps

BATCHES = 8  # parts of a run, whose spread gives the error
_FEWEST_PILOT_STEPS = 100_000
_MOST_INTERVALS_IN_SPACE = 12  # a fit takes the seventh power of their number
_LEAST_DENSITY = 1e-3  # of its maximum, where the error is taken


def check_length(n_steps: int, friction: NDArray[np.float64], step_size: float) -> None:
    """Each part of a run must be longer than a chain remembers its start.

    Raises
    ------
    ValueError
        If ``n_steps`` of all parts are too few at this friction (d, d).
    """
    fewest = BATCHES * fewest_steps(friction, step_size)
    if n_steps < fewest:
        raise ValueError(
            f"n_steps must be {fewest} or more with this friction and step size, for "
            f"{BATCHES} runs that forget their starts; got {n_steps}. A good potential "
            "takes a thousand times as many."
        )


def independent_parts(
    run: Callable[..., LargeSteps],
    starts: NDArray[np.float64],
    n_steps: int,
    spacing: float,
    periods: Sequence[float | None],
    *,
    may_widen: bool,
) -> tuple[float, TensorSplines, list[LargeSteps]]:
    """Runs on the bins of splines that cover what a shorter run visits.

    Parameters
    ----------
    run : callable
        :func:`msbook.sampling.large_steps`, of all but starts, steps and bins.
    starts : ndarray, shape (n, d)
    n_steps : int
        Steps of all parts together.
    spacing : float
        Distance of the knots, the scale.
    periods : sequence of float or None, length d
        Of coordinates that come back.
    may_widen : bool
        Whether in space the distance may be a twelfth of what the shorter run visits,
        where it would be less.

    Returns
    -------
    spacing : float
        Distance of the knots.
    splines : TensorSplines
    parts : list of LargeSteps

    Raises
    ------
    ValueError
        If the scale is beyond all that the shorter run visits.
    """
    pilot = run(starts, n_steps=max(n_steps // 10, _FEWEST_PILOT_STEPS))
    points = pilot.samples_q.copy()
    for i, period in enumerate(periods):
        if period is not None:
            points[:, i] -= period * np.round(points[:, i] / period)
    visited = np.ptp(points, axis=0).max()
    if spacing > visited:
        raise ValueError(
            "scale must not exceed the region that the chains visit, which is "
            f"{visited:.3g} wide, or nothing is left of the potential; got {spacing}."
        )
    closest = visited / _MOST_INTERVALS_IN_SPACE
    if may_widen and points.shape[1] == 3 and spacing < closest:
        warnings.warn(
            f"the knots lie {closest:.2g} apart, and not {spacing:.2g} as the step: in "
            "space more would take long. What is shorter is averaged out, too; give a "
            "scale to see it.",
            UserWarning,
            stacklevel=3,
        )
        spacing = float(closest)
    splines = TensorSplines.covering(points, spacing, periods)
    edges = splines.edges()
    # Thinned forces would no longer add up to the change of the momentum, and it is
    # this that keeps the error of long waves small.
    options = {"edges": edges[0] if len(edges) == 1 else edges, "thin": 1}
    parts = [run(points, n_steps=n_steps // BATCHES, **options) for _ in range(BATCHES)]
    return spacing, splines, parts


def fit_parts(
    parts: Sequence[LargeSteps],
    splines: TensorSplines,
    edges: tuple[NDArray, ...],
    method: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    r"""Fit the sum of the parts, and each alone to see how far they differ.

    Parameters
    ----------
    parts : sequence of LargeSteps
        Independent runs with the same bins.
    splines : TensorSplines
        Basis of the potential.
    edges : tuple of ndarray
        Edges of the bins along each coordinate.
    method : {"force", "density"}
        What is fitted.

    Returns
    -------
    coefficients : ndarray
        In the shape of the basis. The potential is 0 at its least value among the bins
        where the density exceeds a thousandth of its maximum.
    visited : ndarray, shape (d, 2)
        Ends of the outermost bins that a state visited.
    error : float
        Standard error of the potential, root mean square over the same bins, with a
        common constant left free; that of :math:`n` parts is their spread over
        :math:`\\sqrt n`.
    """
    temperatures = [gibbs_temperature(part) for part in parts]

    def fit(
        counts: NDArray,
        forces: NDArray,
        temperature: float,
        start: NDArray | None = None,
    ) -> NDArray[np.float64]:
        if method == "force":
            return fit_forces(splines, edges, counts, forces)
        return fit_density(splines, edges, counts, temperature, start)

    # Not stacked: in space a copy of all takes a gigabyte.
    sums = [
        (np.asarray(part.midpoint_counts), np.asarray(part.force_sums))
        for part in parts
    ]
    total = reduce(np.add, (counts for counts, _ in sums))
    forces = reduce(np.add, (forces for _, forces in sums))
    coefficients = fit(total, forces, float(np.mean(temperatures)))
    dense = np.argwhere(total > _LEAST_DENSITY * total.max())
    middles = [(edge[1:] + edge[:-1]) / 2 for edge in edges]
    points = np.column_stack([m[i] for m, i in zip(middles, dense.T, strict=True)])
    values = splines.potential(coefficients).potential(points)
    alone = (
        fit(*part, temperature, coefficients)
        for part, temperature in zip(sums, temperatures, strict=True)
    )
    errors = np.array([splines.potential(one).potential(points) for one in alone])
    errors -= values + (errors - values).mean(axis=1, keepdims=True)
    visited = np.array(
        [
            (edge[seen.min()], edge[seen.max() + 1])
            for edge, seen in zip(edges, np.argwhere(total).T, strict=True)
        ]
    )
    error = float(np.sqrt(np.mean(errors.var(axis=0, ddof=1)) / len(parts)))
    # B-splines add up to one, so that a constant is one for every coefficient.
    return coefficients - values.min(), visited, error
