"""No autoencoder: the state is small enough to be forecast as it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from msbook._registry import serializable
from msbook.networks.autoencoders.dense import AutoencoderNetwork
from msbook.networks.layers.checks import check_generator, check_sizes


class IdentityNetwork(AutoencoderNetwork):
    """Encoder and decoder return what they are given; there is nothing to train."""

    def __init__(self) -> None:
        super().__init__(nn.Identity(), nn.Identity())

    def fit(self, batches: Iterable[Tensor]) -> bool:
        """Returns True: nothing is left to find."""
        return True


@serializable
@dataclass(frozen=True)
class Identity:
    """The recipe for :class:`msbook.LED` without an autoencoder.

    Parameters
    ----------
    n_latent : int
        Number of components of a state, all of which are latent variables.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Identity
    >>> network = Identity(2).build(2, torch.Generator())
    >>> network.encode(torch.tensor([[3.0, 4.0]]))
    tensor([[3., 4.]])

    References
    ----------
    Cattaneo, Dotti & Fedrizzi (2022), section 6.1.
    """

    n_latent: int

    def __post_init__(self) -> None:
        check_sizes(n_latent=self.n_latent)

    def build(self, n_features: int, generator: torch.Generator) -> IdentityNetwork:
        """The network; nothing is drawn.

        Raises
        ------
        ValueError
            If a state has another number of components.
        """
        check_sizes(n_features=n_features)
        check_generator(generator)
        if n_features != self.n_latent:
            raise ValueError(
                "without an autoencoder n_latent must be the components of a state, "
                f"n_features = {n_features}; got {self.n_latent}."
            )
        return IdentityNetwork()
