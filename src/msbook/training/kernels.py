"""What happens within an epoch, compiled, for dense stacks in float64.

Forward pass, backward pass and the amsgrad update are written out. A batch is cut into
blocks of ``LANES`` samples, one a lane: arrays of the passes have shape
``(width, LANES)``, so that each innermost loop has a fixed length and becomes a few
vector instructions. Lanes beyond the end of a batch carry an error of zero.
"""

from typing import TYPE_CHECKING, Any

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.utils import parameters_to_vector, vector_to_parameters

from msbook._compile.kernels.caching import cached_kernel
from msbook._compile.kernels.elementary import KERNEL_OPTIONS, exp

if TYPE_CHECKING:
    from msbook.networks.layers.dense import Dense, EncoderDecoder

LANES = 16
LINEAR, ELU, TANH, SILU = 0, 1, 2, 3
CODES = {"linear": LINEAR, "elu": ELU, "tanh": TANH, "silu": SILU}
# torch.optim.Adam's defaults.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8

_inlined = numba.njit(**KERNEL_OPTIONS, forceinline=True)
# A sum over lanes is a few vector instructions only if its order is free.
_SUM_OPTIONS: dict[str, Any] = {
    **KERNEL_OPTIONS,
    "fastmath": {"contract", "nsz", "reassoc"},
}
_inlined_sum = numba.njit(**_SUM_OPTIONS, forceinline=True)


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
        self.network: nn.Module = network
        self.training = inputs(training[0]).numpy(), training[1].numpy()
        self.validation = inputs(validation[0]).numpy(), validation[1].numpy()
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.widths = np.array(widths)
        self.codes = np.array([CODES[name] for name in activations])
        self.vector = parameters_to_vector(network.parameters()).detach().numpy()
        self.gradient = np.zeros_like(self.vector)
        self.moments = np.zeros((3, self.vector.size))
        self.kept = np.ones_like(self.vector)
        # Slopes start at one, and those of linear layers stay so.
        self.workspace = np.ones((3, len(widths), max(widths), LANES))
        self.n_updates = 0

    def epoch(self, order: NDArray[np.int64]) -> float:
        total, self.n_updates = _epoch(
            self.vector,
            self.gradient,
            self.moments,
            self.kept,
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

    def set_learning_rate(self, learning_rate: float) -> None:
        self.learning_rate = learning_rate

    def validation_loss(self) -> float:
        state = self.vector, self.widths, self.codes, *self.validation, self.workspace
        return _squared_error(*state) / self.validation[1].size

    def parameters(self) -> dict[str, NDArray]:
        return {"vector": self.vector.copy()}

    def restore(self, parameters: dict[str, NDArray]) -> None:
        self.vector[:] = parameters["vector"]
        vector = torch.from_numpy(self.vector.copy())
        vector_to_parameters(vector, self.network.parameters())

    def prune(self) -> None:
        self.vector[:] = parameters_to_vector(self.network.parameters()).detach()
        self.kept[:] = self.vector != 0

    def state(self) -> dict[str, NDArray]:
        adam = {"moments": self.moments.copy(), "n_updates": np.array(self.n_updates)}
        return {**self.parameters(), **adam, "kept": self.kept.copy()}

    def resume(self, state: dict[str, NDArray]) -> None:
        self.restore(state)
        self.moments[:] = state["moments"]
        self.kept[:] = state["kept"]
        self.n_updates = int(state["n_updates"])


@cached_kernel
def _epoch(
    parameters,
    gradient,
    moments,
    kept,
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
        _adam(parameters, gradient, moments, kept, n_updates, learning_rate)
    return total, n_updates


@cached_kernel
def _squared_error(parameters, widths, codes, x, y, workspace):
    values, slopes, errors = workspace[0], workspace[1], workspace[2]
    order = np.arange(x.shape[0])
    total = 0.0
    for first in range(0, order.size, LANES):
        block = order[first : first + LANES]
        _forward(parameters, widths, codes, x, block, values, slopes)
        total += _output_error(y, block, values[-1], errors[-1])
    return total


@_inlined
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


@_inlined
def _affine(parameters, at, n_in, n_out, inputs, outputs):
    for i in range(n_out):
        bias = parameters[at + n_out * n_in + i]
        _combine(parameters, at + i * n_in, 1, n_in, inputs, bias, outputs, i)


@_inlined
def _pull_back(parameters, at, n_in, n_out, errors, slopes, pulled):
    """Errors before a layer from those behind it: its transpose, then the slope."""
    for j in range(n_in):
        _combine(parameters, at + j, n_in, n_out, errors, 0.0, pulled, j)
    for j in range(n_in):
        for lane in range(LANES):
            pulled[j, lane] *= slopes[j, lane]


@_inlined
def _combine(weights, at, stride, n_rows, rows, start, outputs, i):
    """Row i of the outputs: start plus a weighted sum of rows.

    Eight lanes are summed at a time, by name, so that the sums stay in registers.
    """
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
        outputs[i, lane] = a
        outputs[i, lane + 1] = b
        outputs[i, lane + 2] = c
        outputs[i, lane + 3] = d
        outputs[i, lane + 4] = e
        outputs[i, lane + 5] = f
        outputs[i, lane + 6] = g
        outputs[i, lane + 7] = h


@_inlined
def _activate(code, n_out, values, slopes):
    """Apply an activation in place and store its derivative."""
    if code == ELU:
        for i in range(n_out):
            for lane in range(LANES):
                x = values[i, lane]
                e = exp(min(x, 0.0))
                values[i, lane] = x if x > 0.0 else e - 1.0
                slopes[i, lane] = e
    elif code == TANH:
        for i in range(n_out):
            for lane in range(LANES):
                x = values[i, lane]
                e = exp(-2.0 * abs(x))
                t = (1.0 - e) / (1.0 + e)
                values[i, lane] = t if x > 0.0 else -t
                slopes[i, lane] = 1.0 - t * t
    elif code == SILU:
        for i in range(n_out):
            for lane in range(LANES):
                x = values[i, lane]
                s = 1.0 / (1.0 + exp(-x))
                values[i, lane] = x * s
                slopes[i, lane] = s * (1.0 + x * (1.0 - s))


@_inlined_sum
def _output_error(y, block, outputs, errors):
    """Differences to the targets, zero in idle lanes; their squared sum."""
    total = 0.0
    for i in range(y.shape[1]):
        for lane in range(block.size):
            error = outputs[i, lane] - y[block[lane], i]
            errors[i, lane] = error
            total += error * error
        for lane in range(block.size, LANES):
            errors[i, lane] = 0.0
    return total


@_inlined_sum
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


@_inlined
def _adam(parameters, gradient, moments, kept, n_updates, learning_rate):
    mean, square, largest = moments[0], moments[1], moments[2]
    age = float(n_updates)
    step = learning_rate / (1.0 - BETA1**age)
    root = 1.0 / np.sqrt(1.0 - BETA2**age)
    for k in range(parameters.size):
        mean[k] += (1.0 - BETA1) * (gradient[k] - mean[k])
        square[k] += (1.0 - BETA2) * (gradient[k] * gradient[k] - square[k])
        largest[k] = max(largest[k], square[k])
        change = step * mean[k] / (root * np.sqrt(largest[k]) + EPSILON)
        parameters[k] = kept[k] * (parameters[k] - change)
