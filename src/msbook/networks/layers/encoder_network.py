"""What every network that finds latent states has, whatever its decoder gives."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn


class EncoderNetwork(nn.Module, ABC):
    """Base of networks that find latent states: an encoder, and a loss to train it.

    Attributes
    ----------
    n_axes : int
        Axes of a state: one for a field, its components; two for a set of particles,
        which come first.
    box : ndarray, shape (dim, 2), or None
        Least and largest value of every component, which go to 0 and 1 before the
        network sees them. Without a box, states are scaled by mean and deviation.
    """

    n_axes: int = 1
    box: NDArray[Any] | None = None

    def fit(self, batches: Iterable[Tensor]) -> bool:
        """Find all parameters at once from scaled states, if that can be done.

        Parameters
        ----------
        batches : iterable of Tensor, each of shape (n, n_features)
            All states; the same each time that they are gone through.

        Returns
        -------
        bool
            Whether it was; if not, the network is trained.
        """
        return False

    @abstractmethod
    def encode(self, x: Tensor) -> Tensor:
        """Latent states of scaled states, shape ``(*, n_latent)``."""

    @abstractmethod
    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """What training lowers, for a batch of scaled states."""

    @abstractmethod
    def error(self, x: Tensor) -> Tensor:
        """What chooses the network, on scaled states that it is not trained on."""


def draw_latents(
    parameters: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    r"""Draws from a normal law of latent states, and how far it is from the prior.

    .. math:: z = \mu + \sigma \xi, \qquad
              \mathrm{KL}\bigl(N(\mu, \operatorname{diag} \sigma^2) \,\Vert\,
              N(0, I)\bigr)
              = \sum_i \tfrac12 (\mu_i^2 + \sigma_i^2 - 1) - \ln \sigma_i

    Parameters
    ----------
    parameters : Tensor, shape (n, 2 n_latent)
        Means, and beside them logarithms of standard deviations.

    Returns
    -------
    z : Tensor, shape (n, n_latent)
    divergence : Tensor, shape (n,)
    """
    mean, log_std = parameters.chunk(2, dim=-1)
    z = mean + log_std.exp() * normal_like(mean, generator)
    divergence = 0.5 * (mean**2 + (2 * log_std).exp() - 1) - log_std
    return z, divergence.sum(-1)


def normal_like(values: Tensor, generator: torch.Generator) -> Tensor:
    """Normal numbers of the shape, precision and place of a tensor."""
    numbers = torch.randn(values.shape, generator=generator, dtype=values.dtype)
    return numbers.to(values.device)
