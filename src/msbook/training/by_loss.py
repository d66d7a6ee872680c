"""Training by any loss: few large batches, one rise and fall of the learning rate."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike
from torch import Tensor, nn

from msbook._validation import (
    check_callable,
    check_count,
    check_kind,
    check_methods,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.training.batches import Batches
from msbook.training.history import LossHistory
from msbook.training.run import Run, Stateful
from msbook.training.sources import Batched, Fetched, Source

__all__ = ["LossHistory", "minimise"]

LARGEST_GRADIENT = 5.0
N_LOOKS = 20
# A shorter memory of squared gradients than Adam's usual 0.999, which is longer than
# the whole training.
BETAS = (0.9, 0.99)

Loss = Callable[..., Tensor]


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
    parts: Mapping[str, Stateful | torch.Generator] | None = None,
    stage: str = "network",
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
    parts : mapping of str to torch.Generator or Stateful, optional
        What the loss goes on from beside the network, by names of their own: generators
        that it draws from, and objects with ``state`` and ``resume``. A checkpoint
        keeps them too.
    stage : str
        Name of what is trained, for the line that shows it.

    Returns
    -------
    LossHistory

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no samples.
    msbook.training.TrainingError
        When the loss is not finite; the network is then of no use.
    msbook.training.TrainingInterrupted
        When a KeyboardInterrupt comes; the network is then the best one seen. An
        estimator keeps that one, says so in a warning, and ends its fit.

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
    check_shown_and_kept(stage, parts)
    like = next(network.parameters())
    data = tensors_of("samples", samples, like)
    watched = tensors_of("validation", validation, like)
    if [a.shape[1:] for a in watched] != [a.shape[1:] for a in data]:
        raise ValueError(
            "validation must have arrays of the shapes of samples, but for their "
            f"lengths; got {[tuple(a.shape) for a in watched]} and "
            f"{[tuple(a.shape) for a in data]}."
        )
    rng = check_rng(rng)
    batches = Batches(len(data[0]), batch_size, rng)
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
    total, since = torch.zeros((), device=like.device), 0
    with Run(
        network,
        optimizer,
        rng,
        {"batches": batches, **(parts or {})},
        judge=lambda: float(judge(*watched)),
        stage=stage,
        n_updates=n_updates,
        described={
            "way": "minimise",
            "batch_size": batch_size,
            "learning_rate": learning_rate,
        },
        data=(*data, *watched),
    ) as run:
        schedule.last_epoch = run.step
        for step in run.updates():
            rows = torch.from_numpy(batches.following()).to(like.device)
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
                    found = float(judge(*watched))
                if found <= run.best_loss:
                    run.keep()
                run.look(step + 1, float(total) / since, found)
                total, since = torch.zeros_like(total), 0
    return run.history


def check_loss(
    network: Any, loss: Any, judge: Any = None, before_step: Any = None
) -> None:
    """Raise a ValueError if these are no network and no functions of a batch."""
    check_kind("network", network, nn.Module, "a torch.nn.Module")
    for name, function in (("judge", judge), ("before_step", before_step)):
        if function is not None:
            check_callable(name, function, "a function of a batch")
    check_callable("loss", loss, "a function of a batch")


def check_shown_and_kept(stage: Any, parts: Any) -> None:
    """Raise a ValueError if these are no name and no parts of a training."""
    check_kind("stage", stage, str, "a text")
    if parts is not None:
        check_kind("parts", parts, Mapping, "a mapping of names to what has a state")
        for name, part in parts.items():
            if not isinstance(part, torch.Generator):
                known = f"parts[{name!r}]"
                ways = ("state", "resume")
                check_methods(known, part, ways, "a torch.Generator")


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
