"""The effective potential of a scale, learnt from motion with large steps."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from msbook._registry import serializable
from msbook._validation import check_number, check_periods
from msbook.equations.gradients import HasGradient, as_potential
from msbook.equations.langevin import Langevin
from msbook.equations.potential import Potential
from msbook.estimators.effective_potential.checks import (
    check_coordinates,
    check_parameters,
    warn_outside,
)
from msbook.estimators.effective_potential.choices import choose, choose_friction
from msbook.estimators.effective_potential.density_fit import gibbs_temperature
from msbook.estimators.effective_potential.noise_covariances import (
    noise_covariance_of_steps,
)
from msbook.estimators.effective_potential.parts_fit import fit_parts, independent_parts
from msbook.estimators.effective_potential.run_diagnostics import diagnose
from msbook.estimators.effective_potential.serialization import (
    attributes_from_arrays,
    attributes_to_arrays,
)
from msbook.estimators.effective_potential.starts import check_starts, starts_of
from msbook.estimators.random_states import check_random_state
from msbook.sampling.large_steps.sampler import large_steps


@serializable
class EffectivePotential(BaseEstimator):
    r"""Potential at a chosen scale, from nothing but the gradient of all scales.

    The deterministic motion :func:`msbook.sampling.large_steps` takes the scales that
    its step jumps over for noise and follows the Gibbs law of the others,
    :math:`\propto e^{-U(q)/T}`. One length :math:`\ell`, the ``scale``, sets all: the
    step size is :math:`\delta = \ell` (in the units of unit mass), and :math:`\ell` is
    the knot distance of the spline that stands for :math:`U`.

    A ripple :math:`a \varepsilon \sin(q/\varepsilon)` becomes noise to steps

    .. math:: \delta > 2 \sqrt{\varepsilon / a} ,

    where the step is unstable in its troughs; up to there chains come to rest in them.
    At the coarse end the same bound holds for the curvature of what shall be kept,
    :math:`\delta < 2 / \sqrt{U''}` wherever chains come: beyond it they go to
    infinity. More friction keeps them nearer to the wells, and so widens this window;
    less shows more of the landscape. Twice the lower end is a good step.

    ``method="force"`` fits the spline's gradient to the gradients met along the run.
    Here the knots choose the scale and the motion only chooses the points.
    ``method="density"`` fits :math:`-T \log \pi` to the histogram; here the step is
    what chooses the scale. Both look at the midpoints :math:`q_{n+1/2}`, where for a
    quadratic potential the law is exact at any step, with

    .. math:: T = \frac{1}{2 d} \operatorname{Tr} \bigl( (I + A)\, \mathbb{E}[p p^\top]
              \bigr), \qquad A = e^{-\Gamma \delta} .

    In several dimensions the noise is not isotropic. A first stage of
    :math:`d(d+1)/2` runs with different masses finds its covariance
    :math:`\Sigma\Sigma^\top`, and with the friction
    :math:`\Gamma = \Sigma\Sigma^\top / 2` of the second stage the law is that of Gibbs
    with :math:`T = 1`. The splines are products of splines of one coordinate. A fit of
    :math:`n` of them takes :math:`\propto n^2` operations in the plane and
    :math:`\propto n^{7/3}` in space, where ``scale="auto"`` therefore puts no knots
    closer than a twelfth of the region visited. There are no more than three
    coordinates.

    Parameters
    ----------
    scale : "auto" or float
        Length :math:`\ell`. ``"auto"`` looks for the scales by
        :func:`msbook.sampling.find_scales`, and averages out the coarsest that some
        step can separate from the rest, and all that are finer; what it could not
        separate it says.
    method : {"force", "density"}
        What is fitted.
    step_size : float, optional
        :math:`\delta`, where it shall differ from the scale.
    friction : float, optional
        :math:`\gamma` in one dimension and in the first stage, in units of mass over
        time. By default the least of .1, .2, .4 and .8 that keeps the chains in a
        short trial, with ``scale="auto"`` half of these in units of the coarse part's
        rate; in the second stage the balanced one, or several times it.
    balance : bool
        Whether in several dimensions the friction is balanced with the noise.
    periods : sequence of float or None, length d, optional
        Of coordinates that come back, such as dihedral angles; None for a line.
    n_steps : int
        Steps of all chains together, in each run.
    random_state : int, RandomState or None
        Fixes the starts.

    Attributes
    ----------
    potential_ : msbook.systems.Potential
        The fitted potential as a system, for whatever wants one; it compiles.
    temperature_ : float
        :math:`T`, in units of energy.
    friction_ : ndarray, shape (d, d)
        :math:`\Gamma` of the run that was fitted.
    covariance_ : ndarray, shape (d, d), or None
        :math:`\Sigma\Sigma^\top` of the noise; None where it was not asked for.
    scales_ : ndarray, or None
        Lengths of the finer parts, from coarse to fine, where they were looked for.
    step_size_, spacing_ : float
        Step of the run, and the distance of the knots.
    range_ : ndarray, shape (d, 2)
        Smallest and largest coordinates visited. Beyond, the potential goes on as a
        parabola, or comes back along a coordinate with a period.
    error_ : float
        Standard error of the potential from the spread of independent parts of the
        run: the root mean square over the points where the density exceeds a
        thousandth of its maximum, in units of energy. It knows no bias.
    diagnostics_ : Diagnostics
        How far the run was what the theory wants.

    Examples
    --------
    A quadratic with ripples of scales 0.05 and 0.001:

    >>> import numpy as np
    >>> import msbook as ms
    >>> V = ms.systems.quadratic_ripples([0.05, 0.001])
    >>> potential = ms.EffectivePotential(0.5, n_steps=10**6, random_state=0).fit(V)
    >>> q = np.array([[-2.0], [0.0], [2.0]])
    >>> bool(np.allclose(potential.predict(q), [2, 0, 2], atol=0.1))
    True

    References
    ----------
    Li & Tao (2024), algorithm 1. The fit of forces, the midpoints and the temperature
    are not in the paper; see :doc:`/book/reference/errata`.
    """

    n_features_in_: int
    potential_: Potential
    range_: NDArray[np.float64]

    def __init__(
        self,
        scale: float | str = "auto",
        *,
        method: str = "force",
        step_size: float | None = None,
        friction: float | None = None,
        balance: bool = True,
        periods: Sequence[float | None] | None = None,
        n_steps: int = 10**7,
        random_state: int | np.random.RandomState | None = None,
    ) -> None:
        self.scale = scale
        self.method = method
        self.step_size = step_size
        self.friction = friction
        self.balance = balance
        self.periods = periods
        self.n_steps = n_steps
        self.random_state = random_state

    def fit(
        self,
        gradient: HasGradient | Callable[[NDArray[Any]], NDArray[Any]],
        q0: ArrayLike | None = None,
    ) -> Self:
        """Learn the potential from its gradient.

        Parameters
        ----------
        gradient : Potential, or callable
            A potential of :mod:`msbook.systems`, or a function from points (n, d) to
            gradients of the same shape.
        q0 : array_like, shape (n, d), optional
            Where the chains start, spread over the region of interest; by default the
            potential's own ``starts``.

        Returns
        -------
        EffectivePotential
            The estimator itself.

        Raises
        ------
        ValueError
            For parameters, starts or gradients that cannot be used.
        msbook.IntegrationError
            When most chains diverge, as with a force for a gradient, or come to rest.
        """
        check_parameters(self.get_params(deep=False))
        seed = check_random_state(self.random_state).randint(2**31 - 1)
        rng = np.random.default_rng(seed)
        starts = starts_of(gradient, q0, rng)
        potential = as_potential(gradient, starts.shape[1], "gradient")
        self.n_features_in_ = dim = potential.dim
        periods = check_periods("periods", self.periods, dim) or (None,) * dim
        check_starts(potential, starts, periods)
        trials = np.random.default_rng([seed, 1])
        chosen = choose(
            self.scale, self.step_size, self.friction, potential, starts, trials
        )
        self.step_size_, self.scales_ = chosen.step_size, chosen.scales
        self.friction_, self.covariance_ = choose_friction(
            potential, starts, self.step_size_, friction=chosen.friction,
            balance=self.balance, keep=self.friction is not None,
            n_steps=self.n_steps, rng=rng, trials=trials,
        )  # fmt: skip
        run = partial(
            large_steps, potential, step_size=self.step_size_,
            friction=self.friction_, periods=periods, rng=rng,
        )  # fmt: skip
        self.spacing_, self.splines_, parts = independent_parts(
            run, starts, self.n_steps, chosen.spacing, periods,
            may_widen=self.scale == "auto",
        )  # fmt: skip
        if dim == 1:
            self.covariance_ = noise_covariance_of_steps(parts)
        self.temperature_ = float(np.mean([gibbs_temperature(part) for part in parts]))
        edges = self.splines_.edges()
        fitted = fit_parts(parts, self.splines_, edges, self.method)
        self.coefficients_, self.range_, self.error_ = fitted
        self.potential_ = self.splines_.potential(self.coefficients_)
        self.diagnostics_ = diagnose(parts, self.splines_, edges)
        for text in self.diagnostics_.warnings:
            warnings.warn(text, UserWarning, stacklevel=2)
        return self

    def predict(self, q: ArrayLike) -> NDArray[np.float64]:
        """Potential at points, 0 at its least value among the visited bins.

        Parameters
        ----------
        q : array_like, shape (n, d)
            Points. Where they leave ``range_`` the potential goes on as a parabola, and
            a warning says for how many.

        Returns
        -------
        ndarray, shape (n,)
            In units of energy.
        """
        check_is_fitted(self, "potential_")
        points = check_coordinates(q, self.n_features_in_)
        warn_outside(points, self.range_, self.splines_)
        return self.potential_.potential(points)

    def gradient(self, q: ArrayLike) -> NDArray[np.float64]:
        """Gradient at points (n, d), of the same shape, in units of force."""
        check_is_fitted(self, "potential_")
        points = check_coordinates(q, self.n_features_in_)
        return self.potential_.gradient(points)

    def langevin(self, friction: ArrayLike = 0.1, temperature: float = 1.0) -> Langevin:
        """Surrogate: the kinetic Langevin equation in the fitted potential.

        Parameters
        ----------
        friction : float or array_like, shape (d, d)
            In units of mass over time.
        temperature : float
            In units of energy.

        Returns
        -------
        msbook.systems.Langevin
            To be stepped by :func:`msbook.solve`.

        References
        ----------
        Li & Tao (2024), eq. (4.2).
        """
        check_is_fitted(self, "potential_")
        check_number("temperature", temperature, 0.0)
        return Langevin(self.potential_, friction=friction, temperature=temperature)

    def hamiltonian(self) -> Langevin:
        """Surrogate without friction and noise; Li & Tao (2024), eq. (4.1)."""
        return self.langevin(friction=0.0, temperature=0.0)

    def to_arrays(self) -> tuple[dict[str, NDArray], dict[str, Any]]:
        """What ``fit`` found, as arrays and JSON values."""
        check_is_fitted(self, "potential_")
        return attributes_to_arrays(vars(self))

    def from_arrays(self, arrays: dict[str, NDArray], fitted: dict[str, Any]) -> Self:
        """Take over what :meth:`to_arrays` returned, in place of fitting."""
        check_parameters(self.get_params(deep=False))
        for name, value in attributes_from_arrays(arrays, fitted).items():
            setattr(self, name, value)
        return self
