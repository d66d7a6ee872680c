"""An encoder of sets: the order of the members does not matter, nor does their number.

The mean over the members may be taken before the last layer of the first stack, which
is linear: that spares half of the work.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

import torch
from torch import Tensor, nn

from msbook.networks.layers.checks import check_sizes
from msbook.networks.layers.residual import ResidualDense

PIECE = 2048
"""Members seen at a time where no gradients are wanted: a layer stays in the cache."""


class PermutationInvariantEncoder(nn.Module):
    r"""Code of a set: a function of the mean of features of its members.

    .. math:: z = g\Bigl( \frac1N \sum_{i=1}^{N} \phi(x^i) \Bigr)

    It is the same for any order of the members, and for a set and several copies of
    it together: it sees their empirical law. Both :math:`\phi` and :math:`g` are
    :class:`ResidualDense`.

    Parameters
    ----------
    n_features, n_outputs : int
        Components of a member, and of the code.
    hidden : sequence of int
        Hidden widths of either stack.
    n_pooled : int
        Features that are averaged.
    activation : {"elu", "tanh", "silu"}
    generator : torch.Generator
        Source of the initial parameters.

    Raises
    ------
    ValueError
        If there are no features to average, or the hidden widths differ.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import PermutationInvariantEncoder
    >>> generator = torch.Generator().manual_seed(0)
    >>> encoder = PermutationInvariantEncoder(3, 2, (8, 8), 20, "silu", generator)
    >>> encoder(torch.zeros(5, 1000, 3, dtype=torch.float64)).shape
    torch.Size([5, 2])

    References
    ----------
    Vlachas et al. (2020), section 6.3. Zaheer et al. (2017), Deep sets.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        hidden: Sequence[int],
        n_pooled: int,
        activation: str,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(n_pooled=n_pooled)
        ways = hidden, activation, generator
        self.members: ResidualDense = ResidualDense(n_features, n_pooled, *ways)
        self.whole: ResidualDense = ResidualDense(n_pooled, n_outputs, *ways)

    def forward(self, x: Tensor) -> Tensor:
        """Codes ``(*, n_outputs)`` of sets ``(*, n_members, n_features)``."""
        features = self._mean_features(x)
        return self.whole(self.members.end(features, x.mean(dim=-2)))

    def _mean_features(self, x: Tensor) -> Tensor:
        if torch.is_grad_enabled():
            return self.members.begin(x).mean(dim=-2)
        # Single precision takes half the time, and its rounding is far below what a
        # set of finitely many members leaves to chance.
        members, sets = deepcopy(self.members).float(), x.reshape(-1, *x.shape[-2:])
        total = x.new_zeros(len(sets), members.last.in_features)
        n_members = sets.shape[1]
        n_sets = max(1, PIECE // n_members)
        for first in range(0, len(sets), n_sets):
            rows = slice(first, first + n_sets)
            for member in range(0, n_members, PIECE):
                piece = sets[rows, member : member + PIECE].float()
                total[rows] += members.begin(piece).sum(dim=-2)
        return (total / n_members).reshape(*x.shape[:-2], total.shape[1])
