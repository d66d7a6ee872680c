"""A generator trained by the energy score, a proper score that needs no density."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_count
from msbook.estimators.flow_map.network_generator import NetworkGenerator
from msbook.networks.densities.push_forward import PushForward
from msbook.training.by_loss import Loss


@serializable
class EnergyScore(NetworkGenerator):
    r"""Push-forward of normal noise that minimises the energy score.

    .. math:: \min_G \; \mathbb{E} \lVert G(\zeta) - z \rVert
              - \tfrac12 \mathbb{E} \lVert G(\zeta) - G(\zeta') \rVert

    Its minimum is the law of :math:`z` itself. No density is needed, no adversary and
    no invertible layer.

    Parameters
    ----------
    noise_dim : int
        Normal numbers that a sample takes; by default as many as components.
    n_updates : int, optional
        As in :class:`msbook.StochasticFlowMap`; by default the energy score of a tenth
        of the pairs, with the same noise at each look, tells when training is done.
    hidden, dt, periods, memory, baseline, batch_size, learning_rate
        As in :class:`msbook.StochasticFlowMap`; so are ``random_state, device``.

    Examples
    --------
    >>> import numpy as np
    >>> from msbook.estimators import EnergyScore
    >>> x, noise = np.random.default_rng(0).normal(size=(2, 5000, 1))
    >>> model = EnergyScore(n_updates=100, random_state=0).fit(x, 0.8 * x + 0.6 * noise)
    >>> model.rollout([2.0], 20, n_paths=1000, rng=0).shape
    (1000, 21, 1)

    References
    ----------
    Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and
    estimation, section 4.3.
    """

    def __init__(
        self,
        noise_dim: int | None = None,
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
        self.noise_dim = noise_dim
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
        dim = self.scaling_.n_noisy
        noise_dim = dim if self.noise_dim is None else self.noise_dim
        sizes = dim, self.scaling_.n_condition, noise_dim
        return PushForward(*sizes, self.hidden, generator)

    def _objective(
        self, network: Any, generator: torch.Generator
    ) -> dict[str, Callable]:
        loss = partial(energy_score, network)
        return sampled_objective(loss, generator, until_still=self.n_updates is None)

    def _check_parameters(self) -> None:
        super()._check_parameters()
        if self.noise_dim is not None:
            check_count("noise_dim", self.noise_dim)


def energy_score(network: Any, generator: torch.Generator) -> Loss:
    """Energy score of a network's samples, from two of them an increment."""

    def loss(increments: Tensor, condition: Tensor) -> Tensor:
        one, other = (
            network.push(
                normals(len(condition), network.noise_dim, condition, generator),
                condition,
            )
            for _ in range(2)
        )
        to_data = torch.linalg.vector_norm(one - increments, dim=1) + (
            torch.linalg.vector_norm(other - increments, dim=1)
        )
        apart = torch.linalg.vector_norm(one - other, dim=1)
        return 0.5 * (to_data - apart).mean()

    return loss


def sampled_objective(
    loss: Callable[[torch.Generator], Loss],
    generator: torch.Generator,
    *,
    until_still: bool,
) -> dict[str, Loss]:
    """A loss that draws random numbers, and a judge if it shall be still.

    The judge draws the same ones at each look.
    """
    if not until_still:
        return {"loss": loss(generator)}
    seed = int(torch.randint(2**31 - 1, (), generator=generator))

    def judge(increments: Tensor, condition: Tensor) -> Tensor:
        return loss(torch.Generator().manual_seed(seed))(increments, condition)

    return {"loss": loss(generator), "judge": judge}


def normals(n: int, dim: int, like: Tensor, generator: torch.Generator) -> Tensor:
    """Normal numbers (n, dim), the same on whatever device they are wanted."""
    drawn = torch.randn(n, dim, dtype=like.dtype, generator=generator)
    return drawn.to(like.device)
