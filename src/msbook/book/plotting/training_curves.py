"""How the losses of an estimator fell while it was trained."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from msbook.book.plotting.checks import check_canvas
from msbook.book.plotting.figures import label_line
from msbook.book.plotting.style import COLOURS


def training_curve(estimator: Any, ax: Axes | None = None) -> Axes:
    """Draw training and validation loss of each training of a fitted estimator.

    Trainings follow each other on one axis of updates, or of epochs, with a guide
    between them: those of :class:`msbook.LED` are that of the autoencoder and the
    stages of the propagator. Losses of different trainings have different units, and
    so have those of a propagator: its training loss is in the size of an increment and
    its validation loss in that of a latent. A circle marks the network that was kept.
    The members of an ensemble are drawn over each other, as thin lines. The axis is
    logarithmic unless a loss is negative, as that of a likelihood may be.

    Where the training loss falls and the validation loss does not, the network learns
    its data by heart: give more data, or a smaller network. Where both still fall at
    the end, give more updates.

    Parameters
    ----------
    estimator : estimator of msbook
        Fitted, with a ``history_`` or ``members_``.
    ax : Axes, optional
        By default those of a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the estimator keeps no losses, or none were there to keep.

    Examples
    --------
    >>> import numpy as np
    >>> import msbook as ms
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> slow_map = ms.SlowMap(1, epochs=20, n_restarts=1, random_state=0)
    >>> ax = ms.plotting.training_curve(slow_map.fit(x, x[:, :1]))
    >>> ax.get_xlabel(), ax.get_yscale()
    ('epochs', 'log')
    """
    ensemble = [_histories(member) for member in getattr(estimator, "members_", [])]
    groups = [group for group in (_histories(estimator), *ensemble) if group]
    if not groups:
        raise ValueError(
            "estimator must be one that keeps losses of its training, and be fitted, "
            "such as msbook.LED, SlowMap, StochasticFlowMap or an ensemble; got "
            f"{estimator!r:.60}."
        )
    if ax is None:
        from matplotlib import pyplot as plt  # which chooses a backend

        ax = plt.subplots()[1]
    check_canvas(ax)
    for group in groups:
        _draw(ax, group, thin=len(groups) > 1)
    ax.set_xlabel("updates" if hasattr(groups[0][0][1], "steps") else "epochs")
    ax.set_ylabel("loss")
    least = [np.nanmin(_curves(h)[1:]) for group in groups for _, h in group]
    if min(least) > 0:
        ax.set_yscale("log")
    return ax


def _histories(estimator: Any) -> list[tuple[str, Any]]:
    """Names and histories of the trainings of one estimator.

    Of an LED that has chosen its parts they are those of its best trained model.
    """
    stack = getattr(estimator, "stack_", None)
    if stack is not None:
        trained = (each for each in stack.members if each.propagator_histories_)
        estimator = next(trained, estimator)
    stages = getattr(estimator, "propagator_histories_", None)
    first = getattr(estimator, "history_", None)
    if stages is None:
        named = [("", first)]
    else:
        names = [f"{n_steps} steps" for n_steps, _ in estimator.rollouts or ()]
        # Stages that LED plans, and those of an adaptive run, are not its parameters.
        names = names if len(names) == len(stages) else [""] * len(stages)
        named = [("autoencoder", first), *zip(names, stages, strict=True)]
    return [(name, history) for name, history in named if history is not None]


def _curves(history: Any) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Updates or epochs, training losses and validation losses."""
    n = len(history.validation_loss)
    steps = getattr(history, "steps", np.arange(1, n + 1))
    return steps, history.train_loss, history.validation_loss


def _draw(ax: Axes, group: list[tuple[str, Any]], *, thin: bool) -> None:
    """Draw the trainings of one estimator, one after the other."""
    width = 0.6 if thin else 1.5
    begin, last = 0, group[-1][1]
    for name, history in group:
        steps, train_loss, validation_loss = _curves(history)
        x = begin + steps
        (trained,) = ax.plot(x, train_loss, "--", color=COLOURS["data"], lw=width)
        (watched,) = ax.plot(x, validation_loss, color=COLOURS["model"], lw=width)
        best = history.best if hasattr(history, "best") else history.best_epoch
        ax.plot(x[best], validation_loss[best], "o", color=COLOURS["accent"], zorder=4)
        if begin and not thin:
            ax.axvline(begin, color=COLOURS["neutral"], lw=0.8, zorder=0)
        if name and not thin:
            ax.text(
                begin,
                1.0,
                f" {name}",
                transform=ax.get_xaxis_transform(),
                va="bottom",
                fontsize=9,
                color=COLOURS["neutral"],
            )
        if history is last and not thin:
            # A training that was interrupted in its first epoch has no loss of its own.
            if np.isfinite(train_loss).any():
                label_line(ax, trained, "training", offset=(5, -5))
            label_line(ax, watched, "validation", offset=(5, 5))
        begin += steps[-1]
