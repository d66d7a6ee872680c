"""The variational autoencoder: a law of latent states in place of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_positive
from msbook.networks.autoencoders.dense import AutoencoderNetwork, mean_square
from msbook.networks.layers.checks import check_recipe
from msbook.networks.layers.encoder_network import draw_latents
from msbook.networks.layers.residual import ResidualDense


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
        self.decoder_std: float = check_positive("decoder_std", decoder_std)

    def encode(self, x: Tensor) -> Tensor:
        """Mean latent states of scaled states ``x``, shape ``(*, n_features)``."""
        return self.encoder(x).chunk(2, dim=-1)[0]

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """Minus the evidence bound, times the variance of the decoder."""
        z, divergence = draw_latents(self.encoder(x), generator)
        weight = 2 * self.decoder_std**2 / x.shape[-1]
        return mean_square(self.decode(z) - x) + weight * divergence.mean()


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
