"""What all generators of the next state have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from msbook._registry import serializable
from msbook._validation import check_count, check_periods, check_positive, check_rng
from msbook.estimators.flow_map.calibration import Calibration, calibrated
from msbook.estimators.flow_map.increment_moments import increment_moments
from msbook.estimators.flow_map.increments import IncrementScaling
from msbook.estimators.flow_map.inputs import (
    Context,
    check_context,
    check_following,
    checked_pairs,
    contexts_by_step,
)
from msbook.estimators.flow_map.rollouts import check_starts, roll
from msbook.estimators.flow_map.score import minus_energy_score
from msbook.estimators.flow_map.serialization import SerializableGenerator
from msbook.estimators.samples import check_first_samples, check_samples

Seed = int | np.random.Generator | None

_SCORE_SEED = 4_816_205_397  # none that data may have been drawn with


@serializable
class OneStepGenerator(SerializableGenerator, BaseEstimator):
    r"""A law of the next state given the present one, to be sampled again and again.

    .. math:: x_{n+1} = x_n + \mu + s \, G(c(x_n), \zeta_n), \qquad
              \zeta_n \sim N(0, I) \text{ independent},

    with the scaling of :class:`msbook.estimators.IncrementScaling`. A subclass learns
    :math:`G`, which pushes normal noise forward to scaled increments.

    Subclasses name ``dt``, ``periods`` and ``memory`` in ``__init__``, and write
    ``_learn``, ``_push`` and what ``SerializableGenerator`` asks for.
    """

    dt: float
    periods: Sequence[float | None] | None
    memory: int

    @abstractmethod
    def _learn(self, condition: NDArray, increments: NDArray) -> None:
        """Fit to conditions (n, n_condition) and scaled increments (n, dim)."""

    @abstractmethod
    def _push(self, noise: NDArray, condition: NDArray) -> NDArray[np.float64]:
        """Scaled increments (n, dim) from normal noise (n, noise_dim)."""

    @property
    def _linear(self) -> bool:
        """Whether a linear regression is taken out of the increments before."""
        return False

    @property
    @abstractmethod
    def _noise_dim(self) -> int:
        """Normal numbers that one step takes."""

    def fit(self, X: ArrayLike, y: ArrayLike, context: ArrayLike | None = None) -> Self:
        """Learn the law of the next state.

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
            States, the present first, as of ``msbook.sampling.pairs``.
        y : array_like, shape (n, dim)
            The states one lag later.
        context : array_like, shape (n, n_context), optional
            What else is known at the time of ``X``, such as the phase of a forcing.

        Returns
        -------
        The estimator. Values far from all others are left out, with a warning.

        Raises
        ------
        ValueError
            For parameters or data that cannot be used.
        msbook.training.TrainingError
            When a training diverges.
        """
        self._check_parameters()
        states = check_first_samples(self, X)
        states, following, known = data = checked_pairs(states, y, context, self.memory)
        self.n_context_, dim = known.shape[1], following.shape[1]
        lengths = check_periods("periods", self.periods, dim) or (None,) * dim
        periods = np.array([p or np.inf for p in lengths])
        self.scaling_ = IncrementScaling.of(*data, periods, linear=self._linear)
        condition = self.scaling_.condition(states, known)
        self._learn(condition, self.scaling_.scaled(states, following, condition))
        return self

    def sample(
        self, X: ArrayLike, context: ArrayLike | None = None, rng: Seed = None
    ) -> NDArray[np.float64]:
        """One next state for each state.

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
        context : array_like, shape (n, n_context), optional
        rng : int or numpy.random.Generator, optional
            Seed or source of the noise.

        Returns
        -------
        ndarray, shape (n, dim)
        """
        states, known = self._inputs(X, context)
        return self._draw(states, known, check_rng(rng))

    def rollout(
        self,
        x0: ArrayLike,
        n_steps: int,
        *,
        n_paths: int | None = None,
        context: Context = None,
        beyond: str = "warn",
        rng: Seed = None,
    ) -> NDArray[np.float64]:
        """Paths: each state is drawn from the law that the one before it gives.

        Components on a circle are not wrapped; they count the turns.

        Parameters
        ----------
        x0 : array_like, shape ((memory + 1) dim,) or (n, (memory + 1) dim)
            Starts, the present state first and then earlier ones.
        n_steps : int
            Steps of one lag each.
        n_paths : int, optional
            Paths from one start; by default as many as starts.
        context : array_like, shape (n_steps, n_context), or callable, optional
            Context at each step, or a function of its number, counted from 0.
        beyond : {"warn", "raise", "stop", "reflect"}
            What becomes of paths that leave the range of the data: they go on, with a
            warning; an error names the first; they are NaN from there on; or they are
            folded back at the edge.
        rng : int or numpy.random.Generator, optional
            Seed or source of the noise.

        Returns
        -------
        ndarray, shape (n_paths, n_steps + 1, dim)
            With the starts. A warning says how many states left the range, if
            it is one in a hundred, or one of them by more than the range is wide.

        Raises
        ------
        msbook.IntegrationError
            If a state is not finite, or beyond the range with "raise".
        """
        check_is_fitted(self, "scaling_")
        states = check_starts(x0, self.n_features_in_, n_paths, n_steps)
        known_at = contexts_by_step(context, n_steps, len(states), self.n_context_)
        draw = partial(self._draw, rng=check_rng(rng))
        return roll(self.scaling_, draw, states, known_at, n_steps, beyond)

    def score(
        self, X: ArrayLike, y: ArrayLike, context: ArrayLike | None = None
    ) -> float:
        """How well samples fit the states that came: minus their energy score.

        Two samples are drawn for each state, always the same.

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
        y : array_like, shape (n, dim)
        context : array_like, shape (n, n_context), optional

        Returns
        -------
        float
            In units of the spread of what is learned; the larger, the better.
        """
        states, known = self._inputs(X, context)
        following = check_following(y, len(states), self.scaling_.dim)
        condition = self.scaling_.condition(states, known)
        noise = np.random.default_rng(_SCORE_SEED).standard_normal(
            (2, len(states), self._noise_dim)
        )
        one, other = (self._push(draws, condition) for draws in noise)
        truth = self.scaling_.scaled(states, following, condition)
        return minus_energy_score(one, other, truth)

    def calibration(
        self, X: ArrayLike, y: ArrayLike, context: ArrayLike | None = None
    ) -> Calibration:
        """Where in its forecast law each state that came lies.

        Of right laws the values are uniform on (0, 1); a heap in the middle tells of
        laws that are too wide.

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
        y : array_like, shape (n, dim)
        context : array_like, shape (n, n_context), optional

        Returns
        -------
        Calibration
        """
        inputs, rng = self._inputs(X, context), np.random.default_rng(_SCORE_SEED)
        following = check_following(y, len(inputs[0]), self.scaling_.dim)
        return calibrated(lambda: self._draw(*inputs, rng), following)

    def drift_(self, X: ArrayLike, context: ArrayLike | None = None) -> NDArray:
        r"""Mean of the increment over the time of one lag.

        .. math:: a(x) = \mathbb{E}[x_{n+1} - x_n \mid x_n = x] \,/\, \Delta

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
        context : array_like, shape (n, n_context), optional

        Returns
        -------
        ndarray, shape (n, dim)
            In units of the state over those of ``dt``.
        """
        return self._moments(X, context)[0] / self.dt

    def diffusion_(self, X: ArrayLike, context: ArrayLike | None = None) -> NDArray:
        r"""Symmetric root of the increment's covariance over the time of one lag.

        .. math:: b(x) = \bigl(\operatorname{Cov}[x_{n+1} \mid x_n = x] \,/\,
                  \Delta\bigr)^{1/2}

        Moments are means over 512 fixed points of the noise, 8192 beyond four numbers.

        Parameters
        ----------
        X : array_like, shape (n, (memory + 1) dim)
        context : array_like, shape (n, n_context), optional

        Returns
        -------
        ndarray, shape (n, dim, dim)
            In units of the state over the root of those of ``dt``.
        """
        values, vectors = np.linalg.eigh(self._moments(X, context)[1] / self.dt)
        roots = np.sqrt(np.maximum(values, 0))
        return (vectors * roots[:, None, :]) @ np.swapaxes(vectors, 1, 2)

    def moved(self, noise: NDArray, states: NDArray, known: NDArray) -> NDArray:
        """States (n, dim) one lag after states (n, (memory + 1) dim), checked before.

        Normal noise (n, noise_dim) decides; ``known`` is the context (n, n_context).
        """
        condition = self.scaling_.condition(states, known)
        return self.scaling_.moved(states, self._push(noise, condition), condition)

    def _draw(
        self, states: NDArray, known: NDArray, rng: np.random.Generator
    ) -> NDArray[np.float64]:
        """One next state for each state."""
        noise = rng.standard_normal((len(states), self._noise_dim))
        return self.moved(noise, states, known)

    def _moments(self, X: ArrayLike, context: ArrayLike | None) -> tuple:
        """Mean (n, dim) and covariance (n, dim, dim) of the increment."""
        inputs = self._inputs(X, context)
        return increment_moments(
            self.moved, self._noise_dim, self.scaling_.dim, *inputs
        )

    def _inputs(
        self, X: ArrayLike, context: ArrayLike | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """States and contexts, checked."""
        check_is_fitted(self, "scaling_")
        states = check_samples(self, X)
        return states, check_context(context, len(states), self.n_context_)

    def _check_parameters(self) -> None:
        check_count("memory", self.memory, least=0)
        check_positive("dt", self.dt)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.target_tags.required = tags.target_tags.multi_output = True
        return tags
