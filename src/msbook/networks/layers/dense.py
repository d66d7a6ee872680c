"""Dense stacks, and the encoder–decoder that two of them form at a bottleneck."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn

from msbook._validation import check_kind, check_widths
from msbook.networks.layers.activations import ACTIVATIONS
from msbook.networks.layers.checks import check_activation, check_generator, check_sizes
from msbook.networks.layers.coordinates import Polar, Standardised


class Stack(NamedTuple):
    """A network as a chain of dense layers behind one fixed input map."""

    inputs: nn.Module
    widths: tuple[int, ...]
    activations: tuple[str, ...]


class Dense(nn.Module):
    r"""Stack of dense layers; the last one is linear.

    .. math:: a_0 = x, \qquad a_l = \varphi(W_l a_{l-1} + b_l) \quad (0 < l < L),
              \qquad \mathcal{N}(x) = W_L a_{L-1} + b_L .

    Weights and biases are drawn as PyTorch does by default, uniformly from
    :math:`\pm n_{l-1}^{-1/2}`, but from the generator that is handed in: a network
    neither reads nor moves the global random state. All numbers are float64.

    Parameters
    ----------
    widths : sequence of int
        Number of units :math:`n_0, \dots, n_L`, input and output included.
    activation : {"elu", "tanh", "silu"}
        The function :math:`\varphi` of the hidden layers.
    generator : torch.Generator
        Source of the initial parameters.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Dense
    >>> network = Dense((2, 4, 1), "tanh", torch.Generator().manual_seed(0))
    >>> network(torch.zeros(5, 2, dtype=torch.float64)).shape
    torch.Size([5, 1])
    """

    def __init__(
        self, widths: Sequence[int], activation: str, generator: torch.Generator
    ) -> None:
        super().__init__()
        widths = check_widths("widths", widths)
        if len(widths) < 2:
            raise ValueError(
                f"widths must name at least an input and an output; got {widths}."
            )
        check_activation(activation)
        check_generator(generator)
        self.linears: nn.ModuleList = nn.ModuleList(
            new_linear(n_in, n_out, generator) for n_in, n_out in pairwise(widths)
        )
        self.widths = widths
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        function = ACTIVATIONS[self.activation]
        for linear in self.linears[:-1]:
            x = function(linear(x))
        return self.linears[-1](x)

    def jacobian(self, x: Tensor) -> Tensor:
        """Derivatives at points ``x``, shape ``(n, n_L, n_0)``: the chain rule."""
        function = ACTIVATIONS[self.activation]
        slopes = []
        for linear in self.linears[:-1]:
            # Activations act unit by unit: the gradient of their sum holds the slopes.
            x = linear(x).detach().requires_grad_()
            with torch.enable_grad():
                outputs = function(x)
            slopes += torch.autograd.grad(outputs.sum(), x)
            x = outputs.detach()
        weights = [p.detach() for p in self.parameters() if p.ndim == 2]
        jacobian = weights.pop().expand(len(x), -1, -1)
        for weight, slope in zip(weights[::-1], slopes[::-1], strict=True):
            jacobian = (jacobian * slope[:, None, :]) @ weight
        return jacobian

    def stack(self) -> Stack:
        """The layers, in the order of :meth:`parameters`."""
        hidden = (self.activation,) * (len(self.widths) - 2)
        return Stack(nn.Identity(), self.widths, (*hidden, "linear"))


class EncoderDecoder(nn.Module):
    r"""Two dense stacks joined at a narrow layer.

    .. math:: \mathcal{N} = \mathcal{D} \circ \mathcal{E}, \qquad
              \mathcal{E} : \mathbb{R}^D \to \mathbb{R}^{D^s}, \qquad
              \mathcal{D} : \mathbb{R}^{D^s} \to \mathbb{R}^{D} .

    Bottleneck and output are linear.

    Parameters
    ----------
    n_features, n_slow, n_outputs : int
        Units of the input, the bottleneck and the output.
    hidden : sequence of int
        Hidden widths of the encoder.
    decoder_hidden : sequence of int, optional
        Hidden widths of the decoder; the encoder's in reverse if not given.
    activation : {"elu", "tanh", "silu"}
        Function of the hidden layers.
    coordinates : Polar or Standardised, optional
        Layer without parameters before the encoder; by default it sees the point as
        it is.
    generator : torch.Generator
        Source of the initial parameters, encoder first.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import EncoderDecoder
    >>> network = EncoderDecoder(
    ...     2, 1, 2, hidden=(4,), generator=torch.Generator().manual_seed(0)
    ... )
    >>> network.encode(torch.zeros(5, 2, dtype=torch.float64)).shape
    torch.Size([5, 1])

    References
    ----------
    Zieliński & Hesthaven (2022), section 4.1.
    """

    def __init__(
        self,
        n_features: int,
        n_slow: int,
        n_outputs: int,
        *,
        hidden: Sequence[int],
        generator: torch.Generator,
        decoder_hidden: Sequence[int] | None = None,
        activation: str = "elu",
        coordinates: Polar | Standardised | None = None,
    ) -> None:
        super().__init__()
        check_sizes(n_features=n_features, n_slow=n_slow, n_outputs=n_outputs)
        hidden = check_widths("hidden", hidden)
        decoder_hidden = (
            hidden[::-1]
            if decoder_hidden is None
            else check_widths("decoder_hidden", decoder_hidden)
        )
        if coordinates is not None:
            kinds = (Polar, Standardised)
            check_kind("coordinates", coordinates, kinds, "a Polar layer, or None")
        self.n_slow = n_slow
        self.coordinates: nn.Identity | Polar | Standardised = (
            nn.Identity() if coordinates is None else coordinates
        )
        self.encoder: Dense = Dense(
            (n_features, *hidden, n_slow), activation, generator
        )
        self.decoder: Dense = Dense(
            (n_slow, *decoder_hidden, n_outputs), activation, generator
        )

    def encode(self, x: Tensor) -> Tensor:
        """Bottleneck's coordinates of points ``x``, shape ``(*, n_features)``."""
        return self.encoder(self.coordinates(x))

    def encoder_jacobian(self, x: Tensor) -> Tensor:
        """Derivatives of :meth:`encode` at ``x``, shape ``(n, n_slow, n_features)``."""
        jacobian = self.encoder.jacobian(self.coordinates(x))
        if isinstance(self.coordinates, Polar | Standardised):
            return jacobian @ self.coordinates.jacobian(x)
        return jacobian

    def decode(self, y: Tensor) -> Tensor:
        """Output at the bottleneck's coordinates ``y``, shape ``(*, n_slow)``."""
        return self.decoder(y)

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))

    def stack(self) -> Stack:
        """The layers, in the order of :meth:`parameters`."""
        encoder, decoder = self.encoder.stack(), self.decoder.stack()
        return Stack(
            self.coordinates,
            encoder.widths + decoder.widths[1:],
            encoder.activations + decoder.activations,
        )


def zero_start(network: Dense) -> Dense:
    """The network with zeros in its last layer: its output starts at zero."""
    for parameter in network.linears[-1].parameters():
        nn.init.zeros_(parameter)
    return network


def new_linear(n_in: int, n_out: int, generator: torch.Generator) -> nn.Linear:
    """Linear layer with PyTorch's default law of initial parameters."""
    # Without storage the constructor draws nothing from the global generator.
    linear = nn.Linear(n_in, n_out, device="meta", dtype=torch.float64)
    linear.to_empty(device="cpu")
    bound = n_in**-0.5
    for parameter in linear.parameters():
        nn.init.uniform_(parameter, -bound, bound, generator=generator)
    return linear
