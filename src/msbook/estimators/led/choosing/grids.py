"""The grid of a field, and the local map that suits it."""

from __future__ import annotations

from itertools import pairwise
from math import prod

import numpy as np
from numpy.typing import NDArray

from msbook.estimators.led.inputs.paths import Paths
from msbook.estimators.led.settings import shortened
from msbook.networks.propagators.local import N_FILTERED, LocalMap
from msbook.networks.propagators.stencil import LinearStencil

FEWEST = 8  # points in a direction, without which nothing is near or far
SEAM = 2.0  # times what neighbours differ by, the edges of a closed grid may differ
ALIKE = 0.25  # of the mean square difference of any two components
N_WAVES = 12
STAGES = ((1, 800), (2, 400), (8, 200), (30, 100))
# Of a large grid a window has so many points that a few long ones tell little more.
STAGES_OF_LARGE = ((1, 450), (4, 110), (16, 36))
LARGE = 1024  # points
# Multiplications of a training, forward: about half a minute of one core.
BUDGET = 1.8e11
POINTS, POINTS_OF_LARGE = 4096, 16384  # an update, of all windows of a batch


def local_map(paths: Paths, n_fields: int | None) -> LocalMap | None:
    """A recipe for these fields; None for states that have no grid.

    A row of components of which nothing is said is one field on a line, if neighbours
    are alike.
    """
    if paths.n_fields is not None and paths.grid:
        grid = paths.grid
    elif n_fields is not None:
        grid = (paths.dim // n_fields,)
    elif _is_smooth(paths):
        grid = (paths.dim,)
    else:
        return None
    if len(grid) > 3 or min(grid) < FEWEST:
        return None
    periodic = _closes(paths, grid)
    if len(grid) == 1:
        return LocalMap(grid, periodic)
    n_waves = N_WAVES if periodic else 0
    width, kernel = {2: (12, 5), 3: (8, 3)}[len(grid)]
    return LocalMap(grid, periodic, width, 1, kernel, n_waves)


def stencil_like(recipe: LocalMap, n_delays: int) -> LinearStencil:
    """A stencil on the grid of a local map, which is precise a step ahead."""
    kernel = 9 if len(recipe.grid) == 1 and recipe.grid[0] >= 9 else recipe.kernel
    return LinearStencil(recipe.grid, recipe.periodic, kernel, n_delays, ridge=1e-13)


def n_windows(recipe: LocalMap) -> int:
    """Windows of a batch: fewer on a large grid, where each has many points."""
    n_points = prod(recipe.grid)
    most = POINTS_OF_LARGE if n_points > LARGE else POINTS
    return max(2, min(32, most // n_points))


def stages(
    recipe: LocalMap, n_fields: int, longest: int
) -> tuple[tuple[int, int], ...]:
    """Stages of a training, with as many updates as the budget allows."""
    n_seen = n_fields + (N_FILTERED if recipe.n_waves else 0)
    filters = recipe.kernel ** len(recipe.grid)
    widths = [n_seen, *[recipe.width] * recipe.n_layers]
    gated = sum(2 * n * m for n, m in pairwise(widths))
    # In several directions filters are at half the speed.
    at_a_point = (
        min(2, len(recipe.grid))
        * filters
        * (gated + (recipe.width + n_fields) * n_fields)
    )
    planned = STAGES_OF_LARGE if prod(recipe.grid) > LARGE else STAGES
    n_steps = sum(steps * updates for steps, updates in planned)
    cost = n_steps * n_windows(recipe) * prod(recipe.grid) * at_a_point
    share = min(1.0, BUDGET / cost)
    return shortened([(k, max(10, int(share * n))) for k, n in planned], longest)


def _is_smooth(paths: Paths) -> bool:
    """Whether neighbouring components are much more alike than any two."""
    states = _some(paths)
    if states.shape[1] < FEWEST:
        return False
    near = np.mean(np.diff(states, axis=1) ** 2)
    return bool(near < ALIKE * 2.0 * np.mean(states.var(axis=1)))


def _some(paths: Paths) -> NDArray[np.float64]:
    """A few hundred states, evenly spread."""
    every = -(-len(paths) // 200)
    return paths.rows(np.arange(0, len(paths), every))


def _closes(paths: Paths, grid: tuple[int, ...]) -> bool:
    """Whether the last point of each direction is a neighbour of the first."""
    states = _some(paths)
    fields = states.reshape(len(states), -1, *grid)
    for axis in range(2, fields.ndim):
        inside = np.diff(fields, axis=axis)
        across = np.take(fields, 0, axis) - np.take(fields, -1, axis)
        kept = tuple(i for i in range(inside.ndim) if i != 1)
        usual = np.sqrt(np.mean(inside**2, axis=kept))
        seam = np.sqrt(np.mean(across**2, axis=tuple({0, *range(2, across.ndim)})))
        if (seam > SEAM * usual).any():
            return False
    return True
