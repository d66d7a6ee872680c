"""Dense stacks whose layers add to what came before."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from msbook.networks.layers.activations import ACTIVATIONS
from msbook.networks.layers.checks import (
    check_activation,
    check_generator,
    check_residual,
    check_sizes,
)
from msbook.networks.layers.dense import new_linear


class ResidualDense(nn.Module):
    r"""Dense stack with residual connections, round which a linear map leads.

    .. math:: a_1 = \varphi(W_1 x + b_1), \qquad
              a_l = a_{l-1} + \varphi(W_l a_{l-1} + b_l) \quad (1 < l < L), \qquad
              \mathcal{N}(x) = W_L a_{L-1} + b_L + V x .

    The linear map :math:`V` does at once what a principal component analysis could
    do; the stack is left with the rest, which makes training several times shorter.

    Parameters
    ----------
    n_features, n_outputs : int
        Units of input and output.
    hidden : sequence of int
        Hidden widths; all the same, or nothing could be added.
    activation : {"elu", "tanh", "silu"}
        The function :math:`\varphi`.
    generator : torch.Generator
        Source of the initial parameters.

    Raises
    ------
    ValueError
        If the hidden widths differ, or the activation is unknown.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import ResidualDense
    >>> network = ResidualDense(5, 2, (8, 8), "tanh", torch.Generator().manual_seed(0))
    >>> network(torch.zeros(3, 5, dtype=torch.float64)).shape
    torch.Size([3, 2])

    References
    ----------
    Vlachas et al. (2020), tables 5 and 7 (residual connections); the linear map is
    ours.
    """

    def __init__(
        self,
        n_features: int,
        n_outputs: int,
        hidden: Sequence[int],
        activation: str,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        check_sizes(n_features=n_features, n_outputs=n_outputs)
        hidden = check_residual(hidden)
        check_activation(activation)
        check_generator(generator)
        self.activation = activation
        self.first: nn.Linear = new_linear(n_features, hidden[0], generator)
        self.inner: nn.ModuleList = nn.ModuleList(
            new_linear(width, width, generator) for width in hidden[1:]
        )
        self.last: nn.Linear = new_linear(hidden[-1], n_outputs, generator)
        self.linear: nn.Linear = new_linear(n_features, n_outputs, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.end(self.begin(x), x)

    def begin(self, x: Tensor) -> Tensor:
        """The last hidden layer :math:`a_{L-1}`."""
        function = ACTIVATIONS[self.activation]
        hidden = function(self.first(x))
        for layer in self.inner:
            hidden = hidden + function(layer(hidden))
        return hidden

    def end(self, hidden: Tensor, x: Tensor) -> Tensor:
        """The output, which is linear in the last hidden layer and the input."""
        return self.last(hidden) + self.linear(x)
