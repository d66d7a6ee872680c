"""Smooth functions of a few features, learnt from samples: values and slopes."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.optimize import minimize
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor, kernels
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from msbook.networks.dense import Dense

# Variances of a scaled target and of its noise. Their ratio times the number of samples
# is what rounding errors are multiplied by.
_LARGEST_AMPLITUDE, _LEAST_NOISE = 1e4, 1e-6


class FittedRegression(ABC):
    """A function of scaled features."""

    @abstractmethod
    def value(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Values, shape (n,), at points of shape (n, n_features)."""

    @abstractmethod
    def slopes(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivatives, shape (n, n_features), at points of the same shape."""


class Regression(ABC):
    """How a function of scaled features is found from samples of it."""

    n_samples: int

    @abstractmethod
    def fit(
        self, x: NDArray[np.float64], y: NDArray[np.float64], rng: np.random.Generator
    ) -> FittedRegression:
        """Fit to points (n, n_features) and values (n,), of the size of one."""


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
    Lee et al. (2020), section II, whose kernel this is; the two sizes are ours.
    """

    n_samples: int = 2000
    n_for_kernel: int = 600

    def fit(self, x, y, rng) -> _GaussianProcessMean:
        """See :class:`Regression`; nothing is drawn."""
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
        amplitude, lengths = product.k1.constant_value, product.k2.length_scale
        mean = _GaussianProcessMean(x / lengths, y, lengths)
        matrix = amplitude * mean.kernel(x)
        matrix[np.diag_indices(len(x))] += variance
        weights = amplitude * cho_solve(cho_factor(matrix), y)
        return _GaussianProcessMean(x / lengths, weights, lengths)


@dataclass(frozen=True)
class _GaussianProcessMean(FittedRegression):
    centres: NDArray[np.float64]
    weights: NDArray[np.float64]
    lengths: NDArray[np.float64]

    def kernel(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Kernel of amplitude one between points (n, d) and centres: (n, m)."""
        points = x / self.lengths
        exponent = points @ self.centres.T
        exponent -= 0.5 * (self.centres**2).sum(axis=1)
        exponent -= 0.5 * (points**2).sum(axis=1)[:, None]
        return np.exp(exponent, out=exponent)

    def value(self, x):
        return self.kernel(x) @ self.weights

    def slopes(self, x):
        weighted = self.kernel(x) * self.weights
        pulled = weighted @ self.centres
        return (
            pulled - weighted.sum(axis=1)[:, None] * (x / self.lengths)
        ) / self.lengths


@dataclass(frozen=True)
class NetworkRegression(Regression):
    """A dense network with tanh units, trained on all samples at once by L-BFGS.

    Parameters
    ----------
    hidden : sequence of int
        Widths of the hidden layers.
    n_samples : int
        Samples to train on.
    n_iterations : int
        Iterations of L-BFGS.
    """

    hidden: tuple[int, ...] = (20, 20)
    n_samples: int = 5000
    n_iterations: int = 1000

    def fit(self, x, y, rng) -> _FittedNetwork:
        """See :class:`Regression`; the generator draws the initial parameters."""
        generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
        network = Dense((x.shape[1], *self.hidden, 1), "tanh", generator)
        parameters = list(network.parameters())
        inputs, targets = torch.tensor(x), torch.tensor(y)

        def loss(vector: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            vector_to_parameters(torch.tensor(vector), parameters)
            value = ((network(inputs)[:, 0] - targets) ** 2).mean()
            gradient = torch.autograd.grad(value, parameters)
            return value.item(), parameters_to_vector(gradient).numpy()

        start = parameters_to_vector(parameters).detach().numpy()
        options = {
            "maxiter": self.n_iterations,
            "maxfun": 2 * self.n_iterations,
            "maxcor": 30,
            "ftol": 0.0,
            "gtol": 1e-9,
        }
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
        vector_to_parameters(torch.tensor(found.x), parameters)
        return _FittedNetwork(network)


@dataclass(frozen=True)
class _FittedNetwork(FittedRegression):
    network: Dense

    def value(self, x):
        with torch.no_grad():
            return self.network(torch.tensor(x))[:, 0].numpy()

    def slopes(self, x):
        return self.network.jacobian(torch.tensor(x))[:, 0].numpy()
