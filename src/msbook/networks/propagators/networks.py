"""Networks that propagate latent states with a memory, a step at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from msbook.networks.layers.dense import Dense, new_linear, zero_start

Layer = TypeVar("Layer", bound=nn.Module)


class PropagatorNetwork(nn.Module, ABC):
    r"""A map from latent state and memory to the next ones.

    .. math:: (o_t, h_t) = \mathcal{H}(z_t, h_{t-1}), \qquad
              z_{t+1} = z_t + s\, o_t \quad\text{or}\quad z_{t+1} = o_t ,

    where :math:`s` is the typical size of an increment. The output starts at zero: an
    untrained propagator of increments is persistence.

    Parameters
    ----------
    n_latent : int
        Number of latent variables.
    n_memory : int
        Numbers that make up the memory.
    increments : bool
        Whether the output is the increment or the state itself.

    References
    ----------
    Vlachas et al. (2020), eqs. (4) and (16); increments are ours.
    """

    n_latent: int
    n_memory: int
    increment_scale: Tensor
    most_watched: int = 2_000
    """Windows on which it is judged while it is trained."""
    precision: torch.dtype = torch.float64
    """In which long forecasts are made."""
    least_known: int = 1
    """Known states without which a forecast stands on nothing."""

    def __init__(self, n_latent: int, n_memory: int, increments: bool) -> None:
        super().__init__()
        self.n_latent, self.n_memory = n_latent, n_memory
        self.increments = increments
        self.register_buffer("increment_scale", torch.ones((), dtype=torch.float64))

    def fit(self, latents: Sequence[NDArray[np.float64]]) -> bool:
        """Find all parameters at once from latent paths, if that can be done.

        Parameters
        ----------
        latents : sequence of ndarray, each of shape (n_time, n_latent)

        Returns
        -------
        bool
            Whether it was; if not, the network is trained.
        """
        return False

    @abstractmethod
    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Output and new memory, shapes ``(n, n_latent)`` and ``(n, n_memory)``."""

    def empty_memory(self, z: Tensor) -> Tensor:
        """Memory of nothing, shape ``(n, n_memory)``, for states ``z``."""
        return z.new_zeros(len(z), self.n_memory)

    def step(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Next states and memories."""
        output, memory = self.update(z, memory)
        return (
            z + self.increment_scale * output if self.increments else output
        ), memory

    def rollout(self, z: Tensor, n_steps: int) -> tuple[Tensor, Tensor]:
        """Predictions after states that are known, and then after themselves.

        Parameters
        ----------
        z : Tensor, shape (n, n_known, n_latent)
            Known states, which are fed one after the other (teacher forcing).
        n_steps : int
            Steps from the last known state on.

        Returns
        -------
        predictions : Tensor, shape (n, n_known - 1 + n_steps, n_latent)
            Of the states from the second on; the last ``n_steps`` are free.
        memory : Tensor, shape (n, n_memory)
        """
        state, memory, predictions = z[:, 0], self.empty_memory(z[:, 0]), []
        for step in range(z.shape[1] - 1 + n_steps):
            state = z[:, step] if step < z.shape[1] else state
            state, memory = self.step(state, memory)
            predictions.append(state)
        return torch.stack(predictions, dim=1), memory


class GRUNetwork(PropagatorNetwork):
    """Gated recurrent unit; see :class:`GRU`."""

    def __init__(
        self, n_latent: int, n_hidden: int, increments: bool, generator: torch.Generator
    ) -> None:
        super().__init__(n_latent, n_hidden, increments)
        self.gates: nn.Linear = new_linear(n_latent + n_hidden, 2 * n_hidden, generator)
        self.candidate: nn.Linear = new_linear(n_latent + n_hidden, n_hidden, generator)
        self.output: nn.Linear = zeros_at_first(
            new_linear(n_hidden, n_latent, generator)
        )

    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        both = torch.sigmoid(self.gates(torch.cat((memory, z), dim=1)))
        renew, reset = both.chunk(2, dim=1)
        new = torch.tanh(self.candidate(torch.cat((reset * memory, z), dim=1)))
        memory = memory + renew * (new - memory)
        return self.output(memory), memory


class LSTMNetwork(PropagatorNetwork):
    """Long short-term memory; see :class:`LSTM`. The memory is (h, c)."""

    def __init__(
        self, n_latent: int, n_hidden: int, increments: bool, generator: torch.Generator
    ) -> None:
        super().__init__(n_latent, 2 * n_hidden, increments)
        self.gates: nn.Linear = new_linear(n_latent + n_hidden, 4 * n_hidden, generator)
        self.output: nn.Linear = zeros_at_first(
            new_linear(n_hidden, n_latent, generator)
        )

    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        hidden, cell = memory.chunk(2, dim=1)
        forget, write, read, new = self.gates(torch.cat((hidden, z), dim=1)).chunk(4, 1)
        cell = torch.sigmoid(forget) * cell + torch.sigmoid(write) * torch.tanh(new)
        hidden = torch.sigmoid(read) * torch.tanh(cell)
        return self.output(hidden), torch.cat((hidden, cell), dim=1)


class DelayNetwork(PropagatorNetwork):
    """Dense stack on the last states; see :class:`DelayedMLP`."""

    def __init__(
        self,
        n_latent: int,
        hidden: Sequence[int],
        n_delays: int,
        increments: bool,
        generator: torch.Generator,
    ) -> None:
        super().__init__(n_latent, n_latent * (n_delays - 1), increments)
        widths = (n_latent * n_delays, *hidden, n_latent)
        self.stack: Dense = zero_start(Dense(widths, "silu", generator))

    def update(self, z: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        seen = torch.cat((z, memory), dim=1)
        return self.stack(seen), seen[:, : self.n_memory]


def zeros_at_first(layer: Layer) -> Layer:
    """The layer with all its parameters zero."""
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)
    return layer
