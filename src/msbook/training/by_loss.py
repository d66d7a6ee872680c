"""Training by any loss: few large batches, one rise and fall of the learning rate."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn
from tqdm import trange

from msbook._validation import (
    check_callable,
    check_count,
    check_kind,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.training.loop import TrainingError

__all__ = ["LossHistory", "minimise"]

LARGEST_GRADIENT = 5.0
N_LOOKS = 20
# A shorter memory of squared gradients than Adam's usual 0.999, which is longer than
# the whole training.
BETAS = (0.9, 0.99)

Loss = Callable[..., Tensor]


@runtime_checkable
class Source(Protocol):
    """Samples that are fetched when a batch asks for them, in place of an array."""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of all samples as one array."""
        ...

    def rows(self, indices: NDArray[np.int64]) -> NDArray[Any]:
        """Samples by their numbers, finite."""
        ...


@dataclass(frozen=True)
class Fetched:
    """A source as a tensor that gives one batch at a time."""

    source: Source
    like: Tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """That of all samples."""
        return self.source.shape

    def __len__(self) -> int:
        return self.source.shape[0]

    def __getitem__(self, rows: Tensor) -> Tensor:
        values = self.source.rows(rows.cpu().numpy())
        return torch.as_tensor(values, dtype=self.like.dtype, device=self.like.device)


Batched = Tensor | Fetched


@dataclass(frozen=True)
class LossHistory:
    """Losses of one training, an entry a look at the validation set.

    Attributes
    ----------
    steps : ndarray, shape (n_looks,)
        Updates made before the look.
    train_loss : ndarray, shape (n_looks,)
        Mean loss over the batches since the look before.
    validation_loss : ndarray, shape (n_looks,)
        What chose the network, on the validation set.
    """

    steps: NDArray[np.int64]
    train_loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]

    @property
    def best(self) -> int:
        """Index of the look whose network was kept."""
        return int(np.argmin(self.validation_loss))

    @property
    def best_loss(self) -> float:
        """Validation loss of the network that was kept."""
        return float(self.validation_loss[self.best])


def minimise(
    network: nn.Module,
    loss: Loss,
    samples: Sequence[ArrayLike | Source],
    *,
    validation: Sequence[ArrayLike],
    n_updates: int,
    batch_size: int,
    learning_rate: float,
    rng: int | np.random.Generator | None = None,
    judge: Loss | None = None,
    before_step: Callable[..., None] | None = None,
) -> LossHistory:
    r"""Minimise the mean of a loss over samples, and keep the best network seen.

    Adam on freshly shuffled batches. Its learning rate rises over the first 30 % of
    the steps to its peak and falls to nearly nothing, each along a cosine; gradients
    longer than five are cut to five. At twenty looks, evenly spread, the network is
    judged on the validation set, and the best of them is what it has at the end.

    Batches are in the precision and on the device of the network. In float32 a step
    takes a third of the time, and for data of the size of one that is enough.

    Parameters
    ----------
    network : torch.nn.Module
        Trained in place.
    loss : callable
        ``loss(*batch)`` is a Tensor of one number, where ``batch`` holds rows of each
        of the ``samples``.
    samples : sequence of array_like, each of shape (n, ...)
        Or of what has such a shape and gives ``rows(indices)``, a batch at a time.
    validation : sequence of array_like, each of shape (m, ...)
        Samples that choose the look and are not trained on.
    n_updates, batch_size : int
        Number of updates, and samples in each (all of them, if they are fewer).
    learning_rate : float
        At its peak.
    rng : int or numpy.random.Generator, optional
        Fixes the batches.
    judge : callable, optional
        What is asked on the validation set, if not the loss.
    before_step : callable, optional
        ``before_step(*batch)`` is called before each update, such as to train an
        adversary.

    Returns
    -------
    LossHistory

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no samples.
    msbook.training.TrainingError
        When the loss is not finite; the network is then of no use.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from msbook.networks import Dense
    >>> from msbook.training.by_loss import minimise
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> network = Dense((1, 8, 1), "silu", torch.Generator().manual_seed(0))
    >>> def loss(x, y):
    ...     return (network(x) - y).abs().mean()
    >>> history = minimise(network, loss, (x, x**2), validation=(x, x**2),
    ...                    n_updates=300, batch_size=50, learning_rate=1e-2, rng=0)
    >>> bool(history.best_loss < 0.03)
    True

    References
    ----------
    Kingma & Ba (2015), Adam; Smith & Topin (2019), Super-convergence.
    """
    n_updates = check_count("n_updates", n_updates)
    batch_size = check_count("batch_size", batch_size)
    learning_rate = check_positive("learning_rate", learning_rate)
    check_loss(network, loss, judge, before_step)
    like = next(network.parameters())
    data = tensors_of("samples", samples, like)
    watched = tensors_of("validation", validation, like)
    if [a.shape[1:] for a in watched] != [a.shape[1:] for a in data]:
        raise ValueError(
            "validation must have arrays of the shapes of samples, but for their "
            f"lengths; got {[tuple(a.shape) for a in watched]} and "
            f"{[tuple(a.shape) for a in data]}."
        )
    n_samples = len(data[0])
    rng = check_rng(rng)
    batches = shuffled_batches(n_samples, min(batch_size, n_samples), rng)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=learning_rate, betas=BETAS, fused=True
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        max_lr=learning_rate,
        total_steps=n_updates + 1,  # with less than two it has no cycle
        cycle_momentum=False,
    )
    judge = loss if judge is None else judge
    looks = np.unique(np.linspace(0, n_updates, N_LOOKS + 1).astype(int))[1:]
    curves: list[tuple[float, float]] = []
    best: dict[str, Tensor] = {}
    total, since = torch.zeros((), device=like.device), 0
    for step in trange(n_updates, desc="training", disable=None, leave=False):
        rows = torch.from_numpy(next(batches)).to(like.device)
        batch = [values[rows] for values in data]
        if before_step is not None:
            before_step(*batch)
        optimizer.zero_grad()
        value = loss(*batch)
        value.backward()
        nn.utils.clip_grad_norm_(network.parameters(), LARGEST_GRADIENT)
        optimizer.step()
        schedule.step()
        total, since = total + value.detach(), since + 1
        if step + 1 in looks:
            with torch.no_grad():
                found = float(total) / since, float(judge(*watched))
            if not np.isfinite(found).all():
                raise diverged(step + 1, found, learning_rate)
            curves.append(found)
            total, since = torch.zeros_like(total), 0
            if found[1] <= min(watched_loss for _, watched_loss in curves):
                state = network.state_dict()
                best = {name: tensor.clone() for name, tensor in state.items()}
    network.load_state_dict(best)
    train_loss, validation_loss = np.array(curves).T
    return LossHistory(looks, train_loss, validation_loss)


def check_loss(
    network: Any, loss: Any, judge: Any = None, before_step: Any = None
) -> None:
    """Raise a ValueError if these are no network and no functions of a batch."""
    check_kind("network", network, nn.Module, "a torch.nn.Module")
    for name, function in (("judge", judge), ("before_step", before_step)):
        if function is not None:
            check_callable(name, function, "a function of a batch")
    check_callable("loss", loss, "a function of a batch")


def diverged(step: int, found: tuple[float, float], rate: float) -> TrainingError:
    """The error of a training and a validation loss that are not both finite."""
    return TrainingError(
        f"the loss is not finite after step {step}; got {found[0]:g}, and "
        f"{found[1]:g} on the validation set (learning_rate = {rate:g}): lower the "
        "learning rate, and look for outliers in the data."
    )


def shuffled_batches(n_samples: int, batch_size: int, rng: np.random.Generator):
    """Rows of one batch after the other; what is left of a pass is dropped."""
    while True:
        order = rng.permutation(n_samples)
        for first in range(0, n_samples - batch_size + 1, batch_size):
            yield order[first : first + batch_size]


def tensors_of(
    name: str, group: Sequence[ArrayLike | Source], like: Tensor
) -> list[Batched]:
    """Arrays of one length, in the precision and on the device of a tensor."""
    if not isinstance(group, Sequence) or isinstance(group, str) or not group:
        raise ValueError(
            f"{name} must be a sequence of arrays of one length; got {group!r:.60}."
        )
    arrays = [
        values if isinstance(values, Source) else finite_array(f"{name}[{i}]", values)
        for i, values in enumerate(group)
    ]
    shapes = [array.shape for array in arrays]
    if any(not shape or not shape[0] or shape[0] != shapes[0][0] for shape in shapes):
        raise ValueError(
            f"{name} must be arrays of one length, from 1 on; got shapes {shapes}."
        )
    return [
        Fetched(a, like)
        if isinstance(a, Source)
        else torch.as_tensor(a, dtype=like.dtype, device=like.device)
        for a in arrays
    ]
