"""Pruning: parameters that are set to zero while a network learns, and stay zero."""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils import parameters_to_vector

from msbook._registry import serializable
from msbook._validation import check_between, check_count
from msbook.networks.layers.dense import Dense, EncoderDecoder

__all__ = ["MagnitudePruning", "RowPruning", "Sparsity", "active_inputs", "sparsity"]


class Sparsity(NamedTuple):
    """Shares of a network's parameters, weights and biases alike, that are zero.

    Attributes
    ----------
    layers : tuple of float
        The share of each layer, from the input to the output.
    total : float
        The share of all parameters, the layers that are never pruned included.
    """

    layers: tuple[float, ...]
    total: float


class Pruning(Protocol):
    """What the training loop asks of a way to prune."""

    def check(self, network: nn.Module) -> None:
        """Raise a ValueError for a network that cannot be pruned so."""
        ...

    def due(self, epoch: int) -> bool:
        """Whether to cut before an epoch, counted from 0."""
        ...

    def cut(self, network: nn.Module) -> bool:
        """Set parameters to zero; False if there was nothing to cut."""
        ...


@serializable
@dataclass(frozen=True)
class MagnitudePruning:
    r"""Cut the smallest parameters of all layers together, until enough are zero.

    Each time, of the parameters that may be cut and are not yet zero, the share
    :math:`q` of smallest magnitude is set to zero, until the share of zeros among
    *all* parameters of the network reaches the target. Weights and biases are
    compared with one another across layers; bottleneck and output are never cut.

    The sparsities of the paper's Table 3 count so: with biases, rounded down to whole
    per cents, the total over all layers. Its networks have 276, 368 and 572
    parameters, and its targets .30, .35 and .55 with the fractions .03, .03 and .04
    cut 83, 130 and 315 of them, just what its rows add up to.

    Parameters
    ----------
    fraction : float
        Share :math:`q` that is cut each time, rounded to whole parameters, at least
        one.
    target : float
        Share of all parameters at which pruning ends; the last cut may overshoot it.
    start, every : int
        Cut before each epoch, counted from 0, that is at least ``start`` and
        divisible by ``every``.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import EncoderDecoder, MagnitudePruning, sparsity
    >>> network = EncoderDecoder(
    ...     10, 2, 10, hidden=(8, 4), generator=torch.Generator().manual_seed(0)
    ... )
    >>> pruning = MagnitudePruning(fraction=0.03, target=0.3)
    >>> sum(iter(lambda: pruning.cut(network), False))
    21
    >>> round(276 * sparsity(network).total)
    83

    References
    ----------
    Zieliński & Hesthaven (2022), section 6.3.
    """

    fraction: float
    target: float
    start: int = 100
    every: int = 150

    def __post_init__(self) -> None:
        check_between("fraction", self.fraction, 0.0, 1.0)
        check_between("target", self.target, 0.0, 1.0)
        _check_schedule(self.start, self.every)

    def check(self, network: nn.Module) -> None:
        """Raise a ValueError where the target lies beyond what may be cut."""
        everything = [p for layer in _layers(network) for p in layer.parameters()]
        prunable = sum(p.numel() for p in _prunable(network))
        share = prunable / sum(p.numel() for p in everything)
        if self.target >= share:
            raise ValueError(
                f"target must lie below the share {share:.3g} of parameters outside "
                f"bottleneck and output; got {self.target}."
            )

    def due(self, epoch: int) -> bool:
        """Whether to cut before an epoch, counted from 0."""
        return check_count("epoch", epoch, 0) >= self.start and epoch % self.every == 0

    def cut(self, network: nn.Module) -> bool:
        """Set the smallest parameters to zero; False once the target is reached."""
        if sparsity(network).total >= self.target:
            return False
        parameters = _prunable(network)
        with torch.no_grad():
            sizes = parameters_to_vector(parameters).abs()
            n_zero = int((sizes == 0).sum())
            n_cut = max(1, round(self.fraction * (len(sizes) - n_zero)))
            spared = torch.ones_like(sizes)
            spared[sizes.argsort(stable=True)[: n_zero + n_cut]] = 0
            counts = [p.numel() for p in parameters]
            for parameter, kept in zip(parameters, spared.split(counts), strict=True):
                parameter.mul_(kept.view_as(parameter))
        return True


@serializable
@dataclass(frozen=True)
class RowPruning:
    r"""Cut whole input coordinates off, the one that matters least first.

    A coordinate matters as much as the magnitudes of all weights on the way from it
    to the bottleneck, or in a plain stack to the output, let it:

    .. math:: m_j = \bigl\lVert \bigl(|W_L| \cdots |W_1|\bigr)_{\cdot j}
              \bigr\rVert ,

    which bounds how fast the encoder can change along it. The coordinate of smallest
    :math:`m_j` is cut off, one each time, if :math:`m_j < \rho \max_k m_k`. How many
    coordinates matter need not be known. The first layer's own weights would not do:
    in a wide network they stay large where nothing behind them listens.

    Coordinates are compared as they come: bring them to one size. A network in a poor
    minimum can lose a coordinate that matters; its loss then stays high, and restarts
    pass it over.

    Parameters
    ----------
    threshold : float
        The ratio :math:`\rho`.
    start, every : int
        Cut before each epoch, counted from 0, that is at least ``start`` and
        divisible by ``every``.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Dense, RowPruning, active_inputs
    >>> network = Dense((3, 4, 1), "elu", torch.Generator().manual_seed(0))
    >>> _ = network.linears[0].weight.data[:, 1].mul_(1e-3)
    >>> RowPruning(threshold=0.1).cut(network)
    True
    >>> active_inputs(network)
    array([ True, False,  True])
    """

    threshold: float = 0.15
    start: int = 300
    every: int = 50

    def __post_init__(self) -> None:
        check_between("threshold", self.threshold, 0.0, 1.0)
        _check_schedule(self.start, self.every)

    def check(self, network: nn.Module) -> None:
        """Raise a ValueError for a network that is no dense stack."""
        _layers(network)

    def due(self, epoch: int) -> bool:
        """Whether to cut before an epoch, counted from 0."""
        return check_count("epoch", epoch, 0) >= self.start and epoch % self.every == 0

    def cut(self, network: nn.Module) -> bool:
        """Cut one coordinate off; False if all that are left matter."""
        stack = network.encoder if isinstance(network, EncoderDecoder) else network
        first, *behind = [layer.weight.detach() for layer in _layers(stack)]
        ways = first.abs()
        for weight in behind:
            ways = weight.abs() @ ways
        sizes = ways.norm(dim=0)
        smallest = sizes.where(sizes > 0, torch.inf).argmin()
        if not sizes[smallest] < self.threshold * sizes.max():
            return False
        first[:, smallest] = 0
        return True


def sparsity(network: nn.Module) -> Sparsity:
    """Shares of parameters that are zero, layer by layer and in all.

    Parameters
    ----------
    network : Dense or EncoderDecoder

    Returns
    -------
    Sparsity

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import Dense, sparsity
    >>> network = Dense((2, 3, 1), "elu", torch.Generator().manual_seed(0))
    >>> _ = network.linears[0].bias.data.zero_()
    >>> sparsity(network)
    Sparsity(layers=(0.3333333333333333, 0.0), total=0.23076923076923078)
    """
    layers = [parameters_to_vector(layer.parameters()) for layer in _layers(network)]
    shares = tuple((values == 0).double().mean().item() for values in layers)
    return Sparsity(shares, (torch.cat(layers) == 0).double().mean().item())


def active_inputs(network: nn.Module) -> NDArray[np.bool_]:
    """Which inputs of the first layer can still change the output.

    An input is cut off when no chain of weights that are not zero leads from it to an
    output; mostly, because all its own weights are zero.

    Parameters
    ----------
    network : Dense or EncoderDecoder
        With polar coordinates the inputs are radius and angle.

    Returns
    -------
    ndarray of bool, shape (n_features,)
    """
    layers = _layers(network)
    reaching = np.ones(layers[-1].out_features, dtype=bool)
    for layer in reversed(layers):
        reaching = reaching @ layer.weight.detach().cpu().numpy().astype(bool)
    return reaching


def _layers(network: nn.Module) -> list[nn.Linear]:
    if not isinstance(network, Dense | EncoderDecoder):
        raise ValueError(
            "network must be a Dense or an EncoderDecoder, whose layers are known; got "
            f"{type(network).__name__}."
        )
    return [module for module in network.modules() if isinstance(module, nn.Linear)]


def _prunable(network: nn.Module) -> list[nn.Parameter]:
    """Parameters of all layers but the last of each stack: bottleneck and output."""
    return [
        parameter
        for stack in network.modules()
        if isinstance(stack, Dense)
        for parameter in stack.linears[:-1].parameters()
    ]


def _check_schedule(start: int, every: int) -> None:
    check_count("start", start, 0)
    check_count("every", every)
