"""A generator trained against a critic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_count
from msbook.estimators.flow_map.generators.energy_score import energy_score, normals
from msbook.estimators.flow_map.network_generator import NetworkGenerator
from msbook.networks.densities.push_forward import PushForward
from msbook.networks.layers.dense import Dense

_PENALTY = 0.1  # ten, as for images, flattens a law of few dimensions


@serializable
class ConditionalGAN(NetworkGenerator):
    r"""Wasserstein generative adversarial network with gradient penalty.

    .. math:: \min_G \max_D \; \mathbb{E} D(z, c) - \mathbb{E} D(G(\zeta, c), c)
              - \lambda \, \mathbb{E} \bigl( \lVert \nabla_z D(\tilde z, c) \rVert - 1
              \bigr)^2,

    with :math:`\tilde z` between a sample and a datum. The loss of either says nothing
    about the fit; what is kept is the generator with the best energy score on the
    validation set.

    Parameters
    ----------
    n_critic : int
        Updates of the critic before each of the generator.
    hidden : sequence of int
        Hidden widths of generator and critic.
    n_updates : int
        Updates of the generator. Their number is given, for generator and critic chase
        each other, and no loss is still when they are done.
    dt, periods, memory, baseline, batch_size, learning_rate, random_state, device
        As in :class:`msbook.StochasticFlowMap`.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.estimators import ConditionalGAN
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 5000, 1))
    >>> model = ConditionalGAN(n_updates=20, random_state=0)
    >>> model.fit(x, 0.8 * x + 0.6 * noise).sample(x, rng=0).shape
    (5000, 1)

    References
    ----------
    Gulrajani et al. (2017), Improved training of Wasserstein GANs.
    """

    def __init__(
        self,
        n_critic: int = 3,
        *,
        hidden: Sequence[int] = (32, 32),
        dt: float = 1.0,
        periods: Sequence[float | None] | None = None,
        memory: int = 0,
        baseline: str = "linear",
        n_updates: int = 1500,
        batch_size: int = 1024,
        learning_rate: float = 2e-3,
        random_state: int | np.random.RandomState | None = None,
        device: str = "cpu",
    ) -> None:
        self.n_critic = n_critic
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

    def _new_network(self, generator: torch.Generator) -> nn.Module:
        dim = self.scaling_.n_noisy
        sizes = dim, self.scaling_.n_condition, dim
        return PushForward(*sizes, self.hidden, generator)

    def _objective(
        self, network: Any, generator: torch.Generator
    ) -> dict[str, Callable]:
        n_inputs = self.scaling_.n_noisy + self.scaling_.n_condition
        critic = Dense((n_inputs, *self.hidden, 1), "silu", generator)
        critic.to(self.device, torch.float32)
        optimizer = torch.optim.Adam(
            critic.parameters(), lr=self.learning_rate, betas=(0.0, 0.9), fused=True
        )

        def judged(z: Tensor, condition: Tensor) -> Tensor:
            return critic(torch.cat((z, condition), dim=1))

        def push(condition: Tensor) -> Tensor:
            noise = normals(len(condition), network.noise_dim, condition, generator)
            return network.push(noise, condition)

        def train_critic(increments: Tensor, condition: Tensor) -> None:
            for _ in range(self.n_critic):
                with torch.no_grad():
                    made = push(condition)
                share = torch.rand(len(made), 1, generator=generator).to(made.device)
                between = (made + share * (increments - made)).requires_grad_()
                (slope,) = torch.autograd.grad(
                    judged(between, condition).sum(), between, create_graph=True
                )
                steepness = torch.linalg.vector_norm(slope, dim=1)
                gap = (judged(made, condition) - judged(increments, condition)).mean()
                optimizer.zero_grad()
                (gap + _PENALTY * (steepness - 1).square().mean()).backward()
                optimizer.step()

        def loss(increments: Tensor, condition: Tensor) -> Tensor:
            return -judged(push(condition), condition).mean()

        judge = energy_score(network, generator)
        return {"loss": loss, "judge": judge, "before_step": train_critic}

    def _check_parameters(self) -> None:
        super()._check_parameters()
        check_count("n_critic", self.n_critic)
