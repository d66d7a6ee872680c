"""What moves the parameters of a network, batch by batch."""

from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import nn

from msbook.networks.layers.dense import Dense, EncoderDecoder
from msbook.training.kernels import CompiledSteps


class Steps(Protocol):
    """What the loop asks of the code that moves the parameters."""

    network: nn.Module

    def epoch(self, order: NDArray[np.int64]) -> float:
        """Update once per batch, samples taken in ``order``; the mean loss."""
        ...

    def set_learning_rate(self, learning_rate: float) -> None:
        """Change the step size of the updates that follow."""
        ...

    def validation_loss(self) -> float:
        """Mean squared error on the validation set."""
        ...

    def parameters(self) -> dict[str, NDArray[Any]]:
        """Copy of the parameters as they stand."""
        ...

    def restore(self, parameters: dict[str, NDArray[Any]]) -> None:
        """Give the network such a copy."""
        ...

    def prune(self) -> None:
        """Take the network's parameters over; those that are zero stay zero."""
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Copy of all that the next update depends on."""
        ...

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        """Go on from such a copy."""
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
        self.kept: dict[str, torch.Tensor] = {}
        self.optimizer: torch.optim.Adam = torch.optim.Adam(
            network.parameters(), lr=learning_rate, amsgrad=True
        )

    def epoch(self, order: NDArray[np.int64]) -> float:
        x, y = self.training
        parameters = dict(self.network.named_parameters())
        total = 0.0
        for batch in torch.from_numpy(order).to(x.device).split(self.batch_size):
            self.optimizer.zero_grad()
            loss = nn.functional.mse_loss(self.network(x[batch]), y[batch])
            loss.backward()
            self.optimizer.step()
            with torch.no_grad():
                for name, kept in self.kept.items():
                    parameters[name].mul_(kept)
            total += loss.item() * len(batch)
        return total / len(order)

    def set_learning_rate(self, learning_rate: float) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate

    def validation_loss(self) -> float:
        x, y = self.validation
        with torch.no_grad():
            return nn.functional.mse_loss(self.network(x), y).item()

    def parameters(self) -> dict[str, NDArray[Any]]:
        return _arrays(self.network.state_dict())

    def restore(self, parameters: dict[str, NDArray[Any]]) -> None:
        names = self.network.state_dict()
        self.network.load_state_dict(
            {name: torch.from_numpy(parameters[name]) for name in names}
        )

    def prune(self) -> None:
        parameters = self.network.named_parameters()
        self.kept = {name: parameter != 0 for name, parameter in parameters}

    def state(self) -> dict[str, NDArray[Any]]:
        moments = {
            f"adam/{index}/{name}": value
            for index, values in self.optimizer.state_dict()["state"].items()
            for name, value in values.items()
        }
        kept = {f"kept/{name}": value for name, value in self.kept.items()}
        return self.parameters() | _arrays(moments | kept)

    def resume(self, state: dict[str, NDArray[Any]]) -> None:
        self.restore(state)
        adam = self.optimizer.state_dict()
        device = self.training[0].device
        for key, value in state.items():
            kind, _, rest = key.partition("/")
            if kind == "adam":
                index, name = rest.split("/")
                moments = adam["state"].setdefault(int(index), {})
                moments[name] = torch.from_numpy(value)
            if kind == "kept":
                self.kept[rest] = torch.from_numpy(value).to(device)
        self.optimizer.load_state_dict(adam)


def fastest_steps(
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
    _check(network, samples, ("x", "y"))
    _check(network, watched, ("validation[0]", "validation[1]"))
    on_cpu = parameter.device.type == "cpu" and parameter.dtype == torch.float64
    if on_cpu and isinstance(network, Dense | EncoderDecoder) and samples[0].ndim == 2:
        return CompiledSteps(network, samples, watched, batch_size, learning_rate)
    return TorchSteps(network, samples, watched, batch_size, learning_rate)


def _check(
    network: nn.Module,
    samples: tuple[torch.Tensor, torch.Tensor],
    names: tuple[str, str],
) -> None:
    x, y = samples
    if min(x.ndim, y.ndim) < 2 or not len(x) or len(x) != len(y):
        raise ValueError(
            f"{' and '.join(names)} must have shapes (n, ...) and (n, ...) with n ≥ 1; "
            f"got {tuple(x.shape)} and {tuple(y.shape)}."
        )
    try:
        with torch.no_grad():
            outputs = network(x[:1])
    except RuntimeError as error:
        raise ValueError(
            f"{names[0]} must be inputs that the network takes; got shape "
            f"{tuple(x.shape)}: {error}"
        ) from error
    if outputs.shape != y[:1].shape:
        raise ValueError(
            f"{names[1]} must have shape {(len(x), *outputs.shape[1:])} for this "
            f"network; got {tuple(y.shape)}."
        )


def _tensors(
    x: ArrayLike, y: ArrayLike, like: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Inputs and targets on the device and in the precision of a tensor."""
    return like.new_tensor(np.asarray(x)), like.new_tensor(np.asarray(y))


def _arrays(tensors: dict[str, torch.Tensor]) -> dict[str, NDArray[Any]]:
    return {name: value.cpu().numpy().copy() for name, value in tensors.items()}
