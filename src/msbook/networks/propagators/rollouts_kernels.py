"""Rollouts and their gradients, compiled, in the precision of the weights.

Arrays have a leading axis of steps. For each layer ``inputs`` holds what it saw,
``values`` what came out, ``errors`` the derivatives of the loss by its sums before the
activation; ``memories`` begins with the empty one. Most loops write one array only:
where several could overlap, the compiler would not use vector instructions.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.elementary import INLINED, sigmoid, tanh

_inlined = njit(**INLINED)


@_inlined
def _feed(z, predictions, t, column, seen):
    """Show the known states while there are any, then the last prediction."""
    for row in range(len(seen)):
        for k in range(z.shape[2]):
            known = t < z.shape[1]
            seen[row, column + k] = (
                z[row, t, k] if known else predictions[row, t - 1, k]
            )


@_inlined
def _predict(output, bias, scale, increments, seen, column, t, predictions):
    for row in range(len(output)):
        for k in range(output.shape[1]):
            change = scale * (output[row, k] + bias[k])
            predictions[row, t, k] = (
                seen[row, column + k] + change if increments else change
            )


@_inlined
def _blame(d_predictions, t, scale, increments, d_z, error):
    """Error of the output at a step; what it leaves for the state before."""
    for row in range(len(d_z)):
        for k in range(d_z.shape[1]):
            total = d_predictions[row, t, k] + d_z[row, k]
            error[row, k] = scale * total
            d_z[row, k] = total if increments else 0.0


@_inlined
def _add_columns(source, column, target):
    for row in range(len(target)):
        for k in range(target.shape[1]):
            target[row, k] += source[row, column + k]


@cached_kernel
def rollout_gru(
    weights, biases, scale, increments, z, inputs, values, memories, predictions
):
    """Roll a GRU out, and keep what its gradient needs."""
    n = len(weights[1])
    for t in range(predictions.shape[1]):
        seen, reset_seen, hidden = inputs[0][t], inputs[1][t], inputs[2][t]
        both, new, output = values[0][t], values[1][t], values[2][t]
        _feed(z, predictions, t, n, seen)
        for row in range(len(z)):
            seen[row, :n] = memories[t, row]
        np.dot(seen, weights[0].T, both)
        for row in range(len(z)):
            gate, bias, x, y = both[row], biases[0], seen[row], reset_seen[row]
            for i in range(2 * n):
                gate[i] = sigmoid(gate[i] + bias[i])
            reset = gate[n:]
            for i in range(n):
                y[i] = reset[i] * x[i]
            y[n:] = x[n:]
        np.dot(reset_seen, weights[1].T, new)
        for row in range(len(z)):
            renew, wanted, bias = both[row], new[row], biases[1]
            for i in range(n):
                wanted[i] = tanh(wanted[i] + bias[i])
            h, following = seen[row], hidden[row]
            for i in range(n):
                following[i] = h[i] + renew[i] * (wanted[i] - h[i])
            memories[t + 1, row] = following
        np.dot(hidden, weights[2].T, output)
        _predict(output, biases[2], scale, increments, seen, n, t, predictions)


@cached_kernel
def pull_back_gru(
    weights,
    scale,
    increments,
    n_known,
    inputs,
    values,
    memories,
    d_predictions,
    d_memory,
    errors,
):
    """Pull errors of predictions back through a GRU, step by step."""
    n_rows, n_times = d_predictions.shape[:2]
    n = len(weights[1])
    d_z = np.zeros_like(d_predictions[:, 0])
    d_seen, d_reset_seen = np.empty_like(inputs[0][0]), np.empty_like(inputs[0][0])
    d_hidden = np.empty_like(d_memory)
    for t in range(n_times - 1, -1, -1):
        both, new, h = values[0][t], values[1][t], memories[t]
        both_error, new_error, output_error = errors[0][t], errors[1][t], errors[2][t]
        _blame(d_predictions, t, scale, increments, d_z, output_error)
        np.dot(output_error, weights[2], d_hidden)
        for row in range(n_rows):
            d, more = d_memory[row], d_hidden[row]
            renew, wanted, before = both[row], new[row], h[row]
            renew_error, wanted_error = both_error[row], new_error[row]
            for i in range(n):
                d[i] += more[i]
            for i in range(n):
                share = d[i] * renew[i]
                wanted_error[i] = share - share * wanted[i] * wanted[i]
            for i in range(n):
                slope = renew[i] - renew[i] * renew[i]
                renew_error[i] = d[i] * (wanted[i] - before[i]) * slope
            for i in range(n):
                d[i] -= d[i] * renew[i]
        np.dot(new_error, weights[1], d_reset_seen)
        for row in range(n_rows):
            d, more, before = d_memory[row], d_reset_seen[row], h[row]
            reset, reset_error = both[row, n:], both_error[row, n:]
            for i in range(n):
                slope = reset[i] - reset[i] * reset[i]
                reset_error[i] = more[i] * before[i] * slope
            for i in range(n):
                d[i] += more[i] * reset[i]
        np.dot(both_error, weights[0], d_seen)
        _add_columns(d_seen, 0, d_memory)
        if t < n_known:
            d_z[:] = 0.0
        else:
            _add_columns(d_seen, n, d_z)
            _add_columns(d_reset_seen, n, d_z)


@cached_kernel
def rollout_lstm(
    weights, biases, scale, increments, z, inputs, values, memories, predictions
):
    """Roll an LSTM out, and keep what its gradient needs."""
    n = memories.shape[2] // 2
    for t in range(predictions.shape[1]):
        seen, hidden = inputs[0][t], inputs[1][t]
        gates, output = values[0][t], values[1][t]
        _feed(z, predictions, t, n, seen)
        for row in range(len(z)):
            seen[row, :n] = memories[t, row, :n]
        np.dot(seen, weights[0].T, gates)
        for row in range(len(z)):
            gate, bias, h = gates[row], biases[0], hidden[row]
            cell, following = memories[t, row, n:], memories[t + 1, row, n:]
            for i in range(3 * n):
                gate[i] = sigmoid(gate[i] + bias[i])
            for i in range(3 * n, 4 * n):
                gate[i] = tanh(gate[i] + bias[i])
            for i in range(n):
                following[i] = gate[i] * cell[i] + gate[n + i] * gate[3 * n + i]
            for i in range(n):
                h[i] = gate[2 * n + i] * tanh(following[i])
            memories[t + 1, row, :n] = h
        np.dot(hidden, weights[1].T, output)
        _predict(output, biases[1], scale, increments, seen, n, t, predictions)


@cached_kernel
def pull_back_lstm(
    weights,
    scale,
    increments,
    n_known,
    inputs,
    values,
    memories,
    d_predictions,
    d_memory,
    errors,
):
    """Pull errors of predictions back through an LSTM, step by step."""
    n = memories.shape[2] // 2
    d_z = np.zeros_like(d_predictions[:, 0])
    d_seen, d_hidden = np.empty_like(inputs[0][0]), np.empty_like(inputs[1][0])
    squashed = np.empty_like(d_hidden[0])
    for t in range(d_predictions.shape[1] - 1, -1, -1):
        _blame(d_predictions, t, scale, increments, d_z, errors[1][t])
        np.dot(errors[1][t], weights[1], d_hidden)
        for row in range(len(d_z)):
            d, d_cell = d_hidden[row], d_memory[row, n:]
            gate, error = values[0][t, row], errors[0][t, row]
            before, after = memories[t, row, n:], memories[t + 1, row, n:]
            d += d_memory[row, :n]
            for i in range(n):
                squashed[i] = tanh(after[i])
            for i in range(n):
                share = d[i] * gate[2 * n + i]
                d_cell[i] += share - share * squashed[i] * squashed[i]
            for i in range(n):
                forget = gate[i]
                error[i] = d_cell[i] * before[i] * (forget - forget * forget)
            for i in range(n):
                write, new = gate[n + i], gate[3 * n + i]
                error[n + i] = d_cell[i] * new * (write - write * write)
                error[3 * n + i] = d_cell[i] * write - d_cell[i] * write * new * new
            for i in range(n):
                read = gate[2 * n + i]
                error[2 * n + i] = d[i] * squashed[i] * (read - read * read)
            for i in range(n):
                d_cell[i] *= gate[i]
        np.dot(errors[0][t], weights[0], d_seen)
        d_memory[:, :n] = d_seen[:, :n]
        if t < n_known:
            d_z[:] = 0.0
        else:
            _add_columns(d_seen, n, d_z)


@cached_kernel
def rollout_delays(
    weights, biases, scale, increments, z, inputs, values, memories, predictions
):
    """Roll a network of delays out, and keep what its gradient needs."""
    last, n_latent, n_memory = len(weights) - 1, z.shape[2], memories.shape[2]
    for t in range(predictions.shape[1]):
        seen = inputs[0][t]
        _feed(z, predictions, t, 0, seen)
        for row in range(len(z)):
            seen[row, n_latent:] = memories[t, row]
            memories[t + 1, row] = seen[row, :n_memory]
        for layer in range(last):
            np.dot(inputs[layer][t], weights[layer].T, values[layer][t])
            bias = biases[layer]
            for row in range(len(z)):
                x, y = values[layer][t, row], inputs[layer + 1][t, row]
                for i in range(len(x)):
                    x[i] += bias[i]
                for i in range(len(x)):
                    y[i] = x[i] * sigmoid(x[i])
        output = values[last][t]
        np.dot(inputs[last][t], weights[last].T, output)
        _predict(output, biases[last], scale, increments, seen, 0, t, predictions)


@cached_kernel
def pull_back_delays(
    weights,
    scale,
    increments,
    n_known,
    inputs,
    values,
    memories,
    d_predictions,
    d_memory,
    errors,
):
    """Pull errors of predictions back through a network of delays, step by step."""
    last, n_latent, n_memory = (
        len(weights) - 1,
        d_predictions.shape[2],
        d_memory.shape[1],
    )
    d_z, d_seen = np.zeros_like(d_predictions[:, 0]), np.empty_like(inputs[0][0])
    for t in range(d_predictions.shape[1] - 1, -1, -1):
        _blame(d_predictions, t, scale, increments, d_z, errors[last][t])
        for layer in range(last, 0, -1):
            np.dot(errors[layer][t], weights[layer], errors[layer - 1][t])
            for row in range(len(d_z)):
                x, error = values[layer - 1][t, row], errors[layer - 1][t, row]
                for i in range(len(x)):
                    s = sigmoid(x[i])
                    error[i] *= s + x[i] * (s - s * s)
        np.dot(errors[0][t], weights[0], d_seen)
        d_seen[:, :n_memory] += d_memory
        d_memory[:] = d_seen[:, n_latent:]
        if t < n_known:
            d_z[:] = 0.0
        else:
            _add_columns(d_seen, 0, d_z)
