"""Derivatives of fields on a line, in space and in time, by finite differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from msbook._validation import LARGEST

Feature = tuple[int, int]

_ORDERS = (0, 1, 2)
_TIME_STENCIL = 5  # states, for an error of fourth order in the time step


@dataclass(frozen=True)
class FieldDerivatives:
    r"""Values and derivatives in space of fields at the centres of equal cells.

    .. math:: \partial_x u \approx \frac{u_{j+1} - u_{j-1}}{2\,\delta x}, \qquad
              \partial_x^2 u \approx \frac{u_{j+1} - 2 u_j + u_{j-1}}{\delta x^2}

    No flux goes through the walls: beyond them lies the mirror image.

    Parameters
    ----------
    n_fields, n_points : int
        Fields that lie side by side in a state, and cells of each.
    dx : float
        Width of a cell.
    """

    n_fields: int
    n_points: int
    dx: float

    @property
    def features(self) -> list[Feature]:
        """Field and order of the derivative of every feature, fields first."""
        return [(i, order) for i in range(self.n_fields) for order in _ORDERS]

    @cached_property
    def stencils(self) -> list[sp.csr_matrix]:
        """One matrix (n_points, n_fields n_points) a feature."""
        identity = np.eye(self.n_points)
        mirrored = np.pad(identity, [(1, 1), (0, 0)], mode="edge")
        along = (
            identity,
            (mirrored[2:] - mirrored[:-2]) / (2 * self.dx),
            np.diff(mirrored, n=2, axis=0) / self.dx**2,
        )
        fields = np.eye(self.n_fields)
        return [
            sp.csr_matrix(sp.kron(fields[[i]], along[order]))
            for i, order in self.features
        ]

    def columns(self, chosen: Sequence[Sequence[Feature]] | None) -> list[list[int]]:
        """Numbers of the features chosen for each field; all, if none are named.

        Raises
        ------
        ValueError
            If they are not pairs of a field and an order, for every field.
        """
        known = self.features
        if chosen is None:
            return [list(range(len(known)))] * self.n_fields
        try:
            pairs: list[list[Any]] = [[tuple(one) for one in some] for some in chosen]
        except TypeError:
            pairs = []  # no field of which they could be
        if len(pairs) != self.n_fields or not all(
            some and all(one in known for one in some) for some in pairs
        ):
            raise ValueError(
                f"features must name, for each of the {self.n_fields} fields, a list "
                "of pairs (field, order of its derivative) out of "
                f"{known}; got {chosen!r:.200}."
            )
        return [[known.index(feature) for feature in some] for some in pairs]

    def of(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        """Features (..., n_points, n_features) of states (..., dim)."""
        flat = states.reshape(-1, states.shape[-1]).T
        found = np.stack([(stencil @ flat).T for stencil in self.stencils], axis=-1)
        return found.reshape(*states.shape[:-1], *found.shape[1:])

    def jacobian(self, slopes: NDArray[np.float64]) -> sp.csc_matrix:
        r"""Derivative of pointwise rates by the state, through the features.

        Parameters
        ----------
        slopes : ndarray, shape (n_points, n_fields, n_features)
            Derivatives of the rates of the fields at a point by its features.

        Returns
        -------
        sparse matrix, shape (dim, dim)
        """
        rows = [
            sum(
                sp.diags(slopes[:, i, k]) @ stencil
                for k, stencil in enumerate(self.stencils)
            )
            for i in range(self.n_fields)
        ]
        return sp.csc_matrix(sp.vstack(rows))


def pointwise_data(
    trajectories: NDArray[np.float64], n_fields: int, dt: float, dx: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], FieldDerivatives]:
    """Features and time derivatives at all cells and times of trajectories.

    Parameters
    ----------
    trajectories : ndarray, shape (n_traj, n_time, dim)
    n_fields : int
        Fields that lie side by side in a state.
    dt, dx : float
        Time between two states, and width of a cell.

    Returns
    -------
    features : ndarray, shape (n, n_features)
    rates : ndarray, shape (n, n_fields)
    derivatives : FieldDerivatives

    Raises
    ------
    ValueError
        If there are fewer than five states, the components cannot be dealt out, or
        derivatives are not finite.
    """
    n_time, dim = trajectories.shape[1:]
    if n_time < _TIME_STENCIL:
        raise ValueError(
            f"X must have {_TIME_STENCIL} states a trajectory or more, for derivatives "
            f"in time; got {n_time}."
        )
    if n_fields < 1 or dim % n_fields or dim < 3 * n_fields:
        raise ValueError(
            "n_fields must divide the number of components and leave three cells or "
            f"more to each; got n_fields = {n_fields} for {dim} components."
        )
    derivatives = FieldDerivatives(n_fields, dim // n_fields, dx)
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        features, rates = (
            derivatives.of(trajectories),
            time_derivatives(trajectories, dt),
        )
    for name, step, found in (("dx", dx, features), ("dt", dt, rates)):
        if not np.abs(found).max() <= LARGEST:
            raise ValueError(
                f"{name} must not be so small that derivatives exceed {LARGEST:g}; got "
                f"{step:g}. Choose another unit."
            )
    rates = rates.reshape(-1, n_fields, dim // n_fields)
    return (
        features.reshape(-1, features.shape[-1]),
        np.swapaxes(rates, 1, 2).reshape(-1, n_fields),
        derivatives,
    )


def time_derivatives(
    trajectories: NDArray[np.float64], dt: float
) -> NDArray[np.float64]:
    r"""Time derivatives by finite differences of fourth order.

    .. math:: \dot x_n \approx
              \frac{x_{n-2} - 8 x_{n-1} + 8 x_{n+1} - x_{n+2}}{12\, \Delta t}

    The first and the last two states of a trajectory take the one-sided formulas on
    the nearest five.

    Parameters
    ----------
    trajectories : ndarray, shape (n_traj, n_time, dim)
        At least five states each.
    dt : float
        Time between two states.

    Returns
    -------
    ndarray, shape (n_traj, n_time, dim)

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.estimators.coarse_pde.field_derivatives import time_derivatives
    >>> t = np.linspace(0, 1, 6)[None, :, None]
    >>> bool(np.allclose(time_derivatives(t**4, 0.2), 4 * t**3))
    True

    References
    ----------
    Fornberg (1988), Generation of finite difference formulas on arbitrarily spaced
    grids.
    """
    n_time, half = trajectories.shape[1], _TIME_STENCIL // 2
    inner = slice(half, n_time - half)
    found = np.empty_like(trajectories)
    found[:, inner] = sum(
        weight * trajectories[:, k : n_time - _TIME_STENCIL + 1 + k]
        for k, weight in enumerate(_time_weights(half))
    )
    for at in range(half):
        weights = _time_weights(at)
        found[:, at] = np.tensordot(weights, trajectories[:, :_TIME_STENCIL], (0, 1))
        # Time reversed: the same formula with the other sign.
        last = trajectories[:, : -_TIME_STENCIL - 1 : -1]
        found[:, -1 - at] = -np.tensordot(weights, last, (0, 1))
    return found / dt


def _time_weights(at: int) -> NDArray[np.float64]:
    """Weights of five consecutive states for the derivative at one of them."""
    offsets = np.arange(_TIME_STENCIL) - float(at)
    powers = np.vander(offsets, increasing=True).T
    return np.linalg.solve(powers, np.eye(_TIME_STENCIL)[1])
