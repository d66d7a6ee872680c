"""Autoencoders of fields: recipes, and the networks they build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_count, check_number, check_positive
from msbook.networks.layers.checks import (
    check_generator,
    check_modules,
    check_recipe,
    check_sizes,
)
from msbook.networks.layers.encoder_network import (
    EncoderNetwork,
    draw_latents,
    normal_like,
)
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


class VariationalNetwork(AutoencoderNetwork):
    r"""An autoencoder whose encoder gives a normal law, and whose decoder sees draws.

    .. math:: q(z \mid x) = N\bigl(\mu(x), \operatorname{diag} \sigma(x)^2\bigr),
              \qquad \frac1D \Bigl( \lVert x - \mathcal{D}(z) \rVert^2
              + 2 s^2\, \mathrm{KL}\bigl(q(z \mid x) \,\Vert\, N(0, I)\bigr) \Bigr) ,

    which is, up to constants, minus the evidence bound for a decoder that is normal
    with standard deviation :math:`s`. Encoding gives the mean.

    Parameters
    ----------
    encoder, decoder : torch.nn.Module
        The encoder gives means and logarithms of standard deviations, side by side.
    decoder_std : float
        The number :math:`s`, in the scale of the data.

    References
    ----------
    Vlachas et al. (2020), eq. (9). Kingma & Welling (2014).
    """

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, *, decoder_std: float
    ) -> None:
        super().__init__(encoder, decoder)
        self.decoder_std = check_positive("decoder_std", decoder_std)

    def encode(self, x: Tensor) -> Tensor:
        """Mean latent states of scaled states ``x``, shape ``(*, n_features)``."""
        return self.encoder(x).chunk(2, dim=-1)[0]

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Minus the evidence bound, times the variance of the decoder."""
        z, divergence = draw_latents(self.encoder(x), generator)
        weight = 2 * self.decoder_std**2 / x.shape[-1]
        return mean_square(self.decode(z) - x) + weight * divergence.mean()


class LinearNetwork(AutoencoderNetwork):
    """Principal components as an autoencoder: found at once, not trained."""

    encoder: nn.Linear
    decoder: nn.Linear

    def __init__(self, n_features: int, n_latent: int) -> None:
        encoder = nn.Linear(n_features, n_latent, dtype=torch.float64)
        decoder = nn.Linear(n_latent, n_features, dtype=torch.float64)
        super().__init__(encoder, decoder)

    def fit(self, x: Tensor) -> bool:
        """Project on the leading principal components of ``x``; returns True."""
        mean = x.mean(0)
        centred = x - mean
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        leading = vectors[:, -self.encoder.out_features :].flip(1)
        with torch.no_grad():
            self.encoder.weight.copy_(leading.T)
            self.encoder.bias.copy_(-mean @ leading)
            self.decoder.weight.copy_(leading)
            self.decoder.bias.copy_(mean)
        return True


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


@serializable
@dataclass(frozen=True)
class VariationalAutoencoder:
    """A dense autoencoder with a law of latent states in place of one state.

    Parameters
    ----------
    n_latent : int
        Number of latent variables.
    hidden : sequence of int
        Hidden widths of the encoder, all the same; the decoder has the same.
    activation : {"elu", "tanh", "silu"}
    decoder_std : float
        Error that the decoder is allowed, in the standard deviation of the data: the
        larger, the more the latent law is drawn to the normal one.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import VariationalAutoencoder
    >>> recipe = VariationalAutoencoder(2, decoder_std=0.05)
    >>> network = recipe.build(50, torch.Generator().manual_seed(0))
    >>> network.encode(torch.zeros(3, 50, dtype=torch.float64)).shape
    torch.Size([3, 2])

    References
    ----------
    Vlachas et al. (2020), section 6.2.
    """

    n_latent: int = 8
    hidden: Sequence[int] = (100, 100, 100)
    activation: str = "silu"
    decoder_std: float = 0.1

    def __post_init__(self) -> None:
        check_recipe(self.n_latent, self.hidden, self.activation)
        check_positive("decoder_std", self.decoder_std)

    def build(self, n_features: int, generator: torch.Generator) -> VariationalNetwork:
        """The untrained network, its parameters drawn from the generator."""
        ways = self.hidden, self.activation, generator
        return VariationalNetwork(
            ResidualDense(n_features, 2 * self.n_latent, *ways),
            ResidualDense(self.n_latent, n_features, *ways),
            decoder_std=self.decoder_std,
        )


@serializable
@dataclass(frozen=True)
class PrincipalComponents:
    """The linear autoencoder of least squared error, the peer of all others.

    Parameters
    ----------
    n_latent : int
        Number of components kept.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import PrincipalComponents
    >>> x = torch.outer(torch.arange(5.0), torch.tensor([3.0, 4.0])).double()
    >>> network = PrincipalComponents(1).build(2, torch.Generator())
    >>> network.fit(x), bool(network.error(x) < 1e-20)
    (True, True)
    """

    n_latent: int = 8

    def __post_init__(self) -> None:
        check_sizes(n_latent=self.n_latent)

    def build(self, n_features: int, generator: torch.Generator) -> LinearNetwork:
        """The projection, still to be fitted; nothing is drawn."""
        check_sizes(n_features=n_features)
        check_generator(generator)
        if check_count("n_latent", self.n_latent) > n_features:
            raise ValueError(
                f"n_latent must not exceed the {n_features} components of a state, for "
                f"there are no more principal ones; got {self.n_latent}."
            )
        return LinearNetwork(n_features, self.n_latent)


def mean_square(values: Tensor) -> Tensor:
    """Mean of the squares."""
    return values.square().mean()
