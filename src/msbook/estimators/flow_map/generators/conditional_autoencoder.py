"""A generator with a latent variable, trained by a bound of its likelihood."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_count
from msbook.estimators.flow_map.generators.energy_score import (
    normals,
    sampled_objective,
)
from msbook.estimators.flow_map.network_generator import NetworkGenerator
from msbook.networks.densities.flows import log_normal
from msbook.networks.densities.push_forward import LatentGaussian
from msbook.training.by_loss import Loss


@serializable
class ConditionalAutoencoder(NetworkGenerator):
    r"""Conditional variational autoencoder.

    .. math:: \log p(z \mid c) \ge \mathbb{E}_{q} \log p(z \mid \eta, c)
              - \mathrm{KL}\bigl(q(\eta \mid z, c) \,\Vert\, N(0, I)\bigr),

    maximised over decoder and encoder together. Where the bound is slack the latent
    variable is left unused, and the law falls back on a Gaussian.

    Parameters
    ----------
    n_latent : int
        Components of the latent variable :math:`\eta`.
    hidden : sequence of int
        Hidden widths of encoder and decoder.
    n_updates : int, optional
        As in :class:`msbook.StochasticFlowMap`; by default the bound for a tenth of the
        pairs, with the same noise at each look, tells when training is done.
    dt, periods, memory, baseline, batch_size, learning_rate, random_state, device
        As in :class:`msbook.StochasticFlowMap`.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.estimators import ConditionalAutoencoder
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 5000, 1))
    >>> model = ConditionalAutoencoder(n_updates=20, random_state=0)
    >>> model.fit(x, 0.8 * x + 0.6 * noise).sample(x, rng=0).shape
    (5000, 1)

    References
    ----------
    Sohn, Lee & Yan (2015), Learning structured output representation using deep
    conditional generative models.
    """

    def __init__(
        self,
        n_latent: int = 2,
        *,
        hidden: Sequence[int] = (32, 32),
        dt: float = 1.0,
        periods: Sequence[float | None] | None = None,
        memory: int = 0,
        baseline: str = "linear",
        n_updates: int | None = None,
        batch_size: int = 4096,
        learning_rate: float = 1e-2,
        random_state: int | np.random.RandomState | None = None,
        device: str = "cpu",
    ) -> None:
        self.n_latent = n_latent
        self.hidden = hidden
        self.dt = dt
        self.periods = periods
        self.memory = memory
        self.baseline = baseline
        self.n_updates = n_updates
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.random_state = random_state
        self.device = device

    _may_be_still = True

    def _new_network(self, generator: torch.Generator) -> nn.Module:
        sizes = self.scaling_.n_noisy, self.scaling_.n_condition, self.n_latent
        return LatentGaussian(*sizes, self.hidden, generator)

    def _objective(
        self, network: Any, generator: torch.Generator
    ) -> dict[str, Callable]:
        loss = partial(negative_bound, network)
        return sampled_objective(loss, generator, until_still=self.n_updates is None)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("n_latent", self.n_latent)


def negative_bound(network: Any, generator: torch.Generator) -> Loss:
    """Minus the bound of the likelihood, from one sample an increment."""

    def loss(increments: Tensor, condition: Tensor) -> Tensor:
        mean, log_scale = network.encode(increments, condition)
        scale = torch.exp(log_scale)
        noise = normals(len(mean), network.n_latent, condition, generator)
        centre, log_width = network.decode(mean + scale * noise, condition)
        u = (increments - centre) * torch.exp(-log_width)
        fit = (log_normal(u) - log_width).sum(dim=1)
        divergence = 0.5 * (mean.square() + scale.square() - 1) - log_scale
        return (divergence.sum(dim=1) - fit).mean()

    return loss
