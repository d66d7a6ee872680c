"""A partial differential equation learnt from snapshots of its fields."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from msbook._memory import new_array
from msbook._registry import serializable
from msbook._validation import LARGEST, check_between, check_count
from msbook.estimators.coarse_pde.field_derivatives import (
    Feature,
    FieldDerivatives,
    pointwise_data,
)
from msbook.estimators.coarse_pde.pointwise_regression import (
    FittedRegression,
    Regression,
)
from msbook.estimators.coarse_pde.rate_integration import integrated
from msbook.estimators.coarse_pde.regressors import regression_of
from msbook.estimators.coarse_pde.serialization import (
    attributes_from_arrays,
    attributes_to_arrays,
)
from msbook.estimators.field_scaling import FieldScaling
from msbook.estimators.random_states import check_random_state
from msbook.estimators.state_checks import check_states, check_trajectories


@serializable
class CoarsePDE(BaseEstimator):
    r"""Right-hand side of a partial differential equation, learnt point by point.

    .. math:: \partial_t u = f_u(u, u_x, u_{xx}, v, v_x, v_{xx}), \qquad
              \partial_t v = f_v(u, u_x, u_{xx}, v, v_x, v_{xx})

    Derivatives are finite differences of the snapshots, of fourth order in time and of
    second order in space. Every function is a regression on points drawn from
    all cells and times. A forecast integrates the equation with no flux through the
    walls, by implicit backward differentiation with the exact Jacobian.

    Parameters
    ----------
    regressor : {"gp", "network"} or recipe
        How a function is learnt, by name or, as
        :class:`msbook.estimators.GaussianProcessRegression` or
        :class:`msbook.estimators.NetworkRegression`, with its sizes.
    features : sequence of sequences of (int, int), optional
        For each field the features its rate depends on, as pairs of a field and the
        order of its derivative in space: ``((0, 2), (1, 0))`` is
        :math:`u_{xx}, v`. All of them by default; see
        :func:`msbook.estimators.feature_ranking`.
    dt : float
        Time between the states of a trajectory.
    n_fields : int
        Fields that lie side by side in the state.
    dx : float
        Width of a cell.
    random_state : int, RandomState or None
        Fixes the points and the initial parameters of networks.

    Attributes
    ----------
    functions_ : list of FittedRegression
        One a field, of scaled features.
    derivatives_ : FieldDerivatives
        What the features are.
    feature_scaling_, rate_scaling_ : FieldScaling
        What scales features and time derivatives.
    n_features_in_ : int
        Number of components of a state.

    Examples
    --------
    Diffusion, :math:`\partial_t u = 0.1\, \partial_x^2 u`:

    >>> import numpy as np
    >>> from msbook.estimators import CoarsePDE, GaussianProcessRegression
    >>> t, x = np.arange(21)[:, None] * 0.1, np.arange(0.025, 1, 0.05)
    >>> modes = [k * np.exp(-0.1 * (k * np.pi) ** 2 * t) * np.cos(k * np.pi * x)
    ...          for k in (1, 2)]
    >>> pde = CoarsePDE(
    ...     GaussianProcessRegression(100, 100), dt=0.1, n_fields=1, dx=0.05,
    ...     random_state=0,
    ... ).fit(np.array(modes))
    >>> start = modes[0] + modes[1]
    >>> forecast = pde.forecast(start[None, :1], n_steps=20)
    >>> bool(np.abs(forecast - start[1:]).max() < 0.05)
    True

    References
    ----------
    Lee, Kooshkbaghi, Spiliotis, Siettos & Kevrekidis (2020). Theirs are the pointwise
    functions of the fields and their derivatives, Gaussian processes with one length a
    feature, and networks; the differences in time and space, the sizes, how the
    networks are trained and the time integration are ours.
    """

    functions_: list[FittedRegression]
    derivatives_: FieldDerivatives
    feature_scaling_: FieldScaling
    rate_scaling_: FieldScaling
    n_features_in_: int
    _columns: list[list[int]]
    _centre: NDArray[np.float64]
    _reach: NDArray[np.float64]

    def __init__(
        self,
        regressor: str | Regression = "gp",
        *,
        features: Sequence[Sequence[Feature]] | None = None,
        dt: float = 1.0,
        n_fields: int = 2,
        dx: float = 1.0,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.regressor = regressor
        self.features = features
        self.dt = dt
        self.n_fields = n_fields
        self.dx = dx
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: None = None) -> Self:
        """Learn the equation from trajectories.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_time, dim)
            Trajectories on one time grid, of five states or more.
        y : None
            There for scikit-learn.

        Returns
        -------
        CoarsePDE

        Raises
        ------
        ValueError
            If the trajectories do not fit, or a parameter is out of range.
        """
        self._check_parameters()
        recipe = regression_of(self.regressor)
        trajectories = check_trajectories("X", X)
        features, rates, derivatives = pointwise_data(
            trajectories, self.n_fields, self.dt, self.dx
        )
        columns = derivatives.columns(self.features)
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        rng = np.random.default_rng(seed)
        self.n_features_in_ = trajectories.shape[2]
        self.derivatives_ = derivatives
        self.feature_scaling_ = FieldScaling.of(features)
        self.rate_scaling_ = FieldScaling.of(rates)
        drawn = rng.choice(
            len(features), min(recipe.n_samples, len(features)), replace=False
        )
        points = self.feature_scaling_.scaled(features[drawn])
        targets = self.rate_scaling_.scaled(rates[drawn])
        self.functions_ = [
            recipe.fit(points[:, chosen], target, rng)
            for chosen, target in zip(columns, targets.T, strict=True)
        ]
        self._columns = columns
        fields = trajectories.reshape(-1, self.n_fields, derivatives.n_points)
        lowest, highest = fields.min(axis=(0, 2)), fields.max(axis=(0, 2))
        self._centre, self._reach = (
            np.repeat(values, derivatives.n_points)
            for values in ((lowest + highest) / 2, (highest - lowest) / 2)
        )
        return self

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "functions_")
        return attributes_to_arrays(vars(self))

    def from_arrays(
        self, arrays: dict[str, NDArray[Any]], fitted: dict[str, Any]
    ) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self._check_parameters()
        found = attributes_from_arrays(self.get_params(deep=False), arrays, fitted)
        for name, value in found.items():
            setattr(self, name, value)
        return self

    def rates(self, X: ArrayLike) -> NDArray[np.float64]:
        """Time derivatives of states: the learnt right-hand side.

        Parameters
        ----------
        X : array_like, shape (..., dim)

        Returns
        -------
        ndarray, shape (..., dim)
        """
        check_is_fitted(self, "functions_")
        return self._rates(check_states("X", X, self.n_features_in_))

    def _rates(self, states: NDArray[np.float64]) -> NDArray[np.float64]:
        features = self.derivatives_.of(states)
        points = self.feature_scaling_.scaled(features)
        flat = points.reshape(-1, points.shape[-1])
        values = np.stack(
            [
                function.value(flat[:, chosen])
                for function, chosen in zip(self.functions_, self._columns, strict=True)
            ],
            axis=-1,
        )
        rates = self.rate_scaling_.unscaled(values)
        rates = rates.reshape(*points.shape[:-1], self.n_fields)
        return np.swapaxes(rates, -1, -2).reshape(states.shape)

    def jacobian(self, state: NDArray[np.float64]) -> Any:
        """Derivative of :meth:`rates` at one state ``(dim,)``, sparse (dim, dim)."""
        check_is_fitted(self, "functions_")
        given = check_states("state", state, self.n_features_in_)
        if given.ndim != 1:
            raise ValueError(
                f"state must be one state, of shape ({self.n_features_in_},); got "
                f"{given.shape}."
            )
        return self._jacobian(given)

    def _jacobian(self, state: NDArray[np.float64]) -> Any:
        points = self.feature_scaling_.scaled(self.derivatives_.of(state))
        slopes = np.zeros((len(points), self.n_fields, points.shape[1]))
        pairs = zip(self.functions_, self._columns, strict=True)
        for i, (function, chosen) in enumerate(pairs):
            slopes[:, i, chosen] = function.slopes(points[:, chosen])
        slopes *= self.rate_scaling_.scale[:, None] / self.feature_scaling_.scale
        return self.derivatives_.jacobian(slopes)

    def forecast(self, X: ArrayLike, n_steps: int) -> NDArray[np.float64]:
        """States that follow known states, of which only the last counts.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, dim)
            Consecutive states.
        n_steps : int
            States to forecast.

        Returns
        -------
        ndarray, shape (n_traj, n_steps, dim)
            NaN, with a warning, from where a forecast is far out of the range of the
            data or its time steps become too small to go on.
        """
        check_is_fitted(self, "functions_")
        known = check_trajectories("X", X, self.n_features_in_)
        n_steps = check_count("n_steps", n_steps)
        shape = (len(known), n_steps, self.n_features_in_)
        forecasts = new_array("the forecasts", shape, "Take fewer n_steps.")
        times = self.dt * np.arange(1, n_steps + 1, dtype=np.float64)
        law, region = (self._rates, self._jacobian), (self._centre, self._reach)
        for forecast, start in zip(forecasts, known[:, -1], strict=True):
            forecast[:] = integrated(*law, start, times, *region)
        ends = np.isfinite(forecasts).all(axis=2).sum(axis=1)
        if (ends < n_steps).any():
            warnings.warn(
                f"{(ends < n_steps).sum()} of {len(ends)} forecasts leave the range of "
                "the data or take too small steps, the first at step "
                f"{ends.min() + 1}; they are NaN from there on. The learnt equation is "
                "unstable: choose other features, or learn it from more points.",
                RuntimeWarning,
                stacklevel=2,
            )
        return forecasts

    def _check_parameters(self) -> None:
        for name in ("dt", "dx"):
            check_between(name, getattr(self, name), 0.0, LARGEST)
        check_count("n_fields", self.n_fields)
