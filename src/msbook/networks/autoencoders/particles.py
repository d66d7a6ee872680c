"""An autoencoder of sets of particles: to a code of the set, and to a law of one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from msbook._registry import serializable
from msbook._validation import check_choice, check_kind, check_number, finite_array
from msbook.networks.autoencoders.permutation_invariant import (
    PermutationInvariantEncoder,
)
from msbook.networks.densities.full_covariance_mixture import (
    SUPPORTS,
    FullCovarianceMixture,
)
from msbook.networks.layers.checks import check_recipe, check_sizes
from msbook.networks.layers.encoder_network import EncoderNetwork, draw_latents

Box = Sequence[float] | Sequence[Sequence[float]]


class ParticleNetwork(EncoderNetwork):
    r"""A permutation-invariant encoder, and a decoder that gives a law of particles.

    .. math:: z = \mathcal{E}\bigl(\{x^i\}\bigr), \qquad
              -\frac1m \sum_{j=1}^{m} \ln p\bigl(x^j \mid z\bigr)
              + \frac{\beta}{N}\, \mathrm{KL}\bigl(q \,\Vert\, N(0, I)\bigr)

    The first sum is over particles that the encoder did not see, as far as there are
    enough. The second term is that of a variational encoder, which gives a normal law
    :math:`q` of latent states: with :math:`\beta = 1` the loss is minus the evidence
    bound of a state of :math:`N` particles, divided by :math:`N`.

    Parameters
    ----------
    encoder : PermutationInvariantEncoder
        Of particles in [0, 1]; with a weight of the divergence it gives means and
        logarithms of standard deviations, side by side.
    decoder : FullCovarianceMixture
    box : ndarray, shape (dim, 2)
        Least and largest value of every component, in the units of the data.
    n_seen, n_scored : int
        Particles of a state that encoder and decoder are trained on at a time.
    kl_weight : float
        The number :math:`\beta`; zero for an encoder that is not variational.

    References
    ----------
    Vlachas et al. (2020), sections 6.2–6.4.
    """

    encoder: PermutationInvariantEncoder
    decoder: FullCovarianceMixture
    n_seen: int
    n_scored: int
    kl_weight: float

    n_axes = 2

    def __init__(
        self,
        encoder: PermutationInvariantEncoder,
        decoder: FullCovarianceMixture,
        *,
        box: NDArray[np.float64],
        n_seen: int,
        n_scored: int,
        kl_weight: float = 0.0,
    ) -> None:
        super().__init__()
        wanted = "a PermutationInvariantEncoder"
        check_kind("encoder", encoder, PermutationInvariantEncoder, wanted)
        check_kind("decoder", decoder, FullCovarianceMixture, "a FullCovarianceMixture")
        check_sizes(n_seen=n_seen, n_scored=n_scored)
        check_number("kl_weight", kl_weight, 0.0)
        self.encoder, self.decoder = encoder, decoder
        self.box = _pairs(box, decoder.dim)
        self.n_seen, self.n_scored, self.kl_weight = n_seen, n_scored, kl_weight

    def encode(self, x: Tensor) -> Tensor:
        """Latent states of sets ``(*, n_particles, dim)``, of all their particles."""
        code = self.encoder(x)
        return code.chunk(2, dim=-1)[0] if self.kl_weight else code

    def log_prob(self, x: Tensor, z: Tensor) -> Tensor:
        """Logarithms of densities of particles ``(n, n_particles, dim)``."""
        return self.decoder.log_prob(x, z)

    def sample(self, z: Tensor, n_particles: int, generator: torch.Generator) -> Tensor:
        """Particles ``(n, n_particles, dim)``, drawn for each latent state."""
        return self.decoder.sample(z, n_particles, generator)

    def loss(self, x: Tensor, generator: torch.Generator) -> Tensor:
        """What training lowers, for a batch of sets ``(n, n_particles, dim)``."""
        seen, scored = self._some_particles(x, generator)
        if not self.kl_weight:
            return -self.log_prob(scored, self.encode(seen)).mean()
        z, divergence = draw_latents(self.encoder(seen), generator)
        weight = self.kl_weight / x.shape[1]
        return -self.log_prob(scored, z).mean() + weight * divergence.mean()

    def error(self, x: Tensor) -> Tensor:
        """What chooses the network: minus the mean log-likelihood of a particle.

        On as many particles as in training, and the same each time.
        """
        seen, scored = self._some_particles(x, torch.Generator().manual_seed(0))
        return -self.log_prob(scored, self.encode(seen)).mean()

    def _some_particles(
        self, x: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        order = torch.randperm(x.shape[1], generator=generator).to(x.device)
        return x[:, order[: self.n_seen]], x[:, order[-self.n_scored :]]


@serializable
@dataclass(frozen=True)
class ParticleAutoencoder:
    """Recipe for states that are sets of like particles in a box.

    The code of a set does not depend on the order of its particles, and what is
    decoded is a law from which any number of them can be drawn.

    Parameters
    ----------
    n_latent : int
        Number of latent variables.
    hidden : sequence of int
        Hidden widths, all the same, of each of the three stacks.
    activation : {"elu", "tanh", "silu"}
    n_pooled : int
        Features of a particle that are averaged over the set.
    n_parts : int
        Gaussians of the decoded law.
    box : (float, float) or sequence of (float, float)
        Least and largest value, in the units of the data: one pair, or one for each
        component.
    support : {"logit", "softplus"}
        Whether the decoded law is bounded on both sides or, as in the paper, from
        below only; see :class:`FullCovarianceMixture`.
    kl_weight : float
        Weight of the divergence in a variational autoencoder, of which 1 is the
        evidence bound; with zero the encoder gives one code.
    n_seen, n_scored : int
        Particles of each state that the encoder sees and that the decoder is scored
        on in one update of the training, which is several times cheaper than all.
        Once trained, the encoder sees all.

    Raises
    ------
    ValueError
        If a parameter is out of range, or by :meth:`build` if the box does not fit.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import ParticleAutoencoder
    >>> generator = torch.Generator().manual_seed(0)
    >>> network = ParticleAutoencoder(2, hidden=(8, 8)).build(3, generator)
    >>> z = network.encode(torch.rand(5, 1000, 3, dtype=torch.float64))
    >>> network.sample(z, 400, generator).shape
    torch.Size([5, 400, 3])

    References
    ----------
    Vlachas et al. (2020), sections 6.3, 6.4 and 8.1.
    """

    n_axes: ClassVar[int] = 2  # of a state, for which its networks are built

    n_latent: int = 8
    hidden: Sequence[int] = (100, 100, 100)
    activation: str = "silu"
    n_pooled: int = 200
    n_parts: int = 5
    box: Box = (-0.5, 0.5)
    support: str = "logit"
    kl_weight: float = 0.0
    n_seen: int = 100
    n_scored: int = 200

    def __post_init__(self) -> None:
        check_recipe(self.n_latent, self.hidden, self.activation)
        check_sizes(n_pooled=self.n_pooled, n_parts=self.n_parts)
        check_sizes(n_seen=self.n_seen, n_scored=self.n_scored)
        check_choice("support", self.support, SUPPORTS)
        check_number("kl_weight", self.kl_weight, 0.0)
        pairs = np.atleast_2d(finite_array("box", self.box))
        _pairs(self.box, len(pairs))

    def build(self, n_features: int, generator: torch.Generator) -> ParticleNetwork:
        """The untrained network, its parameters drawn from the generator."""
        check_sizes(n_features=n_features)
        n_codes = 2 * self.n_latent if self.kl_weight else self.n_latent
        ways = self.hidden, self.n_pooled, self.activation, generator
        return ParticleNetwork(
            PermutationInvariantEncoder(n_features, n_codes, *ways),
            FullCovarianceMixture(
                n_features,
                self.n_latent,
                self.n_parts,
                self.hidden,
                self.activation,
                self.support,
                generator,
            ),
            box=_pairs(self.box, n_features),
            n_seen=self.n_seen,
            n_scored=self.n_scored,
            kl_weight=self.kl_weight,
        )


def _pairs(box: Any, dim: int) -> NDArray[np.float64]:
    """A pair for each component."""
    pairs = finite_array("box", box)
    if pairs.shape not in ((2,), (dim, 2)) or not (np.diff(pairs) > 0).all():
        raise ValueError(
            "box must be a pair (least, largest), or one for each of the "
            f"{dim} components; got {box!r}."
        )
    return np.broadcast_to(pairs, (dim, 2))
