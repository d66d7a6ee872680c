"""Networks that turn normal noise and a condition into a sample."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from msbook._validation import check_widths
from msbook.networks.layers.checks import check_sizes
from msbook.networks.layers.dense import Dense, zero_start


class PushForward(nn.Module):
    r"""Normal noise, pushed forward by a dense network.

    .. math:: z = \zeta_{1 \dots d} + \mathcal{N}(\zeta, c), \qquad
              \zeta \sim N(0, I_k)

    It has samples and no density. The last layer starts at zero, so that the law is
    at first the normal one.

    Parameters
    ----------
    dim, n_condition : int
        Components of the sample :math:`z` and of the condition :math:`c`.
    noise_dim : int
        Components :math:`k` of the noise, at least ``dim``.
    hidden : sequence of int
        Hidden widths.
    generator : torch.Generator
        Source of the initial parameters.
    """

    dim: int
    noise_dim: int

    def __init__(
        self,
        dim: int,
        n_condition: int,
        noise_dim: int,
        hidden: Sequence[int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(dim=dim, n_condition=n_condition, noise_dim=noise_dim)
        hidden = check_widths("hidden", hidden)
        if noise_dim < dim:
            raise ValueError(
                f"noise_dim must be at least dim = {dim}, or the law has no density; "
                f"got {noise_dim}."
            )
        self.dim, self.noise_dim = dim, noise_dim
        self.network: Dense = zero_start(
            Dense((noise_dim + n_condition, *hidden, dim), "silu", generator)
        )

    def push(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Samples ``(n, dim)`` from normal noise ``(n, noise_dim)``."""
        inputs = torch.cat((noise, condition), dim=1)
        return noise[:, : self.dim] + self.network(inputs)


class LatentGaussian(nn.Module):
    r"""Encoder and decoder of a conditional variational autoencoder.

    .. math:: p(z \mid \eta, c) = N\bigl(m(\eta, c), e^{2 s(\eta, c)}\bigr), \qquad
              q(\eta \mid z, c) = N\bigl(\mu(z, c), e^{2 \sigma(z, c)}\bigr),

    with diagonal covariances and :math:`\eta \sim N(0, I)`.

    Parameters
    ----------
    dim, n_condition : int
        Components of the sample :math:`z` and of the condition :math:`c`.
    n_latent : int
        Components of :math:`\eta`.
    hidden : sequence of int
        Hidden widths of both networks.
    generator : torch.Generator
        Source of the initial parameters.

    References
    ----------
    Kingma & Welling (2014); Sohn, Lee & Yan (2015), Learning structured output
    representation using deep conditional generative models.
    """

    n_latent: int
    noise_dim: int

    def __init__(
        self,
        dim: int,
        n_condition: int,
        n_latent: int,
        hidden: Sequence[int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(dim=dim, n_condition=n_condition, n_latent=n_latent)
        hidden = check_widths("hidden", hidden)
        self.n_latent, self.noise_dim = n_latent, n_latent + dim
        self.encoder: Dense = Dense(
            (dim + n_condition, *hidden, 2 * n_latent), "silu", generator
        )
        self.decoder: Dense = Dense(
            (n_latent + n_condition, *hidden, 2 * dim), "silu", generator
        )

    def encode(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the deviation of the latent, each (n, n_latent)."""
        mean, log_scale = self.encoder(torch.cat((z, condition), dim=1)).chunk(2, dim=1)
        return mean, log_scale

    def decode(self, latent: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and logarithm of the deviation of the sample, each (n, dim)."""
        inputs = torch.cat((latent, condition), dim=1)
        mean, log_scale = self.decoder(inputs).chunk(2, dim=1)
        return mean, log_scale

    def push(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Samples ``(n, dim)`` from normal noise ``(n, n_latent + dim)``."""
        mean, log_scale = self.decode(noise[:, : self.n_latent], condition)
        return mean + torch.exp(log_scale) * noise[:, self.n_latent :]
