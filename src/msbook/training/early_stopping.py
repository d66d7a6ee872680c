"""Training by any loss, until the validation loss stops falling."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import ArrayLike
from sklearn.exceptions import ConvergenceWarning
from torch import Tensor, nn

from msbook._validation import check_count, check_positive, check_rng
from msbook.serialization.arrays import Arrays
from msbook.training.batches import Batches
from msbook.training.by_loss import (
    BETAS,
    LARGEST_GRADIENT,
    Loss,
    check_loss,
    check_shown_and_kept,
    tensors_of,
)
from msbook.training.history import LossHistory
from msbook.training.run import Run, Stateful
from msbook.training.sources import Source

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
    samples: Sequence[ArrayLike | Source],
    *,
    validation: Sequence[ArrayLike],
    batch_size: int,
    learning_rate: float,
    rng: int | np.random.Generator | None = None,
    judge: Loss | None = None,
    before_step: Callable[..., None] | None = None,
    parts: Mapping[str, Stateful | torch.Generator] | None = None,
    stage: str = "network",
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
    loss, samples, validation, batch_size, learning_rate, rng
    judge, before_step, parts, stage
        As in :func:`msbook.training.by_loss.minimise`; a judge that draws random
        numbers must draw the same ones each time.

    Returns
    -------
    LossHistory

    Raises
    ------
    ValueError
        If a setting is out of range, or there are no samples.
    msbook.training.TrainingError, msbook.training.TrainingInterrupted
        As there.

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
    check_shown_and_kept(stage, parts)
    like = next(network.parameters())
    data = tensors_of("samples", samples, like)
    watched = tensors_of("validation", validation, like)
    rng = check_rng(rng)
    batches = Batches(len(data[0]), batch_size, rng)
    every = max(LEAST_BETWEEN_LOOKS, len(data[0]) // batches.batch_size)
    optimizer = torch.optim.Adam(
        network.parameters(), lr=learning_rate, betas=BETAS, fused=True
    )
    parameters = list(network.parameters())
    still = Stillness([p.detach().clone() for p in parameters])
    judge = loss if judge is None else judge
    total = torch.zeros((), device=like.device)
    with Run(
        network,
        optimizer,
        rng,
        {"batches": batches, "stillness": still, **(parts or {})},
        judge=lambda: float(judge(*watched)),
        stage=stage,
        n_updates=MOST_UPDATES,
        described={
            "way": "minimise until still",
            "batch_size": batch_size,
            "learning_rate": learning_rate,
        },
        data=(*data, *watched),
    ) as run:
        for step in run.updates():
            rows = torch.from_numpy(batches.following()).to(like.device)
            batch = [values[rows] for values in data]
            if before_step is not None:
                before_step(*batch)
            rate = learning_rate * DROP**still.drops * min(1.0, (step + 1) / WARM_UP)
            optimizer.param_groups[0]["lr"] = rate
            optimizer.zero_grad()
            value = loss(*batch)
            value.backward()
            nn.utils.clip_grad_norm_(parameters, LARGEST_GRADIENT)
            optimizer.step()
            total = total + value.detach()
            share = max(1 - AVERAGE, 9 / (10 + step))  # a short memory at the start
            for average, parameter in zip(still.mean, parameters, strict=True):
                average.lerp_(parameter.detach(), share)
            if (step + 1) % every:
                continue
            present = [p.detach().clone() for p in parameters]
            _set(parameters, still.mean)
            with torch.no_grad():
                found = float(judge(*watched))
            still.since += 1
            if found < still.least - IMPROVEMENT:
                still.least, still.since = found, 0
                run.keep()
            run.look(step + 1, float(total) / every, found)
            total = torch.zeros_like(total)
            _set(parameters, present)
            if still.since >= PATIENCE:
                still.drops, still.since = still.drops + 1, 0
                if still.drops == DROPS:
                    break
                network.load_state_dict(run.best)
                still.mean = [p.detach().clone() for p in parameters]
        else:
            if run.step == MOST_UPDATES:
                warnings.warn(
                    f"the validation loss still falls after {MOST_UPDATES} updates, at "
                    f"{still.least:.4g}: a larger learning_rate or smaller hidden "
                    "layers train faster.",
                    ConvergenceWarning,
                    stacklevel=2,
                )
    return run.history


class Stillness:
    """How long nothing has become better, and the running mean of the parameters."""

    def __init__(self, mean: list[Tensor]) -> None:
        self.mean = mean
        self.least, self.since, self.drops = np.inf, 0, 0

    def state(self) -> Arrays:
        """Copy of it all."""
        mean = {
            f"mean/{i}": value.cpu().numpy().copy() for i, value in enumerate(self.mean)
        }
        return mean | {"counts": np.array([self.least, self.since, self.drops])}

    def resume(self, state: Arrays) -> None:
        """Go on from such a copy."""
        for i, value in enumerate(self.mean):
            value.copy_(torch.from_numpy(state[f"mean/{i}"]))
        self.least, since, drops = state["counts"].tolist()
        self.since, self.drops = int(since), int(drops)


def _set(parameters: list[nn.Parameter], values: list[Tensor]) -> None:
    with torch.no_grad():
        for parameter, value in zip(parameters, values, strict=True):
            parameter.copy_(value)
