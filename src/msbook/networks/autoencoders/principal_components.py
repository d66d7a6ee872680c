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

MOST_FEATURES = 1024  # of which all products are summed; of more, the leading alone
N_MORE, N_TIMES = 10, 4  # directions beyond those wanted, and rounds


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
        n_features, n_latent = self.encoder.in_features, self.encoder.out_features
        mean, n = torch.zeros(n_features, dtype=torch.float64), 0
        for batch in batches:
            mean, n = mean + batch.sum(0), n + len(batch)
        mean = mean / n
        if n_features <= MOST_FEATURES:
            products = torch.zeros(n_features, n_features, dtype=torch.float64)
            for batch in batches:
                centred = batch - mean
                products += centred.T @ centred
            leading = torch.linalg.eigh(products)[1][:, -n_latent:].flip(1)
        else:
            leading = _leading(batches, mean, n_latent)
        with torch.no_grad():
            self.encoder.weight.copy_(leading.T)
            self.encoder.bias.copy_(-mean @ leading)
            self.decoder.weight.copy_(leading)
            self.decoder.bias.copy_(mean)
        return True


def _products(batches: Iterable[Tensor], mean: Tensor, vectors: Tensor) -> Tensor:
    """The covariance, but for a factor, times vectors ``(n_features, k)``."""
    total = torch.zeros_like(vectors)
    for batch in batches:
        centred = batch - mean
        total += centred.T @ (centred @ vectors)
    return total


def _leading(batches: Iterable[Tensor], mean: Tensor, n_latent: int) -> Tensor:
    """Leading directions by a block of random ones that is multiplied and straightened.

    References
    ----------
    Halko, Martinsson & Tropp (2011), algorithm 4.4.
    """
    n_features, draws = len(mean), torch.Generator().manual_seed(0)
    width = min(n_features, n_latent + N_MORE)
    block = torch.randn(n_features, width, generator=draws, dtype=torch.float64)
    for _ in range(N_TIMES):
        block = torch.linalg.qr(_products(batches, mean, block))[0]
    small = block.T @ _products(batches, mean, block)
    return (block @ torch.linalg.eigh(small)[1].flip(1))[:, :n_latent]


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
