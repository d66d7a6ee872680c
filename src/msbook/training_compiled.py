"""What happens within an epoch, compiled, for dense stacks in float64.

Forward pass, backward pass and the amsgrad update are written out. A batch is cut into
blocks of ``LANES`` samples, one a lane: arrays of the passes have shape
``(width, LANES)``, so that each innermost loop has a fixed length and becomes a few
vector instructions. Lanes beyond the end of a batch carry an error of zero.
"""

from typing import TYPE_CHECKING

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.utils import parameters_to_vector, vector_to_parameters

if TYPE_CHECKING:
    from msbook.networks.dense import Dense, EncoderDecoder

LANES = 16
LINEAR, ELU, TANH, SILU = 0, 1, 2, 3
CODES = {"linear": LINEAR, "elu": ELU, "tanh": TANH, "silu": SILU}

# torch.optim.Adam's defaults.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

# Fused multiply-adds are welcome everywhere. Sums over lanes may also be reordered;
# `_exp` must not be, its rounding depends on the order.
_compiled = numba.njit(
    fastmath={"contract"}, error_model="numpy", nogil=True, cache=True
)
_compiled_sums = numba.njit(
    fastmath={"contract", "reassoc"}, error_model="numpy", nogil=True, cache=True
)


class CompiledSteps:
    """Updates of a dense stack, to the rounding those of PyTorch's Adam."""

    def __init__(
        self,
        network: "Dense | EncoderDecoder",
        training: tuple[torch.Tensor, torch.Tensor],
        validation: tuple[torch.Tensor, torch.Tensor],
        batch_size: int,
        learning_rate: float,
    ) -> None:
        inputs, widths, activations = network.stack()
        self.network = network
        self.training = inputs(training[0]).numpy(), training[1].numpy()
        self.validation = inputs(validation[0]).numpy(), validation[1].numpy()
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.widths = np.array(widths)
        self.codes = np.array([CODES[name] for name in activations])
        self.vector = parameters_to_vector(network.parameters()).detach().numpy()
        self.gradient = np.zeros_like(self.vector)
        self.moments = np.zeros((3, self.vector.size))
        # Slopes start at one, and those of linear layers stay so.
        self.workspace = np.ones((3, len(widths), max(widths), LANES))
        self.n_updates = 0

    def epoch(self, order: NDArray[np.int64]) -> float:
        total, self.n_updates = _epoch(
            self.vector,
            self.gradient,
            self.moments,
            self.n_updates,
            self.widths,
            self.codes,
            *self.training,
            order,
            self.batch_size,
            self.learning_rate,
            self.workspace,
        )
        return total / self.training[1].size

    def validation_loss(self) -> float:
        x, y = self.validation
        total = _squared_error(
            self.vector, self.widths, self.codes, x, y, self.workspace
        )
        return total / y.size

    def parameters(self) -> NDArray[np.float64]:
        return self.vector.copy()

    def restore(self, parameters: NDArray[np.float64]) -> None:
        self.vector[:] = parameters
        vector_to_parameters(
            torch.from_numpy(parameters.copy()), self.network.parameters()
        )


@_compiled
def _epoch(
    parameters,
    gradient,
    moments,
    n_updates,
    widths,
    codes,
    x,
    y,
    order,
    batch_size,
    learning_rate,
    workspace,
):
    """One update a batch; the summed squared error and the updates made so far."""
    values, slopes, errors = workspace[0], workspace[1], workspace[2]
    n_layers = codes.size
    total = 0.0
    for start in range(0, order.size, batch_size):
        batch = order[start : start + batch_size]
        gradient[:] = 0.0
        scale = 2.0 / (batch.size * y.shape[1])
        for first in range(0, batch.size, LANES):
            block = batch[first : first + LANES]
            at = _forward(parameters, widths, codes, x, block, values, slopes)
            total += _output_error(y, block, values[n_layers], errors[n_layers])
            for layer in range(n_layers - 1, -1, -1):
                n_in, n_out = widths[layer], widths[layer + 1]
                at -= (n_in + 1) * n_out
                _add_gradient(
                    gradient, at, n_in, n_out, scale, values[layer], errors[layer + 1]
                )
                if layer > 0:
                    _pull_back(
                        parameters,
                        at,
                        n_in,
                        n_out,
                        errors[layer + 1],
                        slopes[layer],
                        errors[layer],
                    )
        n_updates += 1
        _adam(parameters, gradient, moments, n_updates, learning_rate)
    return total, n_updates


@_compiled
def _squared_error(parameters, widths, codes, x, y, workspace):
    values, slopes, errors = workspace[0], workspace[1], workspace[2]
    order = np.arange(x.shape[0])
    total = 0.0
    for first in range(0, order.size, LANES):
        block = order[first : first + LANES]
        _forward(parameters, widths, codes, x, block, values, slopes)
        total += _output_error(y, block, values[-1], errors[-1])
    return total


@_compiled
def _forward(parameters, widths, codes, x, block, values, slopes):
    """Fill values and slopes, layer by layer; the number of parameters passed."""
    for lane in range(block.size):
        for i in range(x.shape[1]):
            values[0, i, lane] = x[block[lane], i]
    at = 0
    for layer in range(codes.size):
        n_in, n_out = widths[layer], widths[layer + 1]
        _affine(parameters, at, n_in, n_out, values[layer], values[layer + 1])
        _activate(codes[layer], n_out, values[layer + 1], slopes[layer + 1])
        at += (n_in + 1) * n_out
    return at


@_compiled
def _affine(parameters, at, n_in, n_out, inputs, outputs):
    for i in range(n_out):
        bias = parameters[at + n_out * n_in + i]
        _combine(parameters, at + i * n_in, 1, n_in, inputs, bias, outputs[i])


@_compiled
def _pull_back(parameters, at, n_in, n_out, errors, slopes, pulled):
    """Errors before a layer from those behind it: its transpose, then the slope."""
    for j in range(n_in):
        _combine(parameters, at + j, n_in, n_out, errors, 0.0, pulled[j])
    for j in range(n_in):
        for lane in range(LANES):
            pulled[j, lane] *= slopes[j, lane]


@_compiled
def _combine(weights, at, stride, n_rows, rows, start, combination):
    """Start plus the weighted sum of rows, eight lanes at a time in registers."""
    for lane in range(0, LANES, 8):
        a = b = c = d = e = f = g = h = start
        for row in range(n_rows):
            weight = weights[at + row * stride]
            a += weight * rows[row, lane]
            b += weight * rows[row, lane + 1]
            c += weight * rows[row, lane + 2]
            d += weight * rows[row, lane + 3]
            e += weight * rows[row, lane + 4]
            f += weight * rows[row, lane + 5]
            g += weight * rows[row, lane + 6]
            h += weight * rows[row, lane + 7]
        combination[lane] = a
        combination[lane + 1] = b
        combination[lane + 2] = c
        combination[lane + 3] = d
        combination[lane + 4] = e
        combination[lane + 5] = f
        combination[lane + 6] = g
        combination[lane + 7] = h


@_compiled
def _activate(code, n_out, values, slopes):
    """Apply an activation in place and store its derivative."""
    value, slope = values.reshape(-1), slopes.reshape(-1)
    if code == ELU:
        for k in range(n_out * LANES):
            e = _exp(min(value[k], 0.0))
            value[k] = value[k] if value[k] > 0.0 else e - 1.0
            slope[k] = e
    elif code == TANH:
        for k in range(n_out * LANES):
            e = _exp(-2.0 * abs(value[k]))
            t = (1.0 - e) / (1.0 + e)
            value[k] = t if value[k] > 0.0 else -t
            slope[k] = 1.0 - t * t
    elif code == SILU:
        for k in range(n_out * LANES):
            s = 1.0 / (1.0 + _exp(-value[k]))
            slope[k] = s * (1.0 + value[k] * (1.0 - s))
            value[k] = value[k] * s


@_compiled
def _output_error(y, block, outputs, errors):
    """Differences to the targets, zero in idle lanes; their squared sum."""
    n_outputs = y.shape[1]
    for lane in range(block.size):
        for i in range(n_outputs):
            errors[i, lane] = outputs[i, lane] - y[block[lane], i]
    for lane in range(block.size, LANES):
        for i in range(n_outputs):
            errors[i, lane] = 0.0
    return _sum_of_squares(errors.reshape(-1)[: n_outputs * LANES])


@_compiled_sums
def _sum_of_squares(values):
    total = 0.0
    for k in range(values.size):
        total += values[k] * values[k]
    return total


@_compiled_sums
def _add_gradient(gradient, at, n_in, n_out, scale, inputs, errors):
    for i in range(n_out):
        total = 0.0
        for lane in range(LANES):
            total += errors[i, lane]
        gradient[at + n_out * n_in + i] += scale * total
        for j in range(n_in):
            total = 0.0
            for lane in range(LANES):
                total += errors[i, lane] * inputs[j, lane]
            gradient[at + i * n_in + j] += scale * total


@_compiled
def _adam(parameters, gradient, moments, n_updates, learning_rate):
    mean, square, largest = moments[0], moments[1], moments[2]
    step = learning_rate / (1.0 - BETA1**n_updates)
    root = 1.0 / np.sqrt(1.0 - BETA2**n_updates)
    for k in range(parameters.size):
        mean[k] += (1.0 - BETA1) * (gradient[k] - mean[k])
        square[k] += (1.0 - BETA2) * (gradient[k] * gradient[k] - square[k])
        largest[k] = max(largest[k], square[k])
        parameters[k] -= step * mean[k] / (root * np.sqrt(largest[k]) + EPSILON)


# Cody and Waite's split of log 2, and the coefficients 1/k! of the series of exp.
LOG2_HIGH, LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
# Adding it to |x| < 2^51 rounds x to an integer, which stands in the lowest bits.
ROUNDING = 1.5 * 2.0**52


@_compiled
def _exp(x):
    """The exponential without a branch or a call, so that loops of it vectorise.

    .. math:: e^x = 2^k e^r, \\qquad k = [x / \\log 2], \\qquad |r| \\le \\tfrac12 \\log 2,

    with twelve terms of the series for the second factor: relative error 3e-16.
    """
    x = min(max(x, -708.0), 708.0)
    shifted = x * 1.4426950408889634 + ROUNDING
    k = shifted - ROUNDING
    r = (x - k * LOG2_HIGH) - k * LOG2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = (np.float64(shifted).view(np.int64) + 1023) << 52
    return p * np.int64(bits).view(np.float64)
