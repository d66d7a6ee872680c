"""Training by any loss, until the validation loss stops falling."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn
from tqdm import trange

from msbook._validation import check_count, check_positive, check_rng
from msbook.training.by_loss import (
    BETAS,
    LARGEST_GRADIENT,
    Batched,
    Loss,
    LossHistory,
    check_loss,
    diverged,
    shuffled_batches,
    tensors_of,
)

__all__ = ["minimise_until_still"]

MOST_UPDATES = 20_000
AVERAGE = 0.998  # of the parameters, over some five hundred updates
WARM_UP = 100  # updates over which the learning rate rises
PATIENCE = 8  # looks without an improvement
IMPROVEMENT = 1e-5
DROPS = 3  # of the learning rate, after which the training ends
DROP = 0.3
LEAST_BETWEEN_LOOKS = 50  # updates


def minimise_until_still(
    network: nn.Module,
    loss: Loss,
    samples: Sequence[ArrayLike],
    *,
    validation: Sequence[ArrayLike],
    batch_size: int,
    learning_rate: float,
    rng: int | np.random.Generator | None = None,
    judge: Loss | None = None,
    before_step: Callable[..., None] | None = None,
) -> LossHistory:
    r"""Minimise the mean of a loss over samples until the validation loss is still.

    Adam on freshly shuffled batches. What is judged, once a pass through the samples,
    is the running mean of the parameters,
    :math:`\bar\theta \leftarrow .998\,\bar\theta + .002\,\theta`. After eight looks
    without an improvement the training goes back to the best network and goes on with
    .3 of the learning rate; the third time it ends there.

    Parameters
    ----------
    network : torch.nn.Module
        Trained in place.
    loss, samples, validation, batch_size, learning_rate, rng, judge, before_step
        As in :func:`msbook.training.by_loss.minimise`; a judge that draws random
        numbers must draw the same ones each time.

    Returns
    -------
    LossHistory

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no samples.
    msbook.training.TrainingError
        When the loss is not finite; the network is then of no use.

    Warns
    -----
    sklearn.exceptions.ConvergenceWarning
        If the loss still falls after 20 000 updates.

    Examples
    --------
    >>> import numpy as np, torch
    >>> from msbook.networks import Dense
    >>> from msbook.training.early_stopping import minimise_until_still
    >>> x = np.linspace(-1, 1, 200)[:, None]
    >>> network = Dense((1, 8, 1), "silu", torch.Generator().manual_seed(0))
    >>> def loss(x, y):
    ...     return (network(x) - y).square().mean()
    >>> history = minimise_until_still(network, loss, (x, x**2), validation=(x, x**2),
    ...                                batch_size=50, learning_rate=1e-2, rng=0)
    >>> bool(history.best_loss < 1e-3)
    True

    References
    ----------
    Polyak & Juditsky (1992), Acceleration of stochastic approximation by averaging;
    Prechelt (1998), Early stopping – but when?
    """
    batch_size = check_count("batch_size", batch_size)
    learning_rate = check_positive("learning_rate", learning_rate)
    check_loss(network, loss, judge, before_step)
    like = next(network.parameters())
    data = tensors_of("samples", samples, like)
    watched = tensors_of("validation", validation, like)
    n_samples = len(data[0])
    batch_size = min(batch_size, n_samples)
    batches = shuffled_batches(n_samples, batch_size, check_rng(rng))
    every = max(LEAST_BETWEEN_LOOKS, n_samples // batch_size)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=learning_rate, betas=BETAS, fused=True
    )
    parameters = list(network.parameters())
    mean = [p.detach().clone() for p in parameters]
    best = copy.deepcopy(mean)
    judge = loss if judge is None else judge
    steps: list[int] = []
    curves: list[tuple[float, float]] = []
    least, since, drops = np.inf, 0, 0
    total = torch.zeros((), device=like.device)
    for step in trange(MOST_UPDATES, desc="training", disable=None, leave=False):
        rows = torch.from_numpy(next(batches)).to(like.device)
        batch = [values[rows] for values in data]
        if before_step is not None:
            before_step(*batch)
        rate = learning_rate * DROP**drops * min(1.0, (step + 1) / WARM_UP)
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        value = loss(*batch)
        value.backward()
        nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
        optimizer.step()
        total = total + value.detach()
        share = max(1 - AVERAGE, 9 / (10 + step))  # a short memory at the start
        for average, parameter in zip(mean, parameters, strict=True):
            average.lerp_(parameter.detach(), share)
        if (step + 1) % every:
            continue
        found = float(total) / every, _judged(judge, watched, parameters, mean)
        if not np.isfinite(found).all():
            raise diverged(step + 1, found, learning_rate)
        steps.append(step + 1)
        curves.append(found)
        total, since = torch.zeros_like(total), since + 1
        if found[1] < least - IMPROVEMENT:
            least, since, best = found[1], 0, copy.deepcopy(mean)
        elif since >= PATIENCE:
            drops, since = drops + 1, 0
            if drops == DROPS:
                break
            _set(parameters, best)
            mean = copy.deepcopy(best)
    else:
        warnings.warn(
            f"the validation loss still falls after {MOST_UPDATES} updates, at "
            f"{least:.4g}: a larger learning_rate or smaller hidden layers train "
            "faster.",
            ConvergenceWarning,
            stacklevel=2,
        )
    _set(parameters, best)
    train_loss, validation_loss = np.array(curves).T
    return LossHistory(np.array(steps), train_loss, validation_loss)


def _judged(
    judge: Loss,
    watched: Sequence[Batched],
    parameters: list[nn.Parameter],
    mean: list[Tensor],
) -> float:
    """What the judge finds of the network with the mean parameters."""
    present = [p.detach().clone() for p in parameters]
    _set(parameters, mean)
    with torch.no_grad():
        found = float(judge(*watched))
    _set(parameters, present)
    return found


def _set(parameters: list[nn.Parameter], values: list[Tensor]) -> None:
    with torch.no_grad():
        for parameter, value in zip(parameters, values, strict=True):
            parameter.copy_(value)
