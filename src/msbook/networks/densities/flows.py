"""Conditional normalizing flows: exact densities that depend on a condition."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from msbook._validation import check_methods, check_widths
from msbook.networks.layers.checks import check_modules, check_sizes
from msbook.networks.layers.dense import Dense, zero_start

LEAST_LOG_SCALE = -7.0
"""Of a Gaussian: without it the likelihood of data without noise has no end."""


class Transform(Protocol):
    """An increasing function of one number, given by parameters."""

    n_parameters: int

    def forward(self, z: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Value and logarithm of the slope at ``z``, each of its shape ``(*,)``."""
        ...

    def inverse(self, u: Tensor, parameters: Tensor) -> Tensor:
        """Where the value is ``u``; ``parameters`` are ``(*, n_parameters)``."""
        ...


class Affine:
    r"""The transform that makes a conditional Gaussian.

    .. math:: u = (z - m)\, e^{-s}

    with parameters :math:`(m, s)`; zeros give the identity. Compositions of affine
    transforms are affine: in one dimension a flow of these alone is a Gaussian whose
    mean and standard deviation depend on the condition, however many there are.

    References
    ----------
    Papamakarios, Pavlakou & Murray (2017), Masked autoregressive flow for density
    estimation.
    """

    n_parameters = 2

    def forward(self, z: Tensor, parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Value and logarithm of the slope at ``z``."""
        shift, log_scale = parameters.unbind(-1)
        log_scale = log_scale.clamp_min(LEAST_LOG_SCALE)
        return (z - shift) * torch.exp(-log_scale), -log_scale

    def inverse(self, u: Tensor, parameters: Tensor) -> Tensor:
        """Where the value is ``u``."""
        shift, log_scale = parameters.unbind(-1)
        return shift + u * torch.exp(log_scale.clamp_min(LEAST_LOG_SCALE))


class Conditioners(nn.Module):
    r"""One network a component, which sees the condition and the components before it.

    .. math:: \theta_i = \mathcal{N}_i(c, z_1, \dots, z_{i-1}), \qquad
              i = 1, \dots, d

    Last layers start at zero, and so do all :math:`\theta_i`. Hidden layers are SiLU.

    Parameters
    ----------
    dim, n_condition : int
        Components of :math:`z` and of the condition :math:`c`.
    n_parameters : int
        Entries of each :math:`\theta_i`.
    hidden : sequence of int
        Hidden widths.
    generator : torch.Generator
        Source of the initial parameters.
    """

    def __init__(
        self,
        dim: int,
        n_condition: int,
        n_parameters: int,
        hidden: Sequence[int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(dim=dim, n_condition=n_condition)
        hidden = check_widths("hidden", hidden)
        self.networks: nn.ModuleList = nn.ModuleList(
            zero_start(
                Dense((n_condition + i, *hidden, n_parameters), "silu", generator)
            )
            for i in range(dim)
        )

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        """All parameters, shape ``(n, dim, n_parameters)``."""
        return torch.stack(
            [
                network(torch.cat((condition, z[:, :i]), dim=1))
                for i, network in enumerate(self.networks)
            ],
            dim=1,
        )

    def start_at(self, parameters: Tensor) -> None:
        r"""Let the :math:`\theta_i` start here, shape ``(dim, n_parameters)``."""
        with torch.no_grad():
            networks: Any = self.networks
            for network, start in zip(networks, parameters, strict=True):
                network.linears[-1].bias.copy_(start)

    def unroll(
        self, noise: Tensor, condition: Tensor, draw: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Components ``draw(noise[:, i], parameters)``, one after the other."""
        z = condition.new_empty(len(condition), 0)
        for i, network in enumerate(self.networks):
            parameters = network(torch.cat((condition, z), dim=1))
            z = torch.cat((z, draw(noise[:, i], parameters)[:, None]), dim=1)
        return z


class Autoregressive(nn.Module):
    r"""One layer of a flow: a transform of each component, given those before it.

    .. math:: u_i = T\bigl(z_i;\, \theta_i(c, z_1, \dots, z_{i-1})\bigr), \qquad
              \log \Bigl\lvert \det \frac{\partial u}{\partial z} \Bigr\rvert
              = \sum_i \log T'(z_i; \theta_i)

    From :math:`z` to :math:`u` all components go at once; back they come one after
    the other. The layer starts as the identity if zeros are the transform's.

    Parameters
    ----------
    transform : Transform
        The increasing function :math:`T`.
    dim, n_condition : int
        Components of :math:`z` and of the condition :math:`c`.
    hidden : sequence of int
        Hidden widths of the networks :math:`\theta_i`.
    generator : torch.Generator
        Source of the initial parameters.

    References
    ----------
    Papamakarios et al. (2021), Normalizing flows for probabilistic modeling and
    inference, section 3.1.
    """

    def __init__(
        self,
        transform: Transform,
        dim: int,
        n_condition: int,
        hidden: Sequence[int],
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        needed = ("n_parameters", "forward", "inverse")
        check_methods("transform", transform, needed, "a transform such as Affine()")
        self.transform = transform
        self.conditioners: Conditioners = Conditioners(
            dim, n_condition, transform.n_parameters, hidden, generator
        )

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Image ``u`` of shape ``(n, dim)``, and the log-determinant, ``(n,)``."""
        u, log_slopes = self.transform.forward(z, self.conditioners(z, condition))
        return u, log_slopes.sum(dim=1)

    def inverse(self, u: Tensor, condition: Tensor) -> Tensor:
        """The ``z`` whose image is ``u``, both of shape ``(n, dim)``."""
        return self.conditioners.unroll(u, condition, self.transform.inverse)


class ConditionalFlow(nn.Module):
    r"""Law of a vector given a condition: an invertible image of the normal law.

    .. math:: u = (f_L \circ \dots \circ f_1)(z; c), \qquad
              \log p(z \mid c) = \log \varphi(u)
              + \sum_l \log \lvert \det \nabla f_l \rvert,

    with :math:`\varphi` the density of :math:`N(0, I)`. Samples go the other way, from
    normal numbers :math:`u` to :math:`z`.

    Parameters
    ----------
    layers : sequence of Module
        With ``forward(z, condition) -> (u, log_determinant)`` and
        ``inverse(u, condition) -> z``, such as :class:`Autoregressive`.
    dim : int
        Components of :math:`z`.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Affine, Autoregressive, ConditionalFlow
    >>> generator = torch.Generator().manual_seed(0)
    >>> flow = ConditionalFlow([Autoregressive(Affine(), 2, 1, (8,), generator)], dim=2)
    >>> condition, z = torch.zeros(5, 1).double(), torch.ones(5, 2).double()
    >>> flow.log_prob(z, condition).shape
    torch.Size([5])

    Before it is trained it is the normal law itself:

    >>> bool(torch.equal(flow.push(z, condition), z))
    True

    References
    ----------
    Papamakarios et al. (2021), Normalizing flows for probabilistic modeling and
    inference; Chen & Xiu (2024), section 3.3.
    """

    def __init__(self, layers: Sequence[nn.Module], dim: int) -> None:
        super().__init__()
        if not isinstance(layers, Sequence) or not layers:
            raise ValueError(
                f"layers must be a sequence of one layer or more; got {layers!r:.60}."
            )
        for layer in layers:
            check_modules(layers=layer)
            check_methods("layers", layer, ("inverse",), "invertible layers")
        check_sizes(dim=dim)
        self.layers: nn.ModuleList = nn.ModuleList(layers)
        self.noise_dim = dim

    def forward(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Normal numbers ``u`` of points ``z``, and the log-determinant."""
        total = z.new_zeros(len(z))
        for layer in self.layers:
            z, log_determinant = layer(z, condition)
            total = total + log_determinant
        return z, total

    def log_prob(self, z: Tensor, condition: Tensor) -> Tensor:
        """Logarithm of the density at points ``(n, dim)``, shape ``(n,)``."""
        u, log_determinant = self(z, condition)
        return log_normal(u).sum(dim=1) + log_determinant

    def push(self, noise: Tensor, condition: Tensor) -> Tensor:
        """Samples from normal noise, both of shape ``(n, dim)``: the exact inverse."""
        for layer in reversed(self.layers):
            inverse: Any = layer.inverse
            noise = inverse(noise, condition)
        return noise


def log_normal(u: Tensor) -> Tensor:
    """Logarithm of the density of N(0, 1), number by number."""
    return -0.5 * u.square() - 0.9189385332046727
