"""Adaptive LED: a surrogate that is learned while it runs, and steps back in doubt."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from itertools import pairwise
from numbers import Real
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from msbook._registry import serializable
from msbook._validation import (
    check_count,
    check_number,
    check_positive,
    finite_array,
)
from msbook.estimators.led.adaptive.cycles import Cycles
from msbook.estimators.led.adaptive.run import AdaptiveRun
from msbook.estimators.led.led import LED
from msbook.estimators.led.members import members_from_arrays, members_to_arrays
from msbook.estimators.led.settings import check_settings
from msbook.estimators.random_states import check_random_state
from msbook.integrators.simulators import Simulator, steps_within
from msbook.networks.autoencoders.dense import Autoencoder
from msbook.networks.propagators.recurrent import Propagator


@serializable
class AdaptiveLED(BaseEstimator):
    r"""Learned effective dynamics that are learned as a solver runs, and replace it.

    A run begins with a stretch of the solver, on which the autoencoder is fitted and
    several propagators are trained. Then it goes in cycles:

    1. *relaxation*: the solver forgets what the decoder did to its state;
    2. *warm-up*: the propagators are shown what the solver does;
    3. *comparison*: solver and surrogate run side by side for ``n_compare`` steps;
    4. if the surrogate is accepted, *macro* steps of its own from the solver's last
       state, until it is in doubt; the last state goes back to the solver;
    5. if it is not, *micro* steps of the solver, and a training.

    The error of a state is the root mean square over its components, each in units of
    its standard deviation over the first stretch. The user bounds it by one number,
    ``max_error``. How far the members of the ensemble are apart tells where a forecast
    is hard, and comparisons tell what that means: with :math:`e` and :math:`u` the
    largest error and the largest spread in a comparison, and :math:`u_j` the largest
    spread up to step :math:`j` of a forecast,

    .. math:: \hat e_j = q\, u_j, \qquad q = \max \frac{e}{u}
              \text{ over the last 100 comparisons} .

    The surrogate is accepted if :math:`e` and :math:`\hat e` in the comparison are at
    most ``max_error``, and its macro steps last as long as :math:`\hat e_j` is.

    All states of the solver but those of relaxation are learned from. The surrogate is
    trained further after every comparison that it failed, and whenever the data have
    grown by a quarter.

    Parameters
    ----------
    autoencoder : msbook.networks.Autoencoder
        How the latents are found, on the first stretch;
        ``msbook.networks.Identity(dim)`` for a state that is small as it is.
    propagator : str or msbook.networks.Propagator
        How they are forecast, see :class:`msbook.LED`. Its ``n_warm_up`` is the length
        of the warm-up.
    max_error : float
        What the user allows; 0 leaves everything to the solver.
    n_fields : int, optional
        Number of fields in the state, see :class:`msbook.LED`.
    dt : float
        Length of a step; the solver's must divide it.
    n_members : int
        Number of propagators, two or more.
    n_first, n_relax, n_compare : int
        Steps of the first stretch, of a relaxation and of a comparison.
    n_macro, n_micro : (int, int)
        Least and most steps of a macro stretch, if nothing stops it, and of a micro
        stretch; each is drawn.
    n_updates : int
        Updates of the autoencoder.
    rollouts : sequence of (int, int)
        Stages of every training: steps of free forecast, and updates. Stretches that
        are too short for a stage are left out of it.
    n_windows : int
        Windows an update of a propagator sees.
    learning_rate : float
        Step size of Adam at its peak.
    random_state : int, RandomState or None
        Fixes initial parameters, batches and drawn lengths.

    Attributes
    ----------
    members_ : list of LED
        After :meth:`run`: the members, which share their autoencoder.

    Examples
    --------
    >>> import msbook as ms
    >>> def spring(t, y, p):
    ...     return y[1], -y[0]
    >>> solver = ms.Solver(ms.ODE(spring, y0=(1.0, 0.0)), dt=0.1)
    >>> adaptive = ms.AdaptiveLED(
    ...     ms.networks.Identity(2), ms.networks.DelayedMLP((16,)), max_error=0.1,
    ...     dt=0.1, n_members=3, n_first=100, n_macro=(20, 40),
    ...     rollouts=((10, 100),), random_state=0,
    ... )
    >>> run = adaptive.run(solver, (1.0, 0.0), n_steps=1000)
    >>> run.macro_share > 0.2, bool(run.macro_errors(solver).max() < 0.1)
    (True, True)

    References
    ----------
    Kičić et al. (2023). There the members' outputs are normal laws, and uncertainty
    and error have a threshold each. That macro steps start from the solver's state and
    not from the surrogate's after the comparison, and the factor :math:`q`, are ours.
    """

    members_: list[LED]

    def __init__(
        self,
        autoencoder: Autoencoder,
        propagator: str | Propagator = "gru",
        *,
        max_error: float = 0.1,
        n_fields: int | None = None,
        dt: float = 1.0,
        n_members: int = 5,
        n_first: int = 500,
        n_relax: int = 0,
        n_compare: int = 25,
        n_macro: tuple[int, int] = (80, 120),
        n_micro: tuple[int, int] = (80, 120),
        n_updates: int = 3000,
        rollouts: Sequence[tuple[int, int]] = ((25, 300),),
        n_windows: int = 64,
        learning_rate: float = 1e-2,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.autoencoder = autoencoder
        self.propagator = propagator
        self.max_error = max_error
        self.n_fields = n_fields
        self.dt = dt
        self.n_members = n_members
        self.n_first = n_first
        self.n_relax = n_relax
        self.n_compare = n_compare
        self.n_macro = n_macro
        self.n_micro = n_micro
        self.n_updates = n_updates
        self.rollouts = rollouts
        self.n_windows = n_windows
        self.learning_rate = learning_rate
        self.random_state = random_state

    def run(
        self,
        solver: Simulator,
        y0: ArrayLike,
        n_steps: int,
        *,
        t: float = 0.0,
        changes: ArrayLike = (),
    ) -> AdaptiveRun:
        """Follow one trajectory; everything is learned anew.

        Parameters
        ----------
        solver : Solver or Simulator
            What is followed, and replaced: an :class:`msbook.Solver`, or an object of
            your own with ``dt``, the length of its step, and
            ``advance(y, t, n_steps)``, which takes states of shape ``(1, dim)`` to
            those ``n_steps`` steps after the time ``t``.
        y0 : array_like, shape (dim,)
            Start.
        n_steps : int
            Steps of length ``dt``, the first stretch included.
        t : float
            Start time.
        changes : array_like, shape (n_changes,)
            Times at which the solver is known to change, such as those when the user
            turns a knob. A macro stretch that reaches one ends there, and a cycle
            begins; what the change is, the surrogate must see for itself. A change
            that it is not told of, in a macro stretch, nobody can see.

        Returns
        -------
        AdaptiveRun
            A warning says why, if no macro step was taken.

        Raises
        ------
        ValueError
            If a parameter is out of range, or start, solver and steps do not fit.
        """
        self._check_parameters()
        substeps = steps_within(self.dt, solver)
        start = finite_array("y0", y0)
        if start.ndim != 1 or not start.size:
            raise ValueError(
                f"y0 must be one state, of shape (dim,); got {start.shape}. An "
                "ensemble takes a run for each start."
            )
        if check_count("n_steps", n_steps) <= self.n_first:
            raise ValueError(
                f"n_steps must be more than n_first = {self.n_first}; got {n_steps}."
            )
        t = check_number("t", t)
        edges = self._edges(changes, t, n_steps)
        rng = np.random.default_rng(
            check_random_state(self.random_state).randint(2**31 - 1)
        )
        cycles = Cycles(self, self._led, solver, substeps, start, t, rng)
        cycles.begin(n_steps)
        for _, end in pairwise(edges):
            cycles.follow(end)
        self.members_ = cycles.surrogate.members
        found = cycles.result()
        if self.max_error > 0 and not len(found.stretches):
            warnings.warn(found.why_no_macro_steps, UserWarning, stacklevel=2)
        return found

    def to_arrays(self) -> tuple[dict[str, NDArray[Any]], dict[str, Any]]:
        """What :meth:`run` learned, as arrays and JSON values."""
        if not hasattr(self, "members_"):
            raise NotFittedError("this AdaptiveLED has learned nothing yet; call run.")
        arrays, members = members_to_arrays(self.members_)
        return arrays, {"members": members}

    def from_arrays(
        self, arrays: dict[str, NDArray[Any]], fitted: dict[str, Any]
    ) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of a run."""
        self._check_parameters()
        self.members_ = members_from_arrays(arrays, fitted["members"])
        for member in self.members_[1:]:
            member.network_ = self.members_[0].network_
        return self

    def _edges(self, changes: ArrayLike, t: float, n_steps: int) -> list[int]:
        """Steps at which changes come, between the first stretch and the end."""
        times = finite_array("changes", changes)
        steps = np.round((times - t) / self.dt).astype(int)
        inside = steps[(steps > self.n_first) & (steps < n_steps)]
        return [self.n_first, *np.unique(inside).tolist(), n_steps]

    def _led(self, seed: int) -> LED:
        """What fits the autoencoder and holds the settings of trainings."""
        return LED(
            self.autoencoder,
            self.propagator,
            n_fields=self.n_fields,
            dt=self.dt,
            n_updates=self.n_updates,
            rollouts=self.rollouts,
            n_windows=self.n_windows,
            learning_rate=self.learning_rate,
            random_state=seed,
        )

    def _check_parameters(self) -> None:
        if not isinstance(self.max_error, Real) or not float(self.max_error) >= 0:
            raise ValueError(
                f"max_error must be a number and not negative; got {self.max_error!r}."
            )
        check_positive("dt", self.dt)
        least = {"n_members": 2, "n_first": 1, "n_relax": 0, "n_compare": 1}
        for name, lowest in least.items():
            check_count(name, getattr(self, name), lowest)
        for name in ("n_macro", "n_micro"):
            bounds = getattr(self, name)
            if not isinstance(bounds, Sequence) or len(bounds) != 2:
                raise ValueError(
                    f"{name} must be least and most steps, such as (80, 120); got "
                    f"{bounds!r:.60}."
                )
            low = check_count(f"{name}[0]", bounds[0])
            check_count(f"{name}[1]", bounds[1], low)
        for name in ("autoencoder", "propagator", "rollouts"):
            if getattr(self, name) is None:
                raise ValueError(
                    f"{name} must be given, for nothing is chosen in a run; got None."
                )
        check_settings(self._led(0))
