"""The training loop: mini-batches, a loss to watch, and the best network kept."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn
from tqdm import tqdm

from msbook.networks.dense import Dense, EncoderDecoder
from msbook.training_compiled import CompiledSteps

IMPROVEMENT = 0.99


class TrainingError(ValueError):
    """The training loss stopped being a finite number."""


@dataclass(frozen=True)
class History:
    """Losses of one training, an entry an epoch.

    Attributes
    ----------
    train_loss : ndarray, shape (epochs,)
        Mean squared error over the epoch's batches, each before its own update.
    validation_loss : ndarray, shape (epochs,)
        Mean squared error on the validation set at the end of the epoch.
    best_epoch : int
        Epoch, counted from 0, whose network was kept.
    """

    train_loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]
    best_epoch: int

    @property
    def best_loss(self) -> float:
        """Validation loss of the network that was kept."""
        return float(self.validation_loss[self.best_epoch])


class Steps(Protocol):
    """What the loop asks of the code that moves the parameters."""

    def epoch(self, order: NDArray[np.int64]) -> float:
        """Update once per batch, samples taken in ``order``; the mean loss."""
        ...

    def validation_loss(self) -> float:
        """Mean squared error on the validation set."""
        ...

    def parameters(self) -> Any:
        """Copy of the parameters as they stand."""
        ...

    def restore(self, parameters: Any) -> None:
        """Give the network such a copy."""
        ...


class TorchSteps:
    """Updates by PyTorch's automatic differentiation: any network, any device."""

    def __init__(
        self,
        network: nn.Module,
        training: tuple[torch.Tensor, torch.Tensor],
        validation: tuple[torch.Tensor, torch.Tensor],
        batch_size: int,
        learning_rate: float,
    ) -> None:
        self.network = network
        self.training = training
        self.validation = validation
        self.batch_size = batch_size
        self.optimizer = torch.optim.Adam(
            network.parameters(), lr=learning_rate, amsgrad=True
        )

    def epoch(self, order: NDArray[np.int64]) -> float:
        x, y = self.training
        total = 0.0
        for batch in torch.from_numpy(order).to(x.device).split(self.batch_size):
            self.optimizer.zero_grad()
            loss = nn.functional.mse_loss(self.network(x[batch]), y[batch])
            loss.backward()
            self.optimizer.step()
            total += loss.item() * len(batch)
        return total / len(order)

    def validation_loss(self) -> float:
        x, y = self.validation
        with torch.no_grad():
            return nn.functional.mse_loss(self.network(x), y).item()

    def parameters(self) -> dict[str, torch.Tensor]:
        return {k: v.clone() for k, v in self.network.state_dict().items()}

    def restore(self, parameters: dict[str, torch.Tensor]) -> None:
        self.network.load_state_dict(parameters)


def train(
    network: nn.Module,
    x: ArrayLike,
    y: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    rng: int | np.random.Generator | None = None,
) -> History:
    r"""Fit a network to pairs by mini-batches and leave it at its best epoch.

    .. math:: \min_{\mathcal{N}} \frac{1}{M} \sum_{m=1}^{M}
              \frac{1}{D} \lVert \mathcal{N}(x_m) - y_m \rVert^2 ,

    by Adam in its amsgrad form on freshly shuffled batches. An epoch is the best so
    far when its validation loss is below .99 of the best before it; the parameters of
    the last such epoch are what the network has at the end.

    Dense stacks in float64 on the CPU are trained by compiled code, everything else
    by PyTorch, on the device and in the precision of the network's parameters. Both
    take the same batches and agree to rounding.

    Parameters
    ----------
    network : torch.nn.Module
        Changed in place.
    x : array_like, shape (n, n_features)
    y : array_like, shape (n, n_outputs)
    validation : pair of array_like
        Inputs and targets of the validation set.
    epochs, batch_size : int
        Passes through the data, and samples an update; the last batch of an epoch
        may be smaller.
    learning_rate : float
    rng : int or numpy.random.Generator, optional
        Draws the order of the samples in each epoch.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        When samples do not fit the network, or a setting is out of range.
    TrainingError
        When the loss is not finite; the network is then of no use.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from msbook.networks import Dense
    >>> from msbook.training import train
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> network = Dense((1, 8, 1), "tanh", torch.Generator().manual_seed(0))
    >>> history = train(network, x, x**2, validation=(x, x**2),
    ...                 epochs=300, batch_size=20, learning_rate=1e-2, rng=0)
    >>> bool(history.best_loss < 1e-4)
    True
    """
    if epochs < 1 or batch_size < 1 or not learning_rate > 0:
        raise ValueError(
            "epochs and batch_size must be at least 1 and learning_rate positive; got "
            f"{epochs}, {batch_size} and {learning_rate}."
        )
    rng = np.random.default_rng(rng)
    n_samples = len(np.asarray(x))
    steps = _steps(network, (x, y), validation, batch_size, learning_rate)
    train_loss, validation_loss = np.empty((2, epochs))
    best_epoch, best_loss, best = 0, np.inf, steps.parameters()
    for epoch in tqdm(range(epochs), desc="training", disable=None, leave=False):
        train_loss[epoch] = steps.epoch(rng.permutation(n_samples))
        validation_loss[epoch] = steps.validation_loss()
        if not np.isfinite(train_loss[epoch] + validation_loss[epoch]):
            raise TrainingError(
                f"the loss is not finite in epoch {epoch} (learning_rate = "
                f"{learning_rate:g}): lower the learning rate, or bring the data to "
                "the size of one."
            )
        if validation_loss[epoch] < IMPROVEMENT * best_loss:
            best_epoch, best_loss = epoch, validation_loss[epoch]
            best = steps.parameters()
    steps.restore(best)
    return History(train_loss, validation_loss, best_epoch)


def _steps(
    network: nn.Module,
    training: tuple[ArrayLike, ArrayLike],
    validation: tuple[ArrayLike, ArrayLike],
    batch_size: int,
    learning_rate: float,
) -> Steps:
    """The fastest code that can move this network where it lives."""
    parameter = next(network.parameters())
    samples = _tensors(*training, parameter)
    watched = _tensors(*validation, parameter)
    _check(network, samples, "training")
    _check(network, watched, "validation")
    on_cpu = parameter.device.type == "cpu" and parameter.dtype == torch.float64
    if on_cpu and isinstance(network, Dense | EncoderDecoder) and samples[0].ndim == 2:
        return CompiledSteps(network, samples, watched, batch_size, learning_rate)
    return TorchSteps(network, samples, watched, batch_size, learning_rate)


def _check(
    network: nn.Module, samples: tuple[torch.Tensor, torch.Tensor], name: str
) -> None:
    x, y = samples
    if min(x.ndim, y.ndim) < 2 or not len(x) or len(x) != len(y):
        raise ValueError(
            f"{name} inputs and targets must have shapes (n, ...) and (n, ...) with "
            f"n ≥ 1; got {tuple(x.shape)} and {tuple(y.shape)}."
        )
    try:
        with torch.no_grad():
            outputs = network(x[:1])
    except RuntimeError as error:
        raise ValueError(
            f"{name} inputs of shape {tuple(x.shape)} do not enter the network: {error}"
        ) from error
    if outputs.shape != y[:1].shape:
        raise ValueError(
            f"{name} targets must have shape {(len(x), *outputs.shape[1:])} for this "
            f"network; got {tuple(y.shape)}."
        )


def _tensors(
    x: ArrayLike, y: ArrayLike, like: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets on the device and in the precision of a tensor."""
    return like.new_tensor(np.asarray(x)), like.new_tensor(np.asarray(y))
