"""Several trainings of LED: their mean, their spread, and an interval that covers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted

from msbook._registry import serializable
from msbook._validation import check_between, check_count, check_kind
from msbook.estimators.led.ensemble.calibration import Calibration, NormalLaw
from msbook.estimators.led.ensemble.interval_forecast import (
    IntervalForecast,
    interval_of,
)
from msbook.estimators.led.ensemble.training import trained_members
from msbook.estimators.led.forecasting import LatentDynamics
from msbook.estimators.led.inputs.labels import continued, is_labelled
from msbook.estimators.led.led import LED
from msbook.estimators.led.members import (
    Arrays,
    Facts,
    members_from_arrays,
    members_to_arrays,
)
from msbook.estimators.led.scoring import forecast_score
from msbook.estimators.random_states import check_random_state
from msbook.serialization.numbers import checked_array

_CALIBRATED = ("floor_", "scores_")


@serializable
class LEDEnsemble(BaseEstimator):
    r"""Trainings of LED that differ in their seeds, and what their spread tells.

    .. math:: \bar x_j \pm q_j(p) \sqrt{s_j^2 + (c\,\bar s_j)^2},
              \qquad c = \tfrac12 ,

    is the interval of level :math:`p` after :math:`j` steps, about the mean
    :math:`\bar x_j` of the members. Their spread :math:`s_j` says where the forecast is
    hard, and not how wrong it is: what all members learnt wrongly does not spread.
    So the factor :math:`q_j` is measured, by :meth:`calibrate`, as the
    :math:`p`-quantile of error over spread in forecasts whose truth is known. A few
    members may agree by chance; :math:`\bar s_j`, the root mean square of the spread in
    those forecasts, keeps their spread from being taken at its word. Before
    calibration the factor is that of the normal law, and :math:`c = 0`.

    Parameters
    ----------
    led : LED
        What is trained; its ``random_state`` is replaced.
    n_members : int
        Number of trainings.
    random_state : int, RandomState or None
        Fixes the seeds of the members.

    Attributes
    ----------
    members_ : list of LED
        The fitted members.
    floor_ : ndarray, shape (n_steps,)
        :math:`c\,\bar s_j`, in the data's units, after :meth:`calibrate`.
    scores_ : ndarray, shape (n_steps, n_values)
        Errors over spreads met in :meth:`calibrate`, from small to large.
    n_windows_ : int
        Number of forecasts they are from.

    Examples
    --------
    >>> import numpy as np
    >>> import msbook as ms
    >>> t, x = np.arange(400)[:, None] * 0.1, np.linspace(0, 2 * np.pi, 16)
    >>> wave = np.sin(x - t)
    >>> parts = ms.networks.PrincipalComponents(2), "mlp"
    >>> led = ms.LED(*parts, n_fields=1, rollouts=((5, 50),))
    >>> ensemble = ms.LEDEnsemble(led, n_members=3, random_state=0)
    >>> windows = np.stack([wave[n : n + 40] for n in range(200, 360, 5)])
    >>> known, truth = windows[:, :20], windows[:, 20:]
    >>> ensemble.fit(wave[None, :200]).calibrate(known[::2], truth[::2]).n_windows_
    16
    >>> found = ensemble.forecast_interval(known[1::2], n_steps=20)
    >>> inside = (found.lower <= truth[1::2]) & (truth[1::2] <= found.upper)
    >>> bool(0.8 < inside.mean() < 1)
    True

    References
    ----------
    Lakshminarayanan, Pritzel & Blundell (2017), on ensembles; Lei, G'Sell, Rinaldo,
    Tibshirani & Wasserman (2018), section 5.2, on the calibration of a spread.
    """

    members_: list[LED]
    floor_: NDArray[np.float64]
    scores_: NDArray[np.float64]
    n_windows_: int

    def __init__(
        self,
        led: LED,
        n_members: int = 5,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.led = led
        self.n_members = n_members
        self.random_state = random_state

    @classmethod
    def from_members(cls, members: Sequence[LED]) -> Self:
        """An ensemble of trainings that are there already, not calibrated.

        Parameters
        ----------
        members : sequence of LED
            Two or more, fitted on the same data.

        Raises
        ------
        ValueError
            If there are fewer, or their states or ``dt`` differ.
        """
        of_led = isinstance(members, Sequence) and all(
            isinstance(member, LED) for member in members
        )
        if not of_led or len(members) < 2:
            raise ValueError(
                "members must be a sequence of two msbook.LED or more; got "
                f"{members!r:.60}."
            )
        for member in members:
            check_is_fitted(member)
        kinds = {(member.n_features_in_, member.dt) for member in members}
        if len(kinds) > 1:
            raise ValueError(
                "members must have states of one size and one dt; got "
                f"{', '.join(f'{size} and dt = {dt}' for size, dt in sorted(kinds))}."
            )
        ensemble = cls(cast("LED", clone(members[0])), n_members=len(members))
        ensemble.members_ = list(members)
        return ensemble

    def fit(
        self, X: ArrayLike, y: None = None, *, validation: ArrayLike | None = None
    ) -> Self:
        """Train every member on all trajectories; see :meth:`msbook.LED.fit`.

        Parameters
        ----------
        X, validation : array_like, list, DataFrame or DataArray
            As there, and so is ``y``.

        Returns
        -------
        LEDEnsemble
            With fewer members, but two, and a UserWarning after a KeyboardInterrupt.
        """
        check_count("n_members", self.n_members, least=2)
        check_kind("led", self.led, LED, "an msbook.LED")
        random = check_random_state(self.random_state)
        seeds = random.randint(2**31 - 1, size=self.n_members)
        self.members_ = trained_members(self.led, seeds, X, validation)
        for name in (*_CALIBRATED, "n_windows_"):
            self.__dict__.pop(name, None)
        return self

    def forecast_members(self, X: ArrayLike, n_steps: int) -> NDArray[np.float64]:
        """Forecasts of all members.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, dim)
            Consecutive states, the warm-up.
        n_steps : int
            States to forecast.

        Returns
        -------
        ndarray, shape (n_members, n_traj, n_steps, ...)
        """
        learned = self._learned()
        known = learned.coder.as_given(learned.known(X))
        return np.stack([member.forecast(known, n_steps) for member in self.members_])

    def forecast(self, X: ArrayLike, n_steps: int) -> NDArray[np.float64]:
        """Mean of :meth:`forecast_members`; from a DataArray comes another."""
        mean = self.forecast_members(X, n_steps).mean(axis=0)
        return continued(X, mean, self.members_[0].dt) if is_labelled(X) else mean

    def score(self, X: ArrayLike, y: None = None) -> float:
        """How good :meth:`forecast` is; :meth:`msbook.LED.score` explains it."""
        self._learned()
        return forecast_score(self.members_, X)

    def calibrate(self, X: ArrayLike, truth: ArrayLike) -> Self:
        """Learn from forecasts with known truth how wide an interval must be.

        Parameters
        ----------
        X : array_like, shape (n_windows, n_known, dim)
            Warm-ups that no member was trained on. They should be as like those to come
            as one draw is like another: from the same system, and from all of it.
        truth : array_like, shape (n_windows, n_steps, dim)
            What followed. Intervals reach as many steps.

        Returns
        -------
        LEDEnsemble

        Raises
        ------
        ValueError
            If there is not one truth for each warm-up.
        """
        learned = self._learned()
        known, followed = learned.known(X), learned.known(truth, "truth")
        if len(known) != len(followed):
            raise ValueError(
                "there must be one truth for each warm-up; got shapes "
                f"{followed.shape} and {known.shape}."
            )
        forecasts = self.forecast_members(X, followed.shape[1])
        found = Calibration.of(forecasts.reshape(-1, *followed.shape), followed)
        self.floor_, self.scores_ = found.floor, found.scores
        self.n_windows_ = found.n_windows
        return self

    def forecast_interval(
        self, X: ArrayLike, n_steps: int, level: float = 0.9
    ) -> IntervalForecast:
        r"""Mean of the members' forecasts, and an interval for every value.

        After :meth:`calibrate` on :math:`n` windows the factor is the quantile of level
        :math:`\lceil (n + 1) p \rceil / n`. If warm-ups are exchangeable with those
        windows, a share of about :math:`p` of the values lies inside, whatever their
        law; that of a single trajectory may differ.

        Parameters
        ----------
        X : array_like, shape (n_traj, n_known, dim)
            Consecutive states, the warm-up.
        n_steps : int
            States to forecast.
        level : float
            The share :math:`p` of values that is to be inside.

        Returns
        -------
        IntervalForecast

        Raises
        ------
        ValueError
            If the level or the number of steps is beyond the calibration.
        """
        check_between("level", level, 0.0, 1.0)
        calibration = self._calibration()
        if isinstance(calibration, NormalLaw) and self.members_[0].stack_ is not None:
            raise ValueError(
                "calibrate must come first, for members that chose their parts share "
                "what needs no training, and hardly spread."
            )
        factors = calibration.factors(check_count("n_steps", n_steps), level)
        forecasts = self.forecast_members(X, n_steps)
        return interval_of(forecasts, factors, calibration.widths)

    def to_arrays(self) -> tuple[Arrays, Facts]:
        """What ``fit`` and ``calibrate`` found, as arrays and JSON values."""
        check_is_fitted(self, "members_")
        arrays, members = members_to_arrays(self.members_)
        n_windows = getattr(self, "n_windows_", None)
        if n_windows is not None:
            arrays |= {name: getattr(self, name) for name in _CALIBRATED}
        return arrays, {"members": members, "n_windows_": n_windows}

    def from_arrays(self, arrays: Arrays, fitted: Facts) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        self.members_ = members_from_arrays(arrays, fitted["members"])
        if len(self.members_) < 2:
            raise ValueError("an ensemble needs two members; got one")
        if fitted["n_windows_"] is not None:
            self.n_windows_ = int(fitted["n_windows_"])
            n_steps = len(arrays["floor_"])
            n_values = self.n_windows_ * self.members_[0].n_features_in_
            self.floor_ = checked_array(arrays, "floor_", (n_steps,))
            self.scores_ = checked_array(arrays, "scores_", (n_steps, n_values))
        return self

    def _learned(self) -> LatentDynamics:
        check_is_fitted(self, "members_")
        return LatentDynamics.of(self.members_[0])

    def _calibration(self) -> Calibration | NormalLaw:
        if not hasattr(self, "scores_"):
            return NormalLaw()
        return Calibration(self.floor_, self.scores_, self.n_windows_)
