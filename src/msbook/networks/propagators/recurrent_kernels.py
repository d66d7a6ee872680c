"""Free forecasts of the propagators, compiled, in float64.

A layer is one array: its weights, a row an input, and below them the bias. Inputs of
all layers begin with the latent state, then the memory follows. A few trajectories
are stepped together, so that a layer is fetched once for all of them; the numbers do
not depend on how many.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import nn

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.elementary import KERNEL_OPTIONS, sigmoid, tanh
from msbook._memory import new_array
from msbook._validation import check_count, check_kind, check_states
from msbook.networks.propagators.networks import (
    DelayNetwork,
    GRUNetwork,
    LSTMNetwork,
    PropagatorNetwork,
)

Forecast = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]

ROWS = 8
"""Trajectories stepped together; their work stays in the fastest cache."""


def propagate(
    network: PropagatorNetwork,
    z: NDArray[np.float64],
    memory: NDArray[np.float64],
    n_steps: int,
) -> Forecast:
    """Latent states of a free forecast, the first included.

    The networks of this package are stepped by compiled kernels, others by their own
    ``step``.

    Parameters
    ----------
    network : PropagatorNetwork
        On the processor.
    z : ndarray, shape (n, n_latent)
        First latent states.
    memory : ndarray, shape (n, n_memory)
        What the network remembers of the states before.
    n_steps : int
        Number of states wanted.

    Returns
    -------
    latents : ndarray, shape (n, n_steps, n_latent)
        The first is ``z``.
    z : ndarray, shape (n, n_latent)
        The states that would come next.
    memory : ndarray, shape (n, n_memory)

    Raises
    ------
    ValueError
        If the shapes do not fit.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from msbook.networks import GRU, propagate
    >>> network = GRU(10).build(2, torch.Generator().manual_seed(0))
    >>> latents, z, memory = propagate(network, np.ones((3, 2)), np.zeros((3, 10)), 20)
    >>> latents.shape, z.shape, memory.shape
    ((3, 20, 2), (3, 2), (3, 10))
    """
    check_kind("network", network, PropagatorNetwork, "a PropagatorNetwork")
    check_count("n_steps", n_steps, 0)
    z = check_states("z", z, network.n_latent)
    memory = check_states("memory", memory, network.n_memory)
    expected = (len(z), network.n_latent), (len(z), network.n_memory)
    if (z.shape, memory.shape) != expected:
        raise ValueError(
            "z and memory must have shapes (n, n_latent) and (n, n_memory), here "
            f"{expected[0]} and {expected[1]}; got {z.shape} and {memory.shape}."
        )
    # A subclass may have its own update: only the very types have kernels.
    if type(network) not in _KERNELS:
        return propagate_in_torch(network, z, memory, n_steps)
    update, layers_of = _KERNELS[type(network)]
    layers = layers_of(network)
    state = np.concatenate((z, memory), axis=1)
    shape = (len(z), n_steps, network.n_latent)
    latents = new_array("the forecasts", shape, "Take fewer n_steps.")
    scale = float(network.increment_scale)
    _rollout(update, layers, network.increments, scale, state, latents)
    z, memory = np.split(state, [network.n_latent], axis=1)
    return latents, z, memory


def propagate_in_torch(
    network: PropagatorNetwork,
    z: NDArray[np.float64],
    memory: NDArray[np.float64],
    n_steps: int,
) -> Forecast:
    """:func:`propagate` by the network's own ``step``."""
    shape = (len(z), n_steps, network.n_latent)
    latents = new_array("the forecasts", shape, "Take fewer n_steps.")
    same = network
    if network.precision != torch.float64:
        same = deepcopy(network).to(network.precision)
    following, kept = (
        torch.tensor(values, dtype=network.precision) for values in (z, memory)
    )
    with torch.no_grad():
        for step in range(n_steps):
            latents[:, step] = following.numpy()
            following, kept = same.step(following, kept)
    return latents, following.double().numpy(), kept.double().numpy()


@njit(**KERNEL_OPTIONS)  # a cache would miss: the update is no plain number
def _rollout(update, layers, increments, scale, state, latents):
    """Fill latents; states ``(n, n_latent + n_memory)`` are moved in place."""
    n_steps, n_latent = latents.shape[1:]
    widest = state.shape[1]
    for layer in layers:
        widest = max(widest, layer.shape[1])
    for first in range(0, len(state), ROWS):
        rows = state[first : first + ROWS]
        work = np.empty((3, len(rows), widest))
        output = np.empty((len(rows), n_latent))
        for step in range(n_steps):
            for row in range(len(rows)):
                for i in range(n_latent):
                    latents[first + row, step, i] = rows[row, i]
            update(layers, rows, output, work)
            for row in range(len(rows)):
                for i in range(n_latent):
                    if increments:
                        rows[row, i] += scale * output[row, i]
                    else:
                        rows[row, i] = output[row, i]


@cached_kernel
def _update_gru(layers, state, output, work):
    gates, candidate, last = layers
    both, seen, new = work[0], work[1], work[2]
    n_latent, n_hidden = output.shape[1], candidate.shape[1]
    _affine(gates, state, 0, both)
    for row in range(len(state)):
        reset, h = both[row, n_hidden:], state[row, n_latent:]
        seen[row, :n_latent] = state[row, :n_latent]
        for i in range(n_hidden):
            seen[row, n_latent + i] = sigmoid(reset[i]) * h[i]
    _affine(candidate, seen, 0, new)
    for row in range(len(state)):
        renew, h = both[row], state[row, n_latent:]
        for i in range(n_hidden):
            h[i] += sigmoid(renew[i]) * (tanh(new[row, i]) - h[i])
    _affine(last, state, n_latent, output)


@cached_kernel
def _update_lstm(layers, state, output, work):
    gates, last = layers
    values = work[0]
    n_latent, n = output.shape[1], gates.shape[1] // 4
    _affine(gates, state, 0, values)
    for row in range(len(state)):
        forget, write = values[row, :n], values[row, n : 2 * n]
        read, new = values[row, 2 * n : 3 * n], values[row, 3 * n :]
        h, cell = state[row, n_latent : n_latent + n], state[row, n_latent + n :]
        for i in range(n):
            cell[i] = sigmoid(forget[i]) * cell[i] + sigmoid(write[i]) * tanh(new[i])
        for i in range(n):
            h[i] = sigmoid(read[i]) * tanh(cell[i])
    _affine(last, state, n_latent, output)


@cached_kernel
def _update_delays(layers, state, output, work):
    n_latent, seen = output.shape[1], state
    for k in range(len(layers) - 1):
        values = work[k % 2]
        _affine(layers[k], seen, 0, values)
        for row in range(len(state)):
            for i in range(layers[k].shape[1]):
                values[row, i] *= sigmoid(values[row, i])
        seen = values
    _affine(layers[len(layers) - 1], seen, 0, output)
    for row in range(len(state)):
        for i in range(state.shape[1] - 1, n_latent - 1, -1):
            state[row, i] = state[row, i - n_latent]


@cached_kernel
def _affine(layer, inputs, start, outputs):
    """Outputs of a layer whose inputs are the columns from ``start`` on.

    Four inputs are added at a time, which keeps a sum longer in its register, and for
    all rows before the next four, which keeps their weights in the fastest cache.
    """
    n_inputs, n_outputs = len(layer) - 1, layer.shape[1]
    in_fours = n_inputs - n_inputs % 4
    for row in range(len(inputs)):
        outputs[row, :n_outputs] = layer[n_inputs]
    for j in range(0, in_fours, 4):
        w0, w1, w2, w3 = layer[j], layer[j + 1], layer[j + 2], layer[j + 3]
        for row in range(len(inputs)):
            x, y = inputs[row, start + j :], outputs[row]
            x0, x1, x2, x3 = x[0], x[1], x[2], x[3]
            for i in range(n_outputs):
                total = y[i]
                total += w0[i] * x0
                total += w1[i] * x1
                total += w2[i] * x2
                total += w3[i] * x3
                y[i] = total
    for j in range(in_fours, n_inputs):
        w = layer[j]
        for row in range(len(inputs)):
            x0, y = inputs[row, start + j], outputs[row]
            for i in range(n_outputs):
                y[i] += w[i] * x0


def _layer(linear: nn.Module, n_first: int = 0) -> NDArray[np.float64]:
    """A linear layer as one array, its first inputs moved behind the others."""
    weights, bias = (parameter.detach().numpy() for parameter in linear.parameters())
    rows = np.vstack((np.roll(weights.T, -n_first, axis=0), bias))
    return np.array(rows, dtype=np.float64, order="C")


def _gru_layers(network: GRUNetwork) -> tuple[NDArray[np.float64], ...]:
    n = network.n_memory
    gates, candidate = network.gates, network.candidate
    return _layer(gates, n), _layer(candidate, n), _layer(network.output)


def _lstm_layers(network: LSTMNetwork) -> tuple[NDArray[np.float64], ...]:
    return _layer(network.gates, network.n_memory // 2), _layer(network.output)


def _delay_layers(network: DelayNetwork) -> tuple[NDArray[np.float64], ...]:
    return tuple(_layer(linear) for linear in network.stack.linears)


_KERNELS: dict[type, tuple[Callable, Callable]] = {
    GRUNetwork: (_update_gru, _gru_layers),
    LSTMNetwork: (_update_lstm, _lstm_layers),
    DelayNetwork: (_update_delays, _delay_layers),
}
