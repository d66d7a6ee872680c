"""The linear autoencoder: principal components."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook._validation import check_count
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.layers.checks import check_generator, check_sizes


class LinearNetwork(AutoencoderNetwork):
    """Principal components as an autoencoder: found at once, not trained."""

    encoder: nn.Linear
    decoder: nn.Linear

    def __init__(self, n_features: int, n_latent: int) -> None:
        encoder = nn.Linear(n_features, n_latent, dtype=torch.float64)
        decoder = nn.Linear(n_latent, n_features, dtype=torch.float64)
        super().__init__(encoder, decoder)

    def fit(self, batches: Iterable[Tensor]) -> bool:
        """Project on the leading principal components; returns True."""
        x = torch.cat(list(batches))
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
    >>> network.fit([x]), bool(network.error(x) < 1e-20)
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
