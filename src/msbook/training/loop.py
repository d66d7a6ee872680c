"""The training loop: mini-batches, a loss to watch, and the best network kept."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from torch import nn

from msbook._validation import (
    check_callable,
    check_choice,
    check_count,
    check_kind,
    check_methods,
    check_positive,
    check_rng,
    finite_array,
)
from msbook.networks.layers.pruning import Pruning, active_inputs
from msbook.training.checkpoint import Checkpoint, Progress
from msbook.training.history import TrainingError, TrainingInterrupted
from msbook.training.progress import ProgressLine
from msbook.training.session import open_session
from msbook.training.steps import Steps, fastest_steps

__all__ = ["History", "train"]

IMPROVEMENT = 0.99


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
    monitored : ndarray, shape (epochs,)
        What the monitor found at the end of the epoch; NaN where it was not asked.
    n_active_inputs : ndarray, shape (epochs,)
        Inputs not cut off by pruning at the end of the epoch; NaN without pruning.
    """

    train_loss: NDArray[np.float64]
    validation_loss: NDArray[np.float64]
    best_epoch: int
    monitored: NDArray[np.float64]
    n_active_inputs: NDArray[np.float64]

    @property
    def best_loss(self) -> float:
        """Validation loss of the network that was kept."""
        return float(self.validation_loss[self.best_epoch])

    @property
    def best_value(self) -> float:
        """Value of what chose it: the monitor's if there was one, else the loss."""
        if np.isnan(self.monitored).all():
            return self.best_loss
        return float(self.monitored[self.best_epoch])


def train(
    network: nn.Module,
    x: ArrayLike,
    y: ArrayLike,
    *,
    validation: tuple[ArrayLike, ArrayLike],
    epochs: int,
    batch_size: int,
    learning_rate: float,
    schedule: str = "constant",
    rng: int | np.random.Generator | None = None,
    pruning: Pruning | None = None,
    monitor: Callable[[nn.Module], float] | None = None,
    monitor_every: int = 10,
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: int = 100,
) -> History:
    r"""Fit a network to pairs by mini-batches and leave it at its best epoch.

    .. math:: \min_{\mathcal{N}} \frac{1}{M} \sum_{m=1}^{M}
              \frac{1}{D} \lVert \mathcal{N}(x_m) - y_m \rVert^2 ,

    by Adam in its amsgrad form on freshly shuffled batches. An epoch is the best so
    far when its validation loss is below .99 of the best before it; the parameters of
    the last such epoch are what the network has at the end.

    With pruning, the loss to beat is forgotten whenever parameters are cut, and any
    improvement counts from then on: what is kept is pruned as far as the training
    came. With a monitor, its smallest value takes the place of the loss.

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
    schedule : {"constant", "cosine"}
        Whether the learning rate stays, or falls along half a cosine, from epoch to
        epoch, to nearly nothing at the end.
    rng : int or numpy.random.Generator, optional
        Draws the order of the samples in each epoch.
    pruning : MagnitudePruning or RowPruning, optional
        Sets parameters to zero, for good, on its schedule.
    monitor : callable, optional
        Function of the network that chooses the epoch by its smallest value, in
        place of the validation loss; NaN and infinity count as worst.
    monitor_every : int
        The monitor is asked at the end of every so many epochs, and of the last.
    checkpoint : path-like, optional
        File in which the training is kept as it goes on. Where it exists, the
        training is taken up from there, and ends with the same numbers, bit for bit,
        as if it had not been interrupted; the network, the data, the settings, the
        monitor and the seed must be those of the first call, and what differs is named.
        A monitor is known by its value at the start, which it is asked for once more.
        Networks that draw random numbers themselves are not covered.
    checkpoint_every : int
        Epochs from one writing to the next; the end of the training is written too.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        When samples do not fit the network, a setting is out of range, the network
        cannot be pruned, or the checkpoint cannot be written or is of another training.
    msbook.io.FileFormatError
        When the checkpoint is truncated, changed or foreign.
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
    settings = {
        "epochs": check_count("epochs", epochs),
        "batch_size": check_count("batch_size", batch_size),
        "learning_rate": check_positive("learning_rate", learning_rate),
        "monitor_every": check_count("monitor_every", monitor_every),
    }
    for name, value in (*settings.items(), ("checkpoint_every", checkpoint_every)):
        check = check_positive if name == "learning_rate" else check_count
        check(name, value)
    check_choice("schedule", schedule, ("constant", "cosine"))
    check_kind("network", network, nn.Module, "a torch.nn.Module")
    if pruning is not None:
        ways = ("check", "due", "cut")
        check_methods("pruning", pruning, ways, "a MagnitudePruning or a RowPruning")
    if monitor is not None:
        check_callable("monitor", monitor, "a function of the network")
    rng = check_rng(rng)
    x, y = finite_array("x", x), finite_array("y", y)
    validation = _check_validation(validation)
    n_samples = len(np.atleast_1d(x))
    steps = fastest_steps(network, (x, y), validation, batch_size, learning_rate)
    progress, file = Progress.start(epochs, steps), None
    if pruning is not None:
        pruning.check(network)
        progress.curves["n_active_inputs"][:] = active_inputs(network).sum()
    if checkpoint is not None:
        data = {"x": x, "y": y, "x_watched": validation[0], "y_watched": validation[1]}
        ways = settings | {"pruning": repr(pruning)}
        if schedule != "constant":  # which files do not name
            ways["schedule"] = schedule
        file = Checkpoint(checkpoint, steps, rng, data, ways, monitor)
        progress = file.read() or progress
    improvement = IMPROVEMENT if pruning is None and monitor is None else 1.0
    curves, session = progress.curves, open_session()
    if session is not None and session.interruption is not None:
        return _history_of(progress, steps)
    line = ProgressLine(
        "network",
        progress.epoch,
        epochs,
        "epochs",
        session is not None and session.verbose,
    )
    try:
        for epoch in line:
            if schedule == "cosine":
                share = 0.5 * (1.0 + np.cos(np.pi * epoch / epochs))
                steps.set_learning_rate(learning_rate * share)
            last = epoch == epochs - 1
            if pruning is not None and pruning.due(epoch):
                _prune(pruning, steps, progress)
            train_loss = steps.epoch(rng.permutation(n_samples))
            validation_loss = steps.validation_loss()
            if not np.isfinite(train_loss + validation_loss):
                raise TrainingError(
                    f"the loss is not finite in epoch {epoch}; got {train_loss:g}, and "
                    f"{validation_loss:g} on the validation set (learning_rate = "
                    f"{learning_rate:g}): lower the learning rate, or bring the data "
                    "to the size of one."
                )
            progress.epoch = epoch + 1
            curves["train_loss"][epoch] = train_loss
            curves["validation_loss"][epoch] = value = validation_loss
            if monitor is not None:
                value = np.inf
                if (epoch + 1) % monitor_every == 0 or last:
                    steps.restore(steps.parameters())
                    found = float(monitor(network))
                    value = found if np.isfinite(found) else np.inf
                    curves["monitored"][epoch] = value
            # As long as nothing better is known, the latest network is the best.
            if (
                value < improvement * progress.best_value
                or progress.best_value == np.inf
            ):
                progress.best = steps.parameters()
                progress.best_epoch, progress.best_value = epoch, value
            line.show(progress.epoch, validation_loss)
            if file is not None and ((epoch + 1) % checkpoint_every == 0 or last):
                file.write(progress)
    except KeyboardInterrupt:
        steps.restore(progress.best)
        history = _history_of(progress, steps)
        where = (
            f"training of the network after {progress.epoch} of {epochs} epochs, at a "
            f"validation loss of {history.best_loss:.3g}"
        )
        if session is None:
            raise TrainingInterrupted(where, history) from None
        session.interrupt(where)
        return history
    finally:
        line.close(progress.epoch, np.nanmin([np.inf, *curves["validation_loss"]]))
    steps.restore(progress.best)
    return _history_of(progress, steps)


def _history_of(progress: Progress, steps: Steps) -> History:
    """Losses of the epochs that were made, or of the network at the start."""
    n_made = max(1, progress.epoch)
    curves = {name: values[:n_made] for name, values in progress.curves.items()}
    if not progress.epoch:
        curves["validation_loss"][0] = steps.validation_loss()
    return History(best_epoch=progress.best_epoch, **curves)


def _check_validation(validation: Any) -> tuple[NDArray[Any], NDArray[Any]]:
    """Inputs and targets as arrays, or a ValueError."""
    if not isinstance(validation, Sequence) or len(validation) != 2:
        raise ValueError(
            "validation must be a pair, of inputs and of targets; got "
            f"{validation!r:.60}."
        )
    x, y = (finite_array(f"validation[{i}]", validation[i]) for i in range(2))
    return x, y


def _prune(pruning: Pruning, steps: Steps, progress: Progress) -> None:
    """Cut if it is due, and then forget the loss to beat."""
    steps.restore(steps.parameters())
    if pruning.cut(steps.network):
        steps.prune()
        progress.best_value = np.inf
    progress.curves["n_active_inputs"][progress.epoch :] = active_inputs(
        steps.network
    ).sum()
