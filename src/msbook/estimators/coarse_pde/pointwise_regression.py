"""Smooth functions of a few features, learnt from samples: values and slopes."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve, solve
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor, kernels

from msbook._registry import serializable
from msbook._validation import check_count, check_widths
from msbook.serialization.numbers import checked_array

# Variances of a scaled target and of its noise. Their ratio times the number of samples
# is what rounding errors are multiplied by.
_LARGEST_AMPLITUDE, _LEAST_NOISE = 1e4, 1e-6

_LARGEST_DAMPING = 1e10


class FittedRegression(ABC):
    """A function of scaled features."""

    @abstractmethod
    def value(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values, shape (n,), at points of shape (n, n_features)."""

    @abstractmethod
    def slopes(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives, shape (n, n_features), at points of the same shape."""

    @abstractmethod
    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """What was found, under the names of :attr:`Regression.arrays`."""


class Regression(ABC):
    """How a function of scaled features is found from samples of it."""

    n_samples: int
    arrays: ClassVar[tuple[str, ...]]

    @abstractmethod
    def fit(
        self, x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator
    ) -> FittedRegression:
        """Fit to points (n, n_features) and values (n,), of the size of one."""

    @abstractmethod
    def rebuild(
        self, arrays: dict[str, NDArray[np.float64]], n_features: int
    ) -> FittedRegression:
        """What :meth:`fit` found, from the arrays of it."""


@serializable
@dataclass(frozen=True)
class GaussianProcessRegression(Regression):
    r"""Mean of a Gaussian process, with one length for each feature.

    .. math:: k(x, x') = a \exp\Bigl(-\frac12 \sum_i
              \frac{(x_i - x'_i)^2}{\ell_i^2}\Bigr), \qquad
              f(x) = \sum_m k(x, x_m)\, \alpha_m, \qquad
              (K + s I)\, \alpha = y

    The hyperparameters :math:`a, \ell_i, s` maximise the marginal likelihood of the
    first ``n_for_kernel`` samples; the mean is that of all of them.

    Parameters
    ----------
    n_samples : int
        Samples to condition on.
    n_for_kernel : int
        Of these, samples that the hyperparameters are chosen by.

    References
    ----------
    Rasmussen & Williams (2006), Gaussian processes for machine learning, chapter 5.
    Lee et al. (2020), whose kernel this is; the two sizes are ours.
    """

    n_samples: int = 2000
    n_for_kernel: int = 600
    arrays: ClassVar[tuple[str, ...]] = ("centres", "weights", "lengths")

    def __post_init__(self) -> None:
        for name in ("n_samples", "n_for_kernel"):
            check_count(name, getattr(self, name))

    def fit(
        self, x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator
    ) -> _GaussianProcessMean:
        """Fit to points and values; nothing is drawn."""
        lengths: Any = np.full(x.shape[1], 5.0)
        smooth = kernels.RBF(lengths, (1e-1, 1e3))
        noise = kernels.WhiteKernel(1e-5, (_LEAST_NOISE, 1.0))
        kernel = kernels.ConstantKernel(100.0, (1e-2, _LARGEST_AMPLITUDE)) * smooth
        with warnings.catch_warnings():
            # A feature that does not matter has its length at the bound, rightly.
            warnings.simplefilter("ignore", ConvergenceWarning)
            few = slice(self.n_for_kernel)
            process: Any = GaussianProcessRegressor(kernel + noise).fit(x[few], y[few])
        product, variance = process.kernel_.k1, process.kernel_.k2.noise_level
        amplitude = product.k1.constant_value
        lengths = np.atleast_1d(product.k2.length_scale)
        mean = _GaussianProcessMean(x / lengths, y, lengths)
        matrix = amplitude * mean.kernel(x)
        matrix[np.diag_indices(len(x))] += variance
        weights = amplitude * cho_solve(cho_factor(matrix), y)
        return _GaussianProcessMean(x / lengths, weights, lengths)

    def rebuild(
        self, arrays: Mapping[str, NDArray[np.float64]], n_features: int
    ) -> _GaussianProcessMean:
        """The mean of the process that was fitted."""
        n_samples = len(arrays["weights"])
        shapes = (n_samples, n_features), (n_samples,), (n_features,)
        named = zip(self.arrays, shapes, strict=True)
        centres, *others = (checked_array(arrays, *each) for each in named)
        # Column by column, as fit leaves them: sums then have the same last digit.
        return _GaussianProcessMean(np.asfortranarray(centres), *others)


@dataclass(frozen=True)
class _GaussianProcessMean(FittedRegression):
    centres: NDArray[np.float64]
    weights: NDArray[np.float64]
    lengths: NDArray[np.float64]

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        return dict(vars(self))

    def kernel(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Kernel of amplitude one between points (n, d) and centres: (n, m)."""
        points = x / self.lengths
        exponent = points @ self.centres.T
        exponent -= 0.5 * (self.centres**2).sum(axis=1)
        exponent -= 0.5 * (points**2).sum(axis=1)[:, None]
        return np.exp(exponent, out=exponent)

    def value(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.kernel(x) @ self.weights

    def slopes(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        weighted = self.kernel(x) * self.weights
        pulled = weighted @ self.centres
        return (
            pulled - weighted.sum(axis=1)[:, None] * (x / self.lengths)
        ) / self.lengths


@serializable
@dataclass(frozen=True)
class NetworkRegression(Regression):
    r"""A dense network of tanh units, trained by the method of Levenberg and Marquardt.

    .. math:: \theta \leftarrow \theta - (J^\top J + \mu I)^{-1} J^\top r

    with the residuals :math:`r` of all samples and their Jacobian :math:`J`. The
    damping :math:`\mu` falls by a factor of four after a step that lowers the error,
    and grows by it until there is one.

    Parameters
    ----------
    hidden : tuple of int
        Widths of the hidden layers.
    n_samples : int
        Samples to train on.
    n_iterations : int
        Steps, at most.

    References
    ----------
    Hagan & Menhaj (1994), Training feedforward networks with the Marquardt algorithm.
    """

    hidden: tuple[int, ...] = (16, 16)
    n_samples: int = 4000
    n_iterations: int = 600
    arrays: ClassVar[tuple[str, ...]] = ("parameters",)

    def __post_init__(self) -> None:
        check_widths("hidden", self.hidden)
        for name in ("n_samples", "n_iterations"):
            check_count(name, getattr(self, name))

    def fit(
        self, x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator
    ) -> _FittedNetwork:
        """Fit to points and values; the generator draws the initial parameters."""
        widths = (x.shape[1], *self.hidden, 1)
        network = _FittedNetwork(widths, _initial_parameters(widths, rng))
        residuals = network.value(x) - y
        damping = 1e-2
        for _ in range(self.n_iterations):
            jacobian = network.parameter_slopes(x)
            gram, gradient = jacobian.T @ jacobian, jacobian.T @ residuals
            identity = np.eye(len(gram))
            while damping < _LARGEST_DAMPING:
                step = solve(gram + damping * identity, gradient, assume_a="pos")
                tried = _FittedNetwork(widths, network.parameters - step)
                left = tried.value(x) - y
                if left @ left < residuals @ residuals:
                    break
                damping *= 4.0
            else:
                break
            network, residuals, damping = tried, left, max(damping / 4.0, 1e-8)
        return network

    def rebuild(
        self, arrays: Mapping[str, NDArray[np.float64]], n_features: int
    ) -> _FittedNetwork:
        """The network that was trained."""
        widths = (n_features, *self.hidden, 1)
        n_parameters = sum((n_in + 1) * n_out for n_in, n_out in pairwise(widths))
        return _FittedNetwork(
            widths, checked_array(arrays, "parameters", (n_parameters,))
        )


@dataclass(frozen=True)
class _FittedNetwork(FittedRegression):
    widths: tuple[int, ...]
    parameters: NDArray[np.float64]  # weights and then biases, layer by layer

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        return {"parameters": self.parameters}

    def layers(self) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
        """Weights (n_out, n_in) and biases (n_out,)."""
        found, at = [], 0
        for n_in, n_out in pairwise(self.widths):
            weights = self.parameters[at : at + n_in * n_out].reshape(n_out, n_in)
            at += n_in * n_out
            found.append((weights, self.parameters[at : at + n_out]))
            at += n_out
        return found

    def inputs(self, x: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """What every layer is given."""
        found = [x]
        for weights, biases in self.layers()[:-1]:
            found.append(np.tanh(found[-1] @ weights.T + biases))
        return found

    def value(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        weights, biases = self.layers()[-1]
        return (self.inputs(x)[-1] @ weights.T + biases)[:, 0]

    def slopes(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        back = np.ones((len(x), 1))
        pairs = zip(self.layers()[::-1], self.inputs(x)[::-1], strict=True)
        for (weights, _), given in pairs:
            back = back @ weights
            if given is not x:
                back *= 1.0 - given**2
        return back

    def parameter_slopes(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives by the parameters, shape (n, n_parameters)."""
        back, columns = np.ones((len(x), 1)), []
        pairs = zip(self.layers()[::-1], self.inputs(x)[::-1], strict=True)
        for (weights, _), given in pairs:
            by_weights = (back[:, :, None] * given[:, None, :]).reshape(len(x), -1)
            columns = [by_weights, back, *columns]
            back = (back @ weights) * (1.0 - given**2)
        return np.concatenate(columns, axis=1)


def _initial_parameters(
    widths: tuple[int, ...], rng: np.random.Generator
) -> NDArray[np.float64]:
    """Uniform numbers of size n_in ** -0.5, layer by layer."""
    return np.concatenate(
        [
            rng.uniform(-1, 1, (n_in + 1) * n_out) / np.sqrt(n_in)
            for n_in, n_out in pairwise(widths)
        ]
    )
