"""A stochastic flow map as a table of increments, for many paths in little time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from msbook._compile.kernels.lanes import LANES
from msbook._compile.kernels.normals import new_states
from msbook._memory import new_array
from msbook._validation import check_count, check_rng
from msbook.estimators.flow_map.increments import IncrementScaling
from msbook.estimators.flow_map.one_step_generator import Seed
from msbook.estimators.flow_map.rollouts import check_starts, warn_outside
from msbook.estimators.flow_map.table_kernels import REACH, roll_line, roll_plane

_DEFAULT_SIZES = {1: (129, 129), 2: (33, 25)}


@dataclass(frozen=True)
class FlowMapTable:
    r"""Increments of a flow map on a grid of states and of normal noise.

    .. math:: x_{n+1} = x_n + M(x_n, \zeta_n), \qquad \zeta_n \sim N(0, I),

    with :math:`M` multilinear between grid points. In one dimension a row of the table
    is the quantile function of the increment at normal scores. In two the second
    component's table has four axes, for it depends on the noise of the first too.
    Beyond the grid, the range of the data and five standard deviations of the noise,
    the edge goes on.

    Attributes
    ----------
    scaling : IncrementScaling
        That of the flow map: range of the data and periods.
    axes : tuple of ndarray
        Grid points of each component of the state, in its unit.
    noise : ndarray, shape (n_noise,)
        Grid points of each component of the noise.
    moves : tuple of ndarray
        A table of increments for each component, of shape ``(n_states, n_noise)`` in
        one dimension, and ``(n_states, n_states, n_noise)`` and
        ``(n_noise, n_states, n_states, n_noise)`` in two.

    Examples
    --------
    >>> import numpy as np
    >>> import msbook as ms
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 5000, 1))
    >>> flow = ms.StochasticFlowMap("affine", n_updates=50, random_state=0)
    >>> table = flow.fit(x, 0.8 * x + 0.6 * noise).to_table()
    >>> table.rollout([2.0], 20, n_paths=1000, rng=0).shape
    (1000, 21, 1)
    """

    scaling: IncrementScaling
    axes: tuple[NDArray[np.float64], ...]
    noise: NDArray[np.float64]
    moves: tuple[NDArray[np.float64], ...]

    def rollout(
        self,
        x0: ArrayLike,
        n_steps: int,
        *,
        n_paths: int | None = None,
        rng: Seed = None,
    ) -> NDArray[np.float64]:
        """Paths, as :meth:`msbook.StochasticFlowMap.rollout` gives them.

        Parameters
        ----------
        x0 : array_like, shape (dim,) or (n, dim)
        n_steps : int
        n_paths : int, optional
            Paths from one start; as many as there are starts by default.
        rng : int or numpy.random.Generator, optional

        Returns
        -------
        ndarray, shape (n_paths, n_steps + 1, dim)
        """
        starts = check_starts(x0, self.scaling.dim, n_paths, n_steps)
        shape = (len(starts), n_steps + 1, self.scaling.dim)
        paths = new_array("the paths", shape, "Take fewer n_steps or n_paths.")
        paths[:, 0] = starts
        n_blocks = -(-len(starts) // LANES)
        states = new_states(check_rng(rng), n_blocks)
        roll: Any = roll_line if self.scaling.dim == 1 else roll_plane
        roll(*self.moves, self._described_axes(), states, paths)
        warn_outside(self.scaling, paths)
        return paths

    def step(self, x: NDArray, noise: NDArray) -> NDArray[np.float64]:
        """One step in NumPy, which says what the compiled code does.

        Parameters
        ----------
        x, noise : ndarray, shape (n, dim)
            States, and normal numbers.

        Returns
        -------
        ndarray, shape (n, dim)
        """
        places = [
            _places(values, axis, period)
            for values, axis, period in zip(
                x.T, self.axes, self.scaling.periods, strict=True
            )
        ]
        pushes = [_places(values, self.noise, np.inf) for values in noise.T]
        moved = x.copy()
        moved[:, 0] += _multilinear(self.moves[0], [*places, pushes[0]])
        if self.scaling.dim == 2:
            moved[:, 1] += _multilinear(self.moves[1], [pushes[0], *places, pushes[1]])
        return moved

    def _described_axes(self) -> NDArray[np.float64]:
        rows = [
            (axis[0], 1 / (axis[1] - axis[0]), len(axis) - 1, np.isfinite(period))
            for axis, period in zip(self.axes, self.scaling.periods, strict=True)
        ]
        return np.array(rows, dtype=np.float64)


def tabulate(
    flow: Any, n_states: int | None = None, n_noise: int | None = None
) -> FlowMapTable:
    """Table of a fitted flow map; see :meth:`msbook.StochasticFlowMap.to_table`."""
    scaling: IncrementScaling = flow.scaling_
    dim = scaling.dim
    if dim > 2 or flow.memory or flow.n_context_ or flow.network_.noise_dim != dim:
        raise ValueError(
            "a table needs one or two components, each with noise, no memory, no "
            f'context and the head "spline" or "affine"; got {dim} components, memory='
            f"{flow.memory}, {flow.n_context_} of context and the head {flow.head!r}. "
            "Use rollout."
        )
    sizes = _DEFAULT_SIZES[dim]
    n_states = check_count("n_states", sizes[0] if n_states is None else n_states, 2)
    n_noise = check_count("n_noise", sizes[1] if n_noise is None else n_noise, 2)
    axes = tuple(
        np.linspace(*((low, high) if np.isinf(period) else (0, period)), n_states)
        for low, high, period in zip(
            scaling.low, scaling.high, scaling.periods, strict=True
        )
    )
    noise = np.linspace(-REACH, REACH, n_noise)
    moves = _moves(flow, [*axes, *(noise,) * dim])
    if dim == 1:
        return FlowMapTable(scaling, axes, noise, (moves[..., 0],))
    # The first component does not depend on the noise of the second.
    second = np.ascontiguousarray(np.moveaxis(moves[..., 1], 2, 0))
    first = np.ascontiguousarray(moves[:, :, :, 0, 0])
    return FlowMapTable(scaling, axes, noise, (first, second))


def _moves(flow: Any, axes: Sequence[NDArray]) -> NDArray[np.float64]:
    """Increments on the grid of states and noise, components last."""
    dim = flow.scaling_.dim
    shape = tuple(map(len, axes))
    moves = np.empty((*shape, dim))
    rest = np.stack(np.meshgrid(*axes[1:], indexing="ij"), axis=-1).reshape(
        -1, len(axes) - 1
    )
    for i, value in enumerate(axes[0]):  # a slice at a time spares memory
        points = np.column_stack((np.full(len(rest), value), rest))
        x, noise = points[:, :dim], points[:, dim:]
        moves[i] = (flow.moved(noise, x, points[:, :0]) - x).reshape(*shape[1:], dim)
    return moves


def _places(
    values: NDArray, axis: NDArray, period: float
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Interval of each value along an axis, and how far into it."""
    inside = values if np.isinf(period) else values % period
    n = len(axis) - 1
    place = np.clip((inside - axis[0]) / (axis[1] - axis[0]), 0, n)
    k = np.minimum(place.astype(int), n - 1)
    return k, place - k


def _multilinear(table: NDArray, places: Sequence[tuple]) -> NDArray[np.float64]:
    """Sum over the corners of the cells, each by the share of its opposite."""
    total = np.zeros(len(places[0][0]))
    for corner in product((0, 1), repeat=len(places)):
        index = tuple(k + end for (k, _), end in zip(places, corner, strict=True))
        shares = [
            share if end else 1 - share
            for (_, share), end in zip(places, corner, strict=True)
        ]
        total += np.prod(shares, axis=0) * table[index]
    return total
