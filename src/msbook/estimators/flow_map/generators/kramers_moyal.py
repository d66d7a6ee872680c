"""Drift and diffusion by regression: the classical rival of a flow map."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import PolynomialFeatures

from msbook._registry import serializable
from msbook._validation import check_count
from msbook.estimators.flow_map.one_step_generator import OneStepGenerator
from msbook.estimators.flow_map.serialization import Arrays
from msbook.serialization.numbers import checked_array


@serializable
class KramersMoyal(OneStepGenerator):
    r"""Gaussian steps whose mean and covariance are polynomials, fitted by regression.

    .. math:: \mathbb{E}[z \mid c] \approx A\, p(c), \qquad
              \mathbb{E}[(z - A p)(z - A p)^\top \mid c] \approx B\, p(c),

    with all monomials :math:`p` up to a degree in the scaled condition: the first two
    Kramers–Moyal coefficients at a finite lag. Both are linear least squares; nothing
    is trained. Negative eigenvalues of the covariance are set to zero.

    Parameters
    ----------
    degree : int
        Degree of the polynomials.
    dt, periods, memory
        As in :class:`msbook.StochasticFlowMap`.

    Attributes
    ----------
    mean_coefficients_ : ndarray, shape (n_monomials, dim)
    covariance_coefficients_ : ndarray, shape (n_monomials, dim, dim)
        :math:`A` and :math:`B`, for scaled conditions and increments.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.estimators import KramersMoyal
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 20_000, 1))
    >>> model = KramersMoyal(dt=0.1).fit(x, x - 0.1 * x + 0.1**0.5 * noise)
    >>> bool(np.allclose(model.drift_([[1.0]]), -1.0, atol=0.1))
    True

    References
    ----------
    Friedrich & Peinke (1997), Description of a turbulent cascade by a Fokker–Planck
    equation.
    """

    def __init__(
        self,
        degree: int = 5,
        *,
        dt: float = 1.0,
        periods: Sequence[float | None] | None = None,
        memory: int = 0,
    ) -> None:
        self.degree = degree
        self.dt = dt
        self.periods = periods
        self.memory = memory

    def _learn(self, condition: NDArray, increments: NDArray) -> None:
        monomials = self._monomials(condition)
        n, dim = increments.shape
        self.mean_coefficients_ = np.linalg.lstsq(monomials, increments)[0]
        rest = increments - monomials @ self.mean_coefficients_
        squares = (rest[:, :, None] * rest[:, None, :]).reshape(n, -1)
        self.covariance_coefficients_ = np.linalg.lstsq(monomials, squares)[0].reshape(
            -1, dim, dim
        )

    def _push(self, noise: NDArray, condition: NDArray) -> NDArray[np.float64]:
        monomials = self._monomials(condition)
        covariance = np.tensordot(monomials, self.covariance_coefficients_, axes=1)
        values, vectors = np.linalg.eigh(covariance)
        along = np.einsum("nij,ni->nj", vectors, noise)
        along *= np.sqrt(np.maximum(values, 0))
        mean = monomials @ self.mean_coefficients_
        return mean + np.einsum("nij,nj->ni", vectors, along)

    @property
    def _noise_dim(self) -> int:
        return self.scaling_.dim

    def _monomials(self, condition: NDArray) -> NDArray[np.float64]:
        return PolynomialFeatures(self.degree).fit_transform(condition)

    def _learned(self) -> Arrays:
        return {
            "mean_coefficients_": self.mean_coefficients_,
            "covariance_coefficients_": self.covariance_coefficients_,
        }

    def _take_over(self, learned: Arrays) -> None:
        dim, n_monomials = self.scaling_.dim, len(learned["mean_coefficients_"])
        for name, axes in (("mean", (dim,)), ("covariance", (dim, dim))):
            shape = n_monomials, *axes
            values = checked_array(learned, f"{name}_coefficients_", shape)
            setattr(self, f"{name}_coefficients_", values)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("degree", self.degree, least=0)
