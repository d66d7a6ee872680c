"""Mixtures of Gaussians with full covariance, for points of a box."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn

from msbook._validation import check_choice
from msbook.networks.densities.flows import log_normal
from msbook.networks.layers.checks import check_sizes
from msbook.networks.layers.encoder_network import normal_like
from msbook.networks.layers.residual import ResidualDense

WALL = 1e-6
"""Points are kept this far from a wall: on it the auxiliary variable is infinite."""

LEAST_DEVIATION = 1e-3
"""Without it a point at which many others lie would have an infinite density."""


class Support(NamedTuple):
    """An auxiliary variable without bounds, in place of one between 0 and 1."""

    inside: Callable[[Tensor], Tensor]
    """The bounded variable ``x`` of the auxiliary one."""
    outside: Callable[[Tensor], tuple[Tensor, Tensor]]
    """The auxiliary variable of ``x``, and the logarithm of its derivative."""


def _logit(x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clamp(WALL, 1 - WALL)
    log_x, log_rest = torch.log(x), torch.log1p(-x)
    return log_x - log_rest, -log_x - log_rest


def _inverse_softplus(x: Tensor) -> tuple[Tensor, Tensor]:
    x = x.clamp(min=WALL)
    log_slope = -torch.log(-torch.expm1(-x))
    return x - log_slope, log_slope


SUPPORTS = {
    "logit": Support(torch.sigmoid, _logit),
    "softplus": Support(nn.functional.softplus, _inverse_softplus),
}


class FullCovarianceMixture(nn.Module):
    r"""Mixture of Gaussians with full covariance, given a condition.

    .. math:: p(x \mid z) = \Bigl| \frac{\partial v}{\partial x} \Bigr|
              \sum_{k=1}^{K} \pi^k(z)\,
              N\bigl(v(x);\, \mu^k(z),\, L^k(z) L^k(z)^T\bigr), \qquad
              x \in (0, 1)^d .

    One network gives all parameters of a condition, whatever the number of points:
    weights as a softmax, means, and triangular factors :math:`L` whose diagonals are
    a softplus. The auxiliary variable :math:`v` has no bounds.

    Parameters
    ----------
    dim, n_condition : int
        Components of a point :math:`x` and of the condition :math:`z`.
    n_parts : int
        Number of Gaussians :math:`K`.
    hidden : sequence of int
        Hidden widths of the network.
    activation : {"elu", "tanh", "silu"}
    support : {"logit", "softplus"}
        The variable :math:`v`, component by component: the logit of :math:`x`, or
        what softplus takes to :math:`x`, as in the paper. The latter bounds from
        below only, and has samples beyond 1.
    generator : torch.Generator
        Source of the initial parameters.

    Raises
    ------
    ValueError
        If there is no part, or the support is unknown.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import FullCovarianceMixture
    >>> generator = torch.Generator().manual_seed(0)
    >>> law = FullCovarianceMixture(3, 8, 5, (20, 20), "silu", "logit", generator)
    >>> z = torch.zeros(10, 8, dtype=torch.float64)
    >>> points = law.sample(z, 1000, generator)
    >>> points.shape, law.log_prob(points, z).shape
    (torch.Size([10, 1000, 3]), torch.Size([10, 1000]))

    References
    ----------
    Vlachas et al. (2020), eqs. (10)–(12), with softplus; the logit is ours. Bishop
    (1994), Mixture density networks.
    """

    dim: int
    n_parts: int
    support: Support

    def __init__(
        self,
        dim: int,
        n_condition: int,
        n_parts: int,
        hidden: Sequence[int],
        activation: str,
        support: str,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(dim=dim, n_condition=n_condition, n_parts=n_parts)
        check_choice("support", support, SUPPORTS)
        self.dim, self.n_parts, self.support = dim, n_parts, SUPPORTS[support]
        self.sizes: tuple[int, int, int] = 1, dim, dim * (dim + 1) // 2
        n_outputs = n_parts * sum(self.sizes)
        self.network: ResidualDense = ResidualDense(
            n_condition, n_outputs, hidden, activation, generator
        )

    def parts(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The Gaussians of conditions ``(n, n_condition)``.

        Returns
        -------
        log_weights : Tensor, shape (n, n_parts)
        means : Tensor, shape (n, n_parts, dim)
        factors : Tensor, shape (n, n_parts, dim, dim)
            Lower triangular; times their transposes they are the covariances.
        """
        outputs = self.network(z).unflatten(1, (self.n_parts, -1))
        weights, means, entries = outputs.split(self.sizes, dim=-1)
        lower = entries.new_zeros(*entries.shape[:2], self.dim, self.dim)
        row, column = torch.tril_indices(self.dim, self.dim, device=z.device)
        lower[..., row, column] = entries
        positive = nn.functional.softplus(lower.diagonal(dim1=-2, dim2=-1))
        factors = lower.tril(-1) + torch.diag_embed(positive + LEAST_DEVIATION)
        return torch.log_softmax(weights[..., 0], dim=-1), means, factors

    def log_prob(self, points: Tensor, z: Tensor) -> Tensor:
        """Logarithms of densities.

        Parameters
        ----------
        points : Tensor, shape (n, n_points, dim)
            From the box [0, 1]; those on a wall count as just inside.
        z : Tensor, shape (n, n_condition)

        Returns
        -------
        Tensor, shape (n, n_points)
        """
        log_weights, means, factors = self.parts(z)
        v, log_slopes = self.support.outside(points)
        # Factors are inverted, for they are few, and not solved with for every point.
        eye = torch.eye(self.dim, dtype=z.dtype, device=z.device)
        inverse = torch.linalg.solve_triangular(
            factors, eye.expand_as(factors), upper=False
        )
        shifts = inverse @ means[..., None]
        u = inverse.flatten(1, 2) @ v.mT - shifts.flatten(1, 2)
        log_volumes = factors.diagonal(dim1=-2, dim2=-1).log().sum(-1)
        normal = log_normal(u).unflatten(1, (self.n_parts, self.dim)).sum(2)
        parts = (log_weights - log_volumes)[..., None] + normal
        return torch.logsumexp(parts, dim=1) + log_slopes.sum(-1)

    def sample(self, z: Tensor, n_points: int, generator: torch.Generator) -> Tensor:
        """Points ``(n, n_points, dim)``, drawn for conditions ``(n, n_condition)``."""
        log_weights, means, factors = self.parts(z)
        below = log_weights.exp().cumsum(-1)[:, :-1].contiguous()
        levels = torch.rand(len(z), n_points, generator=generator, dtype=z.dtype)
        part = torch.searchsorted(below, levels.to(z.device))
        v = means.new_empty(len(z), n_points, self.dim)
        noise = normal_like(v, generator)
        for i in range(self.dim):
            v[..., i] = means[..., i].gather(1, part)
            for j in range(i + 1):
                v[..., i] += factors[..., i, j].gather(1, part) * noise[..., j]
        return self.support.inside(v)
