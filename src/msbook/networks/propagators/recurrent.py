"""Propagators of latent states as recipes: gated memories, and a stack of delays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from msbook._registry import serializable
from msbook._validation import check_flag, check_widths
from msbook.networks.layers.checks import check_generator, check_sizes
from msbook.networks.propagators.networks import (
    DelayNetwork,
    GRUNetwork,
    LSTMNetwork,
    PropagatorNetwork,
)


class Propagator(Protocol):
    """A recipe: what :class:`msbook.LED` asks of its ``propagator``."""

    @property
    def n_warm_up(self) -> int:
        """Known states it needs before its forecasts are worth anything."""
        ...

    def build(self, n_latent: int, generator: torch.Generator) -> PropagatorNetwork:
        """An untrained network."""
        ...


@serializable
@dataclass(frozen=True)
class GRU:
    r"""Gated recurrent unit.

    .. math:: u_t &= \sigma(W_u [h_{t-1}, z_t] + b_u), \qquad
              r_t = \sigma(W_r [h_{t-1}, z_t] + b_r), \\
              \tilde h_t &= \tanh(W_h [r_t \odot h_{t-1}, z_t] + b_h), \\
              h_t &= (1 - u_t) \odot h_{t-1} + u_t \odot \tilde h_t, \qquad
              o_t = W_o h_t + b_o .

    Parameters
    ----------
    n_hidden : int
        Numbers in the memory :math:`h`.
    n_warm_up : int
        Known states that it is given before each stretch of forecast it is trained on.
    increments : bool
        Whether it forecasts the increment of the latent state or the state itself.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import GRU
    >>> network = GRU(10).build(2, torch.Generator().manual_seed(0))
    >>> network.rollout(torch.zeros(3, 5, 2).double(), n_steps=4)[0].shape
    torch.Size([3, 8, 2])

    References
    ----------
    Vlachas et al. (2020), eq. (17).
    """

    n_hidden: int = 50
    n_warm_up: int = 30
    increments: bool = True

    def __post_init__(self) -> None:
        check_sizes(n_hidden=self.n_hidden, n_warm_up=self.n_warm_up)
        check_flag("increments", self.increments)

    def build(self, n_latent: int, generator: torch.Generator) -> PropagatorNetwork:
        """The untrained network, its parameters drawn from the generator."""
        check_sizes(n_latent=n_latent)
        check_generator(generator)
        return GRUNetwork(n_latent, self.n_hidden, self.increments, generator)


@serializable
@dataclass(frozen=True)
class LSTM:
    r"""Long short-term memory.

    .. math:: (f_t, i_t, o_t) &= \sigma(W [h_{t-1}, z_t] + b), \qquad
              \tilde c_t = \tanh(W_c [h_{t-1}, z_t] + b_c), \\
              c_t &= f_t \odot c_{t-1} + i_t \odot \tilde c_t, \qquad
              h_t = o_t \odot \tanh c_t ,

    and a linear map of :math:`h_t` is the output.

    Parameters
    ----------
    n_hidden : int
        Numbers in :math:`h` and in :math:`c`, which both make up the memory.
    n_warm_up : int
        Known states that it is given before each stretch of forecast it is trained on.
    increments : bool
        Whether it forecasts the increment of the latent state or the state itself.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import LSTM
    >>> LSTM(10).build(2, torch.Generator().manual_seed(0)).n_memory
    20

    References
    ----------
    Vlachas et al. (2020), eq. (19).
    """

    n_hidden: int = 50
    n_warm_up: int = 30
    increments: bool = True

    def __post_init__(self) -> None:
        check_sizes(n_hidden=self.n_hidden, n_warm_up=self.n_warm_up)
        check_flag("increments", self.increments)

    def build(self, n_latent: int, generator: torch.Generator) -> PropagatorNetwork:
        """The untrained network, its parameters drawn from the generator."""
        check_sizes(n_latent=n_latent)
        check_generator(generator)
        return LSTMNetwork(n_latent, self.n_hidden, self.increments, generator)


@serializable
@dataclass(frozen=True)
class DelayedMLP:
    r"""Dense stack that sees the last few latent states.

    .. math:: o_t = \mathcal{N}(z_t, z_{t-1}, \dots, z_{t-k+1})

    Parameters
    ----------
    hidden : sequence of int
        Hidden widths.
    n_delays : int
        Number :math:`k` of states it sees; with one, the forecast is Markovian.
    increments : bool
        Whether it forecasts the increment of the latent state or the state itself.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import DelayedMLP
    >>> DelayedMLP(n_delays=3).build(2, torch.Generator().manual_seed(0)).n_memory
    4
    """

    hidden: Sequence[int] = (100, 100)
    n_delays: int = 2
    increments: bool = True

    def __post_init__(self) -> None:
        check_widths("hidden", self.hidden)
        check_sizes(n_delays=self.n_delays)
        check_flag("increments", self.increments)

    @property
    def n_warm_up(self) -> int:
        """Known states before each stretch of forecast: as many as it sees."""
        return self.n_delays

    def build(self, n_latent: int, generator: torch.Generator) -> PropagatorNetwork:
        """The untrained network, its parameters drawn from the generator."""
        check_sizes(n_latent=n_latent)
        check_generator(generator)
        return DelayNetwork(
            n_latent, self.hidden, self.n_delays, self.increments, generator
        )
