"""What an autoencoder is, and the dense one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_number
from msbook.networks.layers.checks import check_modules, check_recipe
from msbook.networks.layers.encoder_network import EncoderNetwork, normal_like
from msbook.networks.layers.residual import ResidualDense


class AutoencoderNetwork(EncoderNetwork):
    r"""An encoder and a decoder, and the loss they are trained with.

    .. math:: \frac1D \lVert x - \mathcal{D}(\mathcal{E}(x + \sigma\xi)) \rVert^2
              + \frac{\lambda}{2} \lVert w \rVert^2, \qquad \xi \sim N(0, I)

    Parameters
    ----------
    encoder, decoder : torch.nn.Module
        From :math:`D` features to the latent state, and back.
    noise : float
        Standard deviation :math:`\sigma` of noise on what the encoder sees in
        training, in that of the scaled data.
    weight_decay : float
        The rate :math:`\lambda`.

    References
    ----------
    Vlachas et al. (2020), section 6.1 and tables 5 and 7.
    """

    encoder: nn.Module
    decoder: nn.Module
    noise: float
    weight_decay: float

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        *,
        noise: float = 0.0,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__()
        check_modules(encoder=encoder, decoder=decoder)
        check_number("noise", noise, 0.0)
        check_number("weight_decay", weight_decay, 0.0)
        self.encoder, self.decoder = encoder, decoder
        self.noise, self.weight_decay = noise, weight_decay

    def encode(self, x: Tensor) -> Tensor:
        """Latent states of scaled states ``x``, shape ``(*, n_features)``."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Scaled states of latent states ``z``, shape ``(*, n_latent)``."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """What training lowers, for a batch of scaled states."""
        seen = x + self.noise * normal_like(x, generator) if self.noise else x
        return self._with_decay(mean_square(self(seen) - x))

    def error(self, x: Tensor) -> Tensor:
        """What chooses the network: the mean squared error of reconstruction."""
        return mean_square(self(x) - x)

    def _with_decay(self, loss: Tensor) -> Tensor:
        if not self.weight_decay:
            return loss
        squares = sum(mean_square(p) * p.numel() for p in self.parameters())
        return loss + 0.5 * self.weight_decay * squares


class Autoencoder(Protocol):
    """A recipe: what :class:`msbook.LED` asks of its ``autoencoder``."""

    @property
    def n_latent(self) -> int:
        """Number of latent variables."""
        ...

    def build(self, n_features: int, generator: torch.Generator) -> EncoderNetwork:
        """A network, which is trained unless its ``fit`` says that it need not be."""
        ...


@serializable
@dataclass(frozen=True)
class DenseAutoencoder:
    """Encoder and decoder are dense stacks with residual connections.

    Parameters
    ----------
    n_latent : int
        Number of latent variables.
    hidden : sequence of int
        Hidden widths of the encoder, all the same; the decoder has the same.
    activation : {"elu", "tanh", "silu"}
    noise : float
        Standard deviation of noise on the input in training, in that of the data.
    weight_decay : float
        Rate at which weights decay.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import DenseAutoencoder
    >>> network = DenseAutoencoder(2).build(50, torch.Generator().manual_seed(0))
    >>> network.encode(torch.zeros(3, 50, dtype=torch.float64)).shape
    torch.Size([3, 2])

    References
    ----------
    Vlachas et al. (2020), section 6.1.
    """

    n_latent: int = 8
    hidden: Sequence[int] = (100, 100, 100)
    activation: str = "silu"
    noise: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        check_recipe(self.n_latent, self.hidden, self.activation)
        check_number("noise", self.noise, 0.0)
        check_number("weight_decay", self.weight_decay, 0.0)

    def build(self, n_features: int, generator: torch.Generator) -> AutoencoderNetwork:
        """The untrained network, its parameters drawn from the generator."""
        ways = self.hidden, self.activation, generator
        return AutoencoderNetwork(
            ResidualDense(n_features, self.n_latent, *ways),
            ResidualDense(self.n_latent, n_features, *ways),
            noise=self.noise,
            weight_decay=self.weight_decay,
        )


def mean_square(values: Tensor) -> Tensor:
    """Mean of the squares."""
    return values.square().mean()
