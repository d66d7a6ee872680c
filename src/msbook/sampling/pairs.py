"""From trajectories to pairs of states, one lag apart."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from msbook._validation import check_count, check_periods, check_rng, real_array
from msbook.integrators import Solution
from msbook.integrators.solver import Seed
from msbook.sampling.pieces import as_paths, cut

Trajectories = np.ndarray | Sequence[np.ndarray] | Solution


def pairs(
    trajectories: Trajectories,
    lag: int = 1,
    *,
    memory: int = 0,
    burn_in: int = 0,
    n_pairs: int | None = None,
    periods: Sequence[float | None] | None = None,
    times: Any = None,
    rng: Seed = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Pairs of states that lie one lag apart, from all trajectories together.

    .. math:: x = (q_n,\; q_{n-\ell},\; \dots,\; q_{n-m\ell}), \qquad y = q_{n+\ell}

    Pairs overlap: every time serves as the present that has enough past and future.
    What belongs to a state and is not to be learnt, such as the time, can be handed in
    as a further component and split off again.

    Parameters
    ----------
    trajectories : array, shape (n_traj, n_time, dim), Solution, or list of arrays
        States at equal distances in time; the arrays of a list have shape
        (n_time, dim) and may differ in length.
    lag : int
        :math:`\ell`, saved states between ``x`` and ``y``.
    memory : int
        :math:`m`, earlier states in ``x``, the present one first.
    burn_in : int
        States dropped at the beginning of each trajectory.
    n_pairs : int, optional
        How many pairs to draw at random, without replacement; by default all, in
        order.
    periods : sequence of float or None, length dim, optional
        Periods of components that live on a circle, ``None`` for the others. Then
        ``y``, and backwards in time each earlier state, is lifted to the branch that
        is nearest to ``x``.
    times : array_like, shape (n_time,), or one array for each trajectory, optional
        Times of the states, for data with gaps.
    rng : int or numpy.random.Generator, optional
        Seed or source, for ``n_pairs``.

    Returns
    -------
    x : ndarray, shape (n, (memory + 1) * dim)
    y : ndarray, shape (n, dim)

    Raises
    ------
    ValueError
        If all trajectories are too short, one is infinite or of the wrong shape, times
        have no usual step, or an argument does not fit.

    Examples
    --------
    >>> import numpy as np
    >>> path = np.arange(5.0)[None, :, None]
    >>> x, y = pairs(path, lag=1, memory=1)
    >>> x.tolist(), y.tolist()
    ([[1.0, 0.0], [2.0, 1.0], [3.0, 2.0]], [[2.0], [3.0], [4.0]])

    References
    ----------
    Chen & Xiu (2024).
    """
    groups = as_groups(trajectories, gaps=True)
    check_count("lag", lag)
    check_count("memory", memory, 0)
    check_count("burn_in", burn_in, 0)
    dim = groups[0].shape[2]
    periods = check_periods("periods", periods, dim)
    first = memory * lag
    needed = first + lag + 1
    lengths = [group.shape[1] for group in groups for _ in group]
    groups, were_cut = cut(groups, times, burn_in)
    enough = [group for group in groups if group.shape[1] >= needed]
    if not enough:
        raise ValueError(
            f"a pair takes {burn_in + needed} states (burn_in {burn_in}, memory "
            f"{memory}, lag {lag}); the longest of trajectories has {max(lengths)}"
            f"{', with gaps' if were_cut else ''}. Choose a shorter lag, memory or "
            "burn_in."
        )
    short = [i for i, n in enumerate(lengths) if n < burn_in + needed]
    if short:
        warnings.warn(
            f"trajectories {short[:10]} have fewer states than the {burn_in + needed} "
            f"that a pair takes (burn_in {burn_in}, memory {memory}, lag {lag}), and "
            f"are left out: {len(short)} of {len(lengths)}.",
            UserWarning,
            stacklevel=2,
        )
    groups = enough
    back = lag * np.arange(memory + 1)
    presents: list[np.ndarray] = [
        np.arange(first, group.shape[1] - lag) for group in groups
    ]
    both = list(zip(groups, presents, strict=True))
    x = np.concatenate(
        [group[:, n[:, None] - back].reshape(-1, memory + 1, dim) for group, n in both]
    )
    y = np.concatenate([group[:, n + lag].reshape(-1, dim) for group, n in both])
    if n_pairs is not None:
        chosen = _choose(len(y), n_pairs, rng)
        x, y = x[chosen], y[chosen]
    if periods is not None:
        y = _lift(y, x[:, 0], periods)
        for earlier in range(1, memory + 1):
            x[:, earlier] = _lift(x[:, earlier], x[:, earlier - 1], periods)
    return x.reshape(len(x), -1), y


def as_groups(trajectories: Trajectories, gaps: bool = False) -> list[np.ndarray]:
    """Trajectories as arrays ``(n_traj, n_time, dim)``, one for each length.

    They must be finite, or NaN where gaps are allowed.

    Raises
    ------
    ValueError
        If they have another shape, or a state is not finite.
    """
    given: Any = trajectories.y if isinstance(trajectories, Solution) else trajectories
    given = as_paths(given)
    if isinstance(given, np.ndarray):
        groups = [real_array("trajectories", given)]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        groups = [
            real_array(f"trajectories[{i}]", path)[None]
            for i, path in enumerate(cast(list[Any], given))
        ]
    else:
        raise ValueError(
            "trajectories must be an array, a Solution or a list of arrays; got "
            f"something of type {type(given).__name__}."
        )
    shapes = [group.shape for group in groups]
    if not shapes or any(
        len(s) != 3 or 0 in s or s[2] != shapes[0][-1] for s in shapes
    ):
        raise ValueError(
            "trajectories must have shape (n_traj, n_time, dim), or be a list of "
            "arrays of shape (n_time, dim), all of one dim; got "
            + _shapes_and_advice(given, shapes)
        )
    n_wrong = sum(np.count_nonzero(~np.isfinite(group)) for group in groups)
    if gaps:
        n_wrong -= sum(np.count_nonzero(np.isnan(group)) for group in groups)
    if n_wrong:
        raise ValueError(
            f"trajectories must be finite; got {n_wrong} values that are NaN or "
            "infinite. Cut them into pieces there, and hand the pieces in as a list."
        )
    return groups


def _shapes_and_advice(given: Any, shapes: list[tuple[int, ...]]) -> str:
    """What came in place of trajectories, and what was likely meant."""
    if isinstance(given, np.ndarray):
        advice = {
            1: " For one trajectory of one component use X[None, :, None].",
            2: " For one trajectory use X[None]; of one component, X[..., None].",
            4: " Reshape the last two axes to one of components.",
        }.get(given.ndim, "")
        return f"{cast(np.ndarray, given).shape}.{advice}"
    own = [shape[1:] for shape in shapes]
    advice = {
        1: " For one component use path[:, None].",
        3: " Hand in arrays of many trajectories one by one, or all of their paths.",
    }.get(len(own[0]) if own else 0, "")
    return f"a list of shapes {own[:4]}.{advice}"


def _choose(n: int, n_pairs: int, rng: Seed) -> np.ndarray:
    if not 1 <= check_count("n_pairs", n_pairs) <= n:
        raise ValueError(
            f"n_pairs must lie between 1 and the {n} pairs that there are; got "
            f"{n_pairs!r}."
        )
    return check_rng(rng).choice(n, n_pairs, replace=False)


def _lift(
    states: np.ndarray, to: np.ndarray, periods: Sequence[float | None]
) -> np.ndarray:
    """Move components on a circle by whole periods, next to other states."""
    lifted = states.copy()
    for i, period in enumerate(periods):
        if period is not None:
            turns = np.round((to[:, i] - states[:, i]) / period)
            lifted[:, i] += period * turns
    return lifted
