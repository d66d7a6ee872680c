"""Rollouts of propagators for training: one function, with one derivative."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from msbook._validation import check_count, check_kind
from msbook.networks.propagators.networks import (
    DelayNetwork,
    GRUNetwork,
    LSTMNetwork,
    PropagatorNetwork,
)
from msbook.networks.propagators.rollouts_kernels import (
    pull_back_delays,
    pull_back_gru,
    pull_back_lstm,
    rollout_delays,
    rollout_gru,
    rollout_lstm,
)

_KERNELS = {
    GRUNetwork: (rollout_gru, pull_back_gru),
    LSTMNetwork: (rollout_lstm, pull_back_lstm),
    DelayNetwork: (rollout_delays, pull_back_delays),
}


def rollout(
    network: PropagatorNetwork, z: Tensor, n_steps: int
) -> tuple[Tensor, Tensor]:
    """:meth:`PropagatorNetwork.rollout`, faster where gradients are wanted.

    On the processor the networks of this package go through compiled passes, forward
    and backward, which spare PyTorch the record of every small operation. Elsewhere,
    and without gradients, this is the method itself.

    Parameters
    ----------
    network : PropagatorNetwork
    z : Tensor, shape (n, n_known, n_latent)
        Known states.
    n_steps : int
        Steps from the last known state on.

    Returns
    -------
    predictions : Tensor, shape (n, n_known - 1 + n_steps, n_latent)
    memory : Tensor, shape (n, n_memory)

    Raises
    ------
    ValueError
        If the shape of ``z`` does not fit.

    Examples
    --------
    >>> import torch
    >>> from msbook.networks import GRU, rollout
    >>> network = GRU(10).build(2, torch.Generator().manual_seed(0))
    >>> z = torch.zeros(3, 5, 2).double()
    >>> predictions, memory = rollout(network, z, n_steps=4)
    >>> predictions.sum().backward()
    >>> network.output.bias.grad  # 4 known steps, and 4 free ones that add up
    tensor([42., 42.], dtype=torch.float64)
    """
    check_kind("network", network, PropagatorNetwork, "a PropagatorNetwork")
    check_kind("z", z, Tensor, "a tensor")
    check_count("n_steps", n_steps, 0)
    if (
        z.ndim != 3
        or not z.is_floating_point()
        or z.shape[2] != network.n_latent
        or not z.shape[1]
    ):
        raise ValueError(
            "z must have shape (n, n_known, n_latent), with a known state or more and "
            f"n_latent = {network.n_latent}, and hold real numbers; got "
            f"{tuple(z.shape)} of {z.dtype}."
        )
    wanted = torch.is_grad_enabled() and not z.requires_grad
    # A subclass may have its own update: only the very types have kernels.
    if not wanted or z.device.type != "cpu" or type(network) not in _KERNELS:
        return network.rollout(z, n_steps)
    return _Rollout.apply(network, z, n_steps, *network.parameters())


class _Rollout(torch.autograd.Function):
    """The whole rollout as one function of weights and biases, layer by layer."""

    @staticmethod
    def forward(
        ctx: Any,
        network: PropagatorNetwork,
        z: Tensor,
        n_steps: int,
        *parameters: Tensor,
    ) -> tuple[Tensor, Tensor]:
        run, ctx.pull_back = _KERNELS[type(network)]
        weights, biases = _arrays(parameters[::2]), _arrays(parameters[1::2])
        (known,) = _arrays([z.to(parameters[0].dtype)])
        n, n_known, n_latent = known.shape
        n_times, number = n_known - 1 + n_steps, known.dtype.type
        inputs = tuple(np.empty((n_times, n, w.shape[1]), number) for w in weights)
        values = tuple(np.empty((n_times, n, w.shape[0]), number) for w in weights)
        memories = np.zeros((n_times + 1, n, network.n_memory), number)
        predictions = np.empty((n, n_times, n_latent), number)
        scale = number(network.increment_scale if network.increments else 1.0)
        step = scale, network.increments
        run(weights, biases, *step, known, inputs, values, memories, predictions)
        ctx.save_for_backward(*parameters[::2])
        ctx.settings, ctx.record = (*step, n_known), (inputs, values, memories)
        return torch.from_numpy(predictions), torch.from_numpy(memories[-1].copy())

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        predictions, memory = (gradient.numpy() for gradient in gradients)
        inputs, values, _ = ctx.record
        errors = tuple(np.empty_like(array) for array in values)
        ctx.pull_back(
            _arrays(ctx.saved_tensors),
            *ctx.settings,
            *ctx.record,
            np.ascontiguousarray(predictions),
            np.array(memory, order="C"),  # it is written on
            errors,
        )
        found: list[Tensor] = []
        for seen, error in zip(inputs, errors, strict=True):
            x, d = (torch.from_numpy(array).flatten(0, 1) for array in (seen, error))
            found += [d.T @ x, d.sum(dim=0)]
        return None, None, None, *found


def _arrays(tensors: Iterable[Tensor]) -> tuple[NDArray[Any], ...]:
    return tuple(tensor.detach().contiguous().numpy() for tensor in tensors)
