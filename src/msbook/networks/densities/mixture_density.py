"""Mixture density networks: a sum of Gaussians that depends on a condition."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture
from torch import Tensor, nn

from msbook.networks.densities.flows import LEAST_LOG_SCALE, Conditioners, log_normal
from msbook.networks.layers.checks import check_sizes

_MOST = 20_000  # samples from which a start is taken


class MixtureDensity(nn.Module):
    r"""Autoregressive mixture of Gaussians given a condition.

    .. math:: p(z \mid c) = \prod_{i=1}^{d} \sum_{k=1}^{K} w_{ik}\,
              N\bigl(z_i;\, m_{ik},\, e^{2 s_{ik}}\bigr), \qquad
              (w, m, s)_{ik} = \mathcal{N}_{ik}(c, z_1, \dots, z_{i-1}) .

    Components may hang together in any way, since each sees those before it. Weights
    are a softmax; means start apart, on :math:`[-1, 1]`, for like parts stay alike.

    Parameters
    ----------
    dim, n_condition : int
        Components of :math:`z` and of the condition :math:`c`.
    n_parts : int
        Number of Gaussians :math:`K` a component.
    hidden : sequence of int
        Hidden widths of the networks.
    generator : torch.Generator
        Source of the initial parameters.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import MixtureDensity
    >>> network = MixtureDensity(2, 1, 3, (8,), torch.Generator().manual_seed(0))
    >>> z = torch.zeros(5, 2, dtype=torch.float64)
    >>> network.log_prob(z, z[:, :1]).shape
    torch.Size([5])

    References
    ----------
    Bishop (1994), Mixture density networks.
    """

    starts: Tensor

    def __init__(
        self,
        dim: int,
        n_condition: int,
        n_parts: int,
        hidden: Sequence[int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(n_parts=n_parts)
        self.conditioners: Conditioners = Conditioners(
            dim, n_condition, 3 * n_parts, hidden, generator
        )
        self.noise_dim: int = 2 * dim
        starts = torch.linspace(-1, 1, n_parts, dtype=torch.float64)
        self.register_buffer("starts", starts if n_parts > 1 else 0 * starts)

    def start_at(self, z: NDArray) -> None:
        """Let the law start, for every condition, at a mixture fitted to samples.

        From there parts with a small weight, those of rare jumps and of heavy tails,
        are where they belong; gradients would not take them there.

        Parameters
        ----------
        z : ndarray, shape (n, dim)
            Of many samples, 20 000 are used.
        """
        some = z[:: -(-len(z) // _MOST)]
        starts = self.starts.double().cpu().numpy()
        rows = []
        for values in some.T:
            found = _mixture_of(
                values[:, None], min(len(starts), len(np.unique(values)))
            )
            weights, means, scales = (np.resize(part, len(starts)) for part in found)
            rows.append(
                np.concatenate((np.log(weights), means - starts, np.log(scales)))
            )
        self.conditioners.start_at(torch.tensor(np.array(rows)))

    def log_prob(self, z: Tensor, condition: Tensor) -> Tensor:
        """Logarithm of the density at points ``(n, dim)``, shape ``(n,)``."""
        log_weights, means, log_scales = self._parts(self.conditioners(z, condition))
        u = (z[..., None] - means) * torch.exp(-log_scales)
        parts = log_weights + log_normal(u) - log_scales
        return torch.logsumexp(parts, dim=-1).sum(dim=1)

    def push(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Samples ``(n, dim)`` from normal noise ``(n, 2 dim)``.

        Of two numbers a component the first chooses the part, through its
        distribution function, and the second is the place within it.
        """
        return self.conditioners.unroll(
            noise.unflatten(1, (-1, 2)), condition, self._draw
        )

    def _draw(self, noise: Tensor, parameters: Tensor) -> Tensor:
        log_weights, means, log_scales = self._parts(parameters)
        levels = torch.special.ndtr(noise[:, :1])
        below = torch.cumsum(torch.exp(log_weights), dim=-1)[:, :-1]
        part = (levels > below).sum(dim=-1, keepdim=True)
        mean, log_scale = means.gather(-1, part), log_scales.gather(-1, part)
        return (mean + noise[:, 1:] * torch.exp(log_scale))[:, 0]

    def _parts(self, parameters: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Logarithms of the weights, means, logarithms of the deviations."""
        weights, shifts, log_scales = parameters.chunk(3, dim=-1)
        log_scales = log_scales.clamp_min(LEAST_LOG_SCALE)
        return torch.log_softmax(weights, dim=-1), self.starts + shifts, log_scales


def _mixture_of(values: NDArray, n_parts: int) -> tuple[NDArray, NDArray, NDArray]:
    """Weights, means and deviations by expectation maximisation; values (n, 1)."""
    mixture = GaussianMixture(n_parts, init_params="k-means++", random_state=0)
    with warnings.catch_warnings():  # a start need not have converged
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted: Any = mixture.fit(values)
    return fitted.weights_, fitted.means_[:, 0], fitted.covariances_[:, 0, 0] ** 0.5
